"""How long each step is going to take: from the rates that a sweep measured, the bytes that an inventory found. Pure.

Only the conversion has rates; it is half of the window. What nobody has measured takes its budget, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.convert.sweep_events import SweepGroup
from engine.convert.sweep_trial import Figures
from engine.jobs.window.events import Expected, PlannedStep
from engine.units import counted, show_bytes

CONVERT = "convert"
SWEEP = "sweep"


@dataclass(frozen=True, slots=True)
class Counted:
    """What the newest inventory found."""

    time: str
    """RFC 3339, UTC."""
    shards: int
    to_do: int
    """Shards that are still to be converted."""
    bytes_to_do: int
    converted_since: int = 0
    """Shards among :attr:`to_do` that a conversion did since: where there are any, it is out of date."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the newest sweep measured."""

    time: str
    usable_cpus: int
    groups: tuple[SweepGroup, ...]
    """Of each codec."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a forecast can rest on."""

    counted: Counted | None = None
    measured: Measured | None = None
    faults: tuple[str, ...] = ()
    """Why a table or report says nothing."""


def expect(steps: Iterable[PlannedStep], known: Known, workers: int | None) -> tuple[Expected, ...]:
    """Forecast each step.

    Args:
        steps: of the plan.
        known: what is known by now.
        workers: as many as a conversion is set to have; None where it chooses itself.
    """
    return tuple(_expected(step, known, workers) for step in steps)


def _expected(step: PlannedStep, known: Known, workers: int | None) -> Expected:
    found, swept = known.counted, known.measured
    if step.job in (CONVERT, SWEEP) and found is not None and not found.to_do:
        return Expected(step.name, 0.0, f"the inventory of {found.time}: nothing is left to convert", False)
    if step.job == CONVERT and swept is not None and _has_rates(swept, workers):
        return _conversion(step, found, swept, workers)
    return Expected(step.name, step.budget_s, f"the plan's budget{_missing(step, known)}")


def _has_rates(swept: Measured, workers: int | None) -> bool:
    return bool(swept.groups) and all(rate_of(group, workers) > 0 for group in swept.groups)


def _conversion(step: PlannedStep, found: Counted | None, swept: Measured, workers: int | None) -> Expected:
    seconds = conversion_s(swept.groups, workers, found.bytes_to_do if found else None)
    to_do = found.bytes_to_do if found else sum(group.bytes_to_do for group in swept.groups)
    asked = ", ".join(
        f"{group.codec} {counted(workers or group.recommended_workers, 'worker')} at "
        f"{show_bytes(rate_of(group, workers))}/s"
        for group in swept.groups
    )
    source = f"the inventory of {found.time}" if found else "the sweep's own count"
    rests_on = f"{show_bytes(to_do)} by {source}; {asked} by the sweep of {swept.time} on {swept.usable_cpus} CPUs"
    return Expected(step.name, seconds, rests_on, False)


def conversion_s(groups: Sequence[SweepGroup], workers: int | None, bytes_to_do: int | None) -> float:
    """Return how long a conversion takes at the pace that a sweep measured, in seconds.

    Args:
        groups: of each codec, at least one; their shares of the bytes are the sweep's.
        workers: how many there will be; None for what the sweep recommends for each codec.
        bytes_to_do: as an inventory counted them since; None for the sweep's own count.
    """
    swept = sum(group.bytes_to_do for group in groups)
    scale = 1.0 if bytes_to_do is None or not swept else bytes_to_do / swept
    return sum(scale * group.bytes_to_do / rate_of(group, workers) for group in groups)


def rate_of(group: SweepGroup, workers: int | None) -> float:
    """Return bytes a second of so many workers: as measured, between two counts in proportion, beyond them the last."""
    if workers is None or not group.figures:
        return group.mb_per_s * 1e6
    figures = sorted(group.figures, key=lambda one: one.workers)
    below = [one for one in figures if one.workers <= workers]
    above = [one for one in figures if one.workers >= workers]
    if not below:
        return figures[0].mb_per_s * workers / figures[0].workers * 1e6
    if not above:
        return below[-1].mb_per_s * 1e6
    return _between(below[-1], above[0], workers) * 1e6


def _between(low: Figures, high: Figures, workers: int) -> float:
    if high.workers == low.workers:
        return low.mb_per_s
    share = (workers - low.workers) / (high.workers - low.workers)
    return low.mb_per_s + share * (high.mb_per_s - low.mb_per_s)


def _missing(step: PlannedStep, known: Known) -> str:
    """Say what would give a better forecast."""
    if step.job == CONVERT and known.measured is None:
        return ": no sweep has measured its rate yet"
    return ""


def _out_of_date(found: Counted) -> str:
    if not found.converted_since:
        return ""
    were = "was" if found.converted_since == 1 else "were"
    return f"; out of date: {found.converted_since:,} of these {were} converted since; gonogo inventory counts anew"


def notes_of(known: Known, expected: Iterable[Expected]) -> tuple[str, ...]:
    """Say what a forecast rests on, and what it assumes."""
    found, swept = known.counted, known.measured
    notes = [f"assumed: {fault}" for fault in known.faults]
    if found is None:
        notes.append("no inventory yet: gonogo inventory counts shards and bytes")
    else:
        to_do = f"{found.to_do:,} to convert, {show_bytes(found.bytes_to_do)}"
        notes.append(f"inventory of {found.time}: {counted(found.shards, 'shard')}, {to_do}{_out_of_date(found)}")
    if swept is None:
        notes.append("no sweep yet: gonogo sweep measures how fast workers are")
    else:
        rates = ", ".join(f"{group.codec} {show_bytes(group.mb_per_s * 1e6)}/s" for group in swept.groups)
        notes.append(f"sweep of {swept.time}: {rates or 'nothing was measured'}")
    assumed = [one.step for one in expected if one.is_assumed]
    if assumed:
        notes.append(f"assumed to take the whole budget: {', '.join(assumed)}")
    return tuple(notes)
