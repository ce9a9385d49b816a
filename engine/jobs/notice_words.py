"""How notices read: a short title with the worst first, then plain sentences, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from engine.convert.view import AnySummary
from engine.errors import printable
from engine.jobs.news import News, one_line
from engine.jobs.notice import About, Kind, Notice, Weight
from engine.jobs.window.shape import Timetable
from engine.run.events import Paused
from engine.run.outcome import Outcome
from engine.units import show_seconds

SHOWN: Final = 5
"""So many of a kind are named; a telephone shows no more at a glance, and the console has them all."""
_MOST_LINES: Final = 9
"""Of what is in the way at a gate."""
_GOES_ON: Final = "Run it again and it goes on."


class AnyEnd(AnySummary, frozen=True, kw_only=True, tag="summary"):
    """Any job's summary, as far as a notice tells of it."""

    reasons: tuple[str, ...] = ()
    """Of a NO-GO."""
    told: tuple[str, ...] = ()
    """What was made, a line each."""


def red_shards(about: About, news: News, *, intact: bool) -> Notice:
    """Tell of red shards while the run goes on; ``intact`` says that the originals are known to be untouched."""
    promise = ["The originals are untouched; the run goes on with the other shards."] if intact else []
    return _notice(about, "RED", news.what, (*news.lines, *promise), {Kind.RED}, news.weight)


def lost_workers(about: About, news: News) -> Notice:
    """Tell of lost workers: it costs each one's shard a try, and many of them are a sign."""
    lines = (*news.lines, "Each has a successor, and its shard is tried again.")
    return _notice(about, "CAUTION", news.what, lines, {Kind.RED}, news.weight)


def held(about: About, paused: Paused, for_s: float) -> Notice:
    """Say that a run stands still until somebody sees to it."""
    if paused.why == "disk":
        what = "waits for disk space"
        lines = [
            f"It has waited for {show_seconds(for_s)}: {one_line(paused.detail)}.",
            "Make room and it goes on by itself; a run that has nothing else to do stops for safety in the end.",
        ]
    else:
        what, lines = "paused by a fault", [f"{one_line(paused.detail)}.", "See to it, then: gonogo resume"]
    return _notice(about, "NEEDS A PERSON", f"{about.job} {what}", lines, {Kind.PERSON}, Weight.ALARM)


def goes_on(about: About, why: str, after_s: float) -> Notice:
    """Say that a run which somebody was called for has gone on."""
    reason = "There is room on the disk again" if why == "disk" else "The fault is gone"
    lines = [f"{reason}, after {show_seconds(after_s)}. Nobody needs to come."]
    return _notice(about, "GOES ON", about.job, lines, {Kind.PERSON}, Weight.GOOD)


def late(about: About, table: Timetable) -> Notice:
    """Say that a window breaks as forecast, and what would bring it back."""
    lines = [f"{_sentence(table.told)}."]
    for one in table.advice:
        do = f"Leave out {one.step}" if one.do == "drop" else f"Hurry {one.step}"
        wins = "" if one.wins_s is None else f" wins {show_seconds(one.wins_s)}"
        lines.append(f"{do}{wins}: {printable(one.words)}.")
    if table.advice:
        lines.append("With all of that it fits." if table.fits_then else "Even with all of that it does not fit.")
    return _notice(about, "RED", "the window is late", lines, {Kind.RED}, Weight.ALARM)


def ended(about: About, summary: AnyEnd, untold: Sequence[News] = ()) -> Notice:
    """Say how a run ended.

    Args:
        about: the run.
        summary: its last line.
        untold: red things that no notice has told of yet, the worst first: they make this one red.
    """
    head, what, kinds, weight = _END[summary.outcome]
    job = f"{about.job} {what}"
    if summary.outcome is Outcome.SOME_FAILED and (bad := _bad(about.job, summary)):
        job = f"{job}, {bad}"
    elif untold:
        job = f"{job}, {untold[0].what}"
    if untold:
        kinds = kinds | {Kind.RED}
        weight = max(weight, *(news.weight for news in untold), key=tuple(Weight).index)
    lines = [*_detail(summary.detail), *map(one_line, summary.told[:SHOWN])]
    lines += [f"Reason: {one_line(reason)}" for reason in summary.reasons[:SHOWN] if reason not in summary.detail]
    counts = [f"{count:,} {state}" for state, count in summary.counts.items() if count]
    if counts:
        lines.append(f"{'Steps' if about.job == 'window' else 'Shards'}: {', '.join(counts)}.")
    for news in untold:
        lines += [f"{news.what}:", *news.lines]
    if summary.pending and summary.outcome is not Outcome.OK:
        lines.append(f"{summary.pending:,} still to be done. {_GOES_ON}")
    if summary.seconds:
        lines.append(f"It took {show_seconds(summary.seconds)}.")
    return _notice(about, head, job, lines, kinds, weight, see="status")


def broke_off(about: About, error: str) -> Notice:
    """Say that a run's engine failed, which leaves no summary; every original is where it was or converted."""
    lines = [f"The engine itself failed ({error}) and left no summary. {_GOES_ON}"]
    return _notice(about, "RED", f"{about.job} broke off", lines, {Kind.RED, Kind.END}, Weight.ALARM, see="status")


def _bad(job: str, summary: AnyEnd) -> str:
    """Say in a few words what was not well: the step that a window stopped at, or how many shards."""
    if job == "window":
        return one_line(summary.detail.partition(":")[0])
    return ", ".join(f"{count:,} {state}" for state, count in summary.counts.items() if count and state in _BAD)


_BAD: Final = ("quarantined", "failed")
_END: Final[dict[Outcome, tuple[str, str, set[Kind], Weight]]] = {
    Outcome.OK: ("GO", "ended", {Kind.END}, Weight.GOOD),
    Outcome.SOME_FAILED: ("RED", "ended NO-GO", {Kind.RED, Kind.END}, Weight.ALARM),
    Outcome.GATE_CLOSED: ("NEEDS A PERSON", "waits at a closed gate", {Kind.PERSON, Kind.END}, Weight.CAUTION),
    Outcome.SAFETY_STOP: ("RED", "stopped for safety", {Kind.RED, Kind.PERSON, Kind.END}, Weight.ALARM),
    Outcome.ERROR: ("RED", "ended with an error", {Kind.RED, Kind.END}, Weight.ALARM),
    Outcome.INTERRUPTED: ("STOPPED", "was told to stop", {Kind.END}, Weight.NEWS),
    Outcome.TERMINATED: ("STOPPED", "was terminated", {Kind.END}, Weight.NEWS),
}


def _notice(  # noqa: PLR0917  # what it says, in the order in which it is read
    about: About, head: str, what: str, lines: Iterable[str], kinds: set[Kind], weight: Weight, see: str = "attach"
) -> Notice:
    where = f"Corpus {printable(about.corpus)}, run {about.run}."
    look = f"Look at it on {printable(about.host)}: gonogo {see} {about.run}"
    title = f"{head}: {what} - {printable(about.name)}"
    return Notice(frozenset(kinds), title, "\n".join((*lines, where, look)), weight)


def _detail(text: str) -> list[str]:
    """Cut a long list of what is in the way; its last line says what to do and stays."""
    lines = [one_line(line) for line in _sentence(text).splitlines()]
    if len(lines) <= _MOST_LINES:
        return lines
    left_out = len(lines) - _MOST_LINES
    return [*lines[: _MOST_LINES - 1], f"... and {left_out:,} more.", lines[-1]]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
