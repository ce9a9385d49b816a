"""A run as figures for a monitoring system. Pure; what each of them means is in :mod:`app.metrics_families`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.moments import read_moment
from app.window_look import WindowLook
from engine.convert.view import Level, RunView
from engine.crew.answers import State
from engine.crew.crew import Snapshot
from engine.errors import printable
from engine.jobs.window.events import StepState
from engine.jobs.window.shape import Timetable
from engine.jobs.window.snapshot import WindowSnapshot
from engine.run.folder import RunRecord
from engine.run.outcome import Outcome

PAUSES: Final = ("operator", "disk", "fault")
"""Why a run may be paused, as its events name it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of a family."""

    name: str
    value: float
    labels: tuple[str, ...] = ()
    """As many as its family has beside those of the run."""


@dataclass(frozen=True, slots=True)
class RunFigures:
    """All figures of one run at one moment."""

    labels: tuple[str, ...]
    """The values of :data:`RUN_LABELS`."""
    alive: bool
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is told of any run, whatever its job."""

    alive: bool
    level: Level
    outcome: Outcome | None
    began: str
    """RFC 3339, UTC; "" where nothing was written."""
    newest: str
    elapsed_s: float
    stopping: bool
    pauses: frozenset[str]
    warnings: int


def of_run(record: RunRecord, view: RunView, snapshot: Snapshot | None, level: Level, *, alive: bool) -> RunFigures:
    """Return the figures of a run.

    Args:
        record: what it was asked.
        view: its events, folded.
        snapshot: what it said of itself just now; None where it has ended or does not answer.
        level: how it is doing.
        alive: whether its engine is there.
    """
    summary = view.summary
    standing = Standing(
        alive=alive,
        level=level,
        outcome=None if summary is None else summary.outcome,
        began=view.began,
        newest=view.newest,
        elapsed_s=_elapsed_s(view, snapshot),
        stopping=view.stopping,
        pauses=frozenset(view.pauses if snapshot is None else snapshot.pauses) if alive else frozenset(),
        warnings=len(view.warnings),
    )
    figures = (*_of_any(record, standing), *_of_shards(view, snapshot), *_of_workers(view, snapshot))
    return RunFigures(_labels(record), alive, figures)


def of_window(
    record: RunRecord,
    look: WindowLook,
    table: Timetable | None,
    snapshot: WindowSnapshot | None,
    level: Level,
    *,
    alive: bool,
) -> RunFigures:
    """Return the figures of a window itself; those of its steps are in the steps' own runs."""
    summary = look.view.summary
    standing = Standing(
        alive=alive,
        level=level,
        outcome=None if summary is None else summary.outcome,
        began=look.began,
        newest=look.newest,
        elapsed_s=0.0 if table is None or not look.began else table.now.timestamp() - _unix(look.began),
        stopping=look.stopping,
        pauses=frozenset() if snapshot is None else frozenset(snapshot.pauses),
        warnings=len(look.warnings),
    )
    figures = (*_of_any(record, standing), *(_of_timetable(table) if table is not None else ()))
    return RunFigures(_labels(record), alive, figures)


def _labels(record: RunRecord) -> tuple[str, ...]:
    """Name the run; a corpus's path is foreign text, and a terminal may be what reads this."""
    return record.run, record.job, printable(record.corpus or "")


def _of_any(record: RunRecord, now: Standing) -> Iterator[Figure]:
    about = (record.versions.get("gonogo", ""), printable(str(record.host.get("hostname", ""))))
    yield Figure("gonogo_run_info", 1, about)
    yield Figure("gonogo_up", now.alive)
    yield Figure("gonogo_level", now.level)
    for outcome in Outcome:
        yield Figure("gonogo_outcome", outcome is now.outcome, (str(outcome),))
    if now.began:
        yield Figure("gonogo_start_timestamp_seconds", _unix(now.began))
        yield Figure("gonogo_last_event_timestamp_seconds", _unix(now.newest))
    yield Figure("gonogo_elapsed_seconds", now.elapsed_s)
    yield Figure("gonogo_stopping", now.stopping)
    for reason in PAUSES:
        yield Figure("gonogo_paused", reason in now.pauses, (reason,))
    yield Figure("gonogo_warnings_total", now.warnings)


def _of_shards(view: RunView, snapshot: Snapshot | None) -> Iterator[Figure]:
    for state in State:
        yield Figure("gonogo_shards", view.tally[state], (str(state),))
    yield Figure("gonogo_read_bytes_total", view.bytes_in)
    yield Figure("gonogo_written_bytes_total", view.bytes_out)
    if snapshot is not None:
        yield Figure("gonogo_to_do_bytes", snapshot.bytes_to_do)
        yield Figure("gonogo_done_bytes", snapshot.bytes_done)
    elif view.planned is not None:
        done = sum(view.sizes.get(shard, 0) for shard in view.last)
        yield Figure("gonogo_to_do_bytes", view.planned.bytes_to_do)
        yield Figure("gonogo_done_bytes", min(done, view.planned.bytes_to_do))


def _of_workers(view: RunView, snapshot: Snapshot | None) -> Iterator[Figure]:
    yield Figure("gonogo_lost_workers_total", view.lost_workers)
    if snapshot is None:
        yield Figure("gonogo_workers_wanted", 0)
        yield Figure("gonogo_workers_busy", 0)
        return
    yield Figure("gonogo_workers_wanted", snapshot.workers_wanted)
    yield Figure("gonogo_workers_busy", sum(bool(worker.shard) for worker in snapshot.workers))
    for worker in snapshot.workers:
        if worker.memory_bytes:
            yield Figure("gonogo_worker_memory_bytes", worker.memory_bytes, (str(worker.worker),))
    known = (
        ("gonogo_eta_seconds", snapshot.eta_s),
        ("gonogo_free_bytes", snapshot.free_bytes),
        ("gonogo_floor_bytes", snapshot.floor_bytes),
    )
    yield from (Figure(name, value) for name, value in known if value is not None)


def _of_timetable(table: Timetable) -> Iterator[Figure]:
    yield Figure("gonogo_window_slack_seconds", table.slack_s)
    yield Figure("gonogo_window_planned_slack_seconds", table.planned_slack_s)
    yield Figure("gonogo_window_end_timestamp_seconds", table.ends.timestamp())
    for row in table.rows:
        for state in StepState:
            yield Figure("gonogo_window_step_state", row.state is state, (row.name, str(state)))
        yield Figure("gonogo_window_step_seconds", row.seconds, (row.name,))
        yield Figure("gonogo_window_step_budget_seconds", row.budget_s, (row.name,))


def _elapsed_s(view: RunView, snapshot: Snapshot | None) -> float:
    if snapshot is not None:
        return snapshot.elapsed_s
    if view.summary is not None and view.summary.seconds:
        return view.summary.seconds
    return _unix(view.newest) - _unix(view.began) if view.began else 0.0


def _unix(moment: str) -> float:
    """Return a log's time in Unix time; the epoch for what is no time."""
    read = read_moment(moment)
    return 0.0 if read is None else read.timestamp()
