"""The figures of a run that stand out on its page. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from app.run_told import Told
from engine.crew.answers import State
from engine.page.sheet import Figure
from engine.units import counted, show_bytes, show_seconds


def figures_of(told: Told) -> Iterator[Figure]:
    """Yield what there is to tell of a run."""
    yield from _of_shards(told)
    beside = "" if told.budget_s is None else f"of a budget of {show_seconds(told.budget_s)}"
    yield Figure("Time", show_seconds(told.end_s), beside)
    if told.snapshot is not None and told.snapshot.eta_s is not None:
        yield Figure("Still to go", show_seconds(told.snapshot.eta_s), "at the pace so far")
    yield from _of_workers(told)


def _of_shards(told: Told) -> Iterator[Figure]:
    view = told.history.view
    if view.states and not told.is_dry:
        counts = ", ".join(f"{count:,} {state}" for state, count in view.counts.items())
        over = sum(view.tally[state] for state in (State.DONE, State.SKIPPED))
        yield Figure("Shards done", f"{over:,}", f"of {len(view.states):,}: {counts}")
    if view.bytes_in:
        label = "Tried in scratch" if told.is_dry else "Converted"
        freed = "nothing freed" if told.is_dry else f"{show_bytes(view.bytes_in - view.bytes_out)} freed"
        yield Figure(label, show_bytes(view.bytes_in), f"to {show_bytes(view.bytes_out)}, {freed}")
        pace = f"{show_bytes(view.bytes_in / max(told.end_s, 1e-3))}/s"
        yield Figure("Throughput", pace, "of originals, pauses included")


def _of_workers(told: Told) -> Iterator[Figure]:
    history = told.history
    view = history.view
    if view.workers:
        lost = f"{view.lost_workers:,} lost"
        yield Figure("Workers", f"{view.workers:,}", f"chosen by the run, {lost}" if view.auto else lost)
    if history.pauses:
        paused = f"{counted(len(history.pauses), 'time')}: {', '.join(sorted({one.why for one in history.pauses}))}"
        yield Figure("Paused", show_seconds(history.paused_s(told.end_s)), paused)
