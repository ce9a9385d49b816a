"""How a checklist stands, in one sign, one word and one line: the same on every screen that tells of it. Pure."""

from __future__ import annotations

from app.console.look import inks
from app.home.values import ListSeen
from engine.units import counted


def state_of(seen: ListSeen) -> tuple[str, str, str]:
    """Say how a list stands: a sign, a word, and their ink."""
    if seen.problem:
        return "?", "UNKNOWN", inks.UNKNOWN
    if seen.is_go:
        return "●", "GO", inks.GOOD
    if seen.is_red:
        return "■", "NO-GO", inks.BAD
    return ("▲", "NO-GO", inks.WARN) if seen.is_begun or seen.is_bound else ("·", "OPEN", inks.QUIET)


def overridden(seen: ListSeen) -> str:
    """Say how often a gate was opened against it; "" for never."""
    return f"overridden {counted(seen.overridden, 'time')}" if seen.overridden else ""


def told_of(seen: ListSeen) -> str:
    """Say why, and how much of it is for a person to do; machines answer the rest."""
    waits = [f"{seen.to_answer} to answer"] if seen.to_answer else []
    waits += [f"{seen.to_sign} to sign"] if seen.to_sign else []
    told = seen.why.partition("\n")[0]
    return f"{told}; a person: {', '.join(waits)}" if waits else told
