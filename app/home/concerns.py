"""What is not as it should be, and what waits for a person: from what was seen, the worst first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from app.home.values import (
    NO_SUCH_LIST,
    NOTHING,
    Concern,
    CorpusSeen,
    Kind,
    ListSeen,
    Place,
    Ref,
    RunLine,
    TrainingSeen,
    VolumeSeen,
    WindowSeen,
)
from engine.convert.view import Level
from engine.crew.answers import State
from engine.run.outcome import Outcome
from engine.units import counted, show_seconds

RANK: Final = {Level.GREEN: 0, Level.YELLOW: 1, Level.UNKNOWN: 2, Level.RED: 3}
"""What cannot be told may be red."""
_LEAVE_HALF_DONE: Final = ("convert", "window", "recover", "clean")
"""Jobs that leave something to go on with when they are interrupted; others are just begun again."""


def in_order(concerns: Iterable[Concern]) -> tuple[Concern, ...]:
    """Put the worst first; what only waits for a person comes last. Of each only the first line is told here."""
    first = (replace(each, told=each.told.partition("\n")[0]) for each in concerns)
    return tuple(sorted(first, key=lambda each: 0 if each.level is None else -RANK[each.level]))


def of_place(place: Place, problem: str) -> Iterator[Concern]:
    """Tell of settings and a state folder that cannot be read."""
    if place.problem:
        yield Concern(Level.RED, "settings", f"{place.problem}; no job starts before that", NOTHING, ours=True)
    if problem:
        yield Concern(Level.UNKNOWN, "runs", problem, NOTHING, ours=True)


def of_volumes(volumes: Iterable[VolumeSeen]) -> Iterator[Concern]:
    """Tell of volumes without room."""
    for volume in volumes:
        if volume.level is not Level.GREEN:
            yield Concern(volume.level, volume.name, volume.told, NOTHING, ours=True)


def of_corpus(seen: CorpusSeen | None, problem: str, *, is_converting: bool) -> Iterator[Concern]:
    """Tell of shards that are not as they should be."""
    if problem:
        yield Concern(Level.UNKNOWN, "inventory", problem, NOTHING, ours=True)
    if seen is None:
        return
    ref = Ref(Kind.RUN, seen.states_from) if seen.states_from else NOTHING
    red = [(state, seen.counts.get(state, 0)) for state in (State.QUARANTINED, State.FAILED)]
    told = ", ".join(f"{count:,} {state}" for state, count in red if count)
    if told:
        yield Concern(Level.RED, "shards", f"{told}: untouched, a person decides", ref)
    cut_off = seen.counts.get(State.RECOVERING, 0)
    if cut_off and not is_converting:
        told = f"{counted(cut_off, 'swap')} cut off: the next conversion brings them to an end"
        yield Concern(Level.YELLOW, "shards", told, ref, ours=True)


def of_runs(runs: Sequence[RunLine], window: WindowSeen | None) -> Iterator[Concern]:
    """Tell of the runs that live, and of the newest of each job; a later one makes an earlier one old news."""
    heard: set[tuple[str, bool]] = set()
    for run in sorted(runs, key=lambda run: (run.created, run.id), reverse=True):
        is_newest = heard.isdisjoint({(run.job, False), (run.job, run.dry_run)})  # a dry run settles no conversion
        heard.add((run.job, run.dry_run))
        told_by_window = window is not None and run.window == window.run and window.level is not Level.GREEN
        if run.job != "window" and not told_by_window and (run.is_alive or is_newest):
            yield from _of_run(run)


def _of_run(run: RunLine) -> Iterator[Concern]:
    if run.level is Level.GREEN or run.is_folding or run.about_shards:
        return
    if run.outcome is Outcome.GATE_CLOSED:
        yield Concern(Level.YELLOW, run.job, "did not start: its gate is closed", run.ref)
    elif run.is_alive or run.level is not Level.YELLOW or run.job in _LEAVE_HALF_DONE:
        by_operator = any(why.startswith("operator") for why in run.pauses)
        yield Concern(run.level, run.job, run.why, run.ref, ours=by_operator)


def of_window(window: WindowSeen | None) -> Iterator[Concern]:
    """Tell of a window that is late, or stopped."""
    if window is not None and window.level is not Level.GREEN:
        yield Concern(window.level, "window", window.why, Ref(Kind.WINDOW, window.run))


def of_lists(lists: Sequence[ListSeen], counts: Mapping[str, int] | None) -> Iterator[Concern]:
    """Tell of lists that cannot be read, that are red, and that wait for a person.

    Args:
        lists: as they stand.
        counts: shards by state: a list whose gate nobody comes to yet, or any more, waits for nobody.
    """
    broken = next((each for each in lists if each.is_broken), None)
    if broken is not None:
        yield Concern(Level.RED, "ledger", broken.why, Ref(Kind.CHECKLIST, broken.id))
        return
    for each in lists:
        ref = Ref(Kind.CHECKLIST, each.id)
        if each.problem and (each.is_bound or each.is_own):
            level = Level.RED if each.is_bound else Level.YELLOW
            yield Concern(level, each.id, each.why, ref, ours=each.problem == NO_SUCH_LIST)
        elif each.is_bound and not each.is_go and any(_is_next(gate, counts) for gate in each.gates):
            yield from _of_list(each, ref)


def _of_list(each: ListSeen, ref: Ref) -> Iterator[Concern]:
    if each.is_red:
        yield Concern(Level.YELLOW, each.id, f"NO-GO: {each.why}", ref)
    elif each.to_answer or each.to_sign:
        parts = [
            f"{each.to_answer} to answer" if each.to_answer else "",
            f"{each.to_sign} to sign" if each.to_sign else "",
        ]
        told = f"{' and '.join(filter(None, parts))}, before {' and '.join(each.gates)}"
        yield Concern(None, each.id, told, ref, ours=True)


def _is_next(gate: str, counts: Mapping[str, int] | None) -> bool:
    if counts is None:
        return gate != "clean.start"
    match gate:
        case "convert.start":
            return any(counts.get(state) for state in (State.PENDING, State.FAILED, State.RECOVERING))
        case "clean.start":
            return bool(counts.get(State.DONE))
    return True


def of_training(seen: TrainingSeen | None) -> Iterator[Concern]:
    """Tell of alerts that nobody has acknowledged, and of logs that cannot be read."""
    if seen is None or seen.is_reading:
        return
    if seen.problem:
        yield Concern(Level.UNKNOWN, "training", f"a log cannot be read: {seen.problem}", Ref(Kind.TRAINING))
    for alert in seen.alerts:
        if not alert.acknowledged_by:
            yield Concern(alert.level, alert.source, f"{alert.rule}: {alert.told}", Ref(Kind.TRAINING, alert.source))


def headline(
    concerns: Sequence[Concern], runs: Sequence[RunLine], *, is_settled: bool, acknowledged: int = 0
) -> tuple[Level, str]:
    """Say in one line whether all is well, and what runs.

    Args:
        concerns: the worst first, those that somebody has acknowledged left out.
        runs: all of them.
        is_settled: everything was looked at once.
        acknowledged: how many alerts stand that somebody has acknowledged.
    """
    wrong = [each for each in concerns if each.level is not None]
    waits = len(concerns) - len(wrong)
    living = [run for run in runs if run.is_alive and not run.window]
    if wrong:
        more = f"  (and {counted(len(wrong) - 1, 'other')})" if len(wrong) > 1 else ""
        level = wrong[0].level
        assert level is not None
        return level, f"{wrong[0].about}: {wrong[0].told}{more}"
    if not is_settled:
        return Level.UNKNOWN, "looking"
    now = "; ".join(map(_runs_told, living)) or "nothing runs"
    waiting = f"; {counted(waits, 'thing')} {'waits' if waits == 1 else 'wait'} for a person" if waits else ""
    well = f"nothing new is wrong ({acknowledged} acknowledged)" if acknowledged else "all is well"
    return Level.GREEN, f"{well}, {now}{waiting}"


def _runs_told(run: RunLine) -> str:
    parts = [run.job if not run.is_stopping else f"{run.job} is stopping"]
    parts += [f"{run.share:.0%}"] if run.share is not None else []
    parts += [f"{show_seconds(run.eta_s)} left"] if run.eta_s is not None else []
    return " ".join(parts[:2]) + "".join(f", {part}" for part in parts[2:])
