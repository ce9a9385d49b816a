"""A run as it is seen from any terminal: its log folded, its snapshot asked for, in fields and in words."""

from __future__ import annotations

from collections import Counter

import msgspec

from app.following import Following
from app.progress_words import told, workers_told
from app.report import Row
from app.snapshots import snapshot_of
from app.window_look import JOB as WINDOW
from app.window_look import WindowLook, look_at
from app.window_table import lines_of
from app.window_wording import advice_lines
from app.wording import gate_line
from engine.convert.view import VIEWED, Level, RunView, health
from engine.crew.crew import Snapshot
from engine.jobs.window.events import StepState
from engine.jobs.window.shape import Timetable
from engine.jobs.window.snapshot import WindowSnapshot
from engine.run.folder import RunFolder
from engine.run.log import rfc3339, utc_now
from engine.units import show_bytes


class WindowNow(msgspec.Struct, frozen=True, kw_only=True):
    """Where a window stands. Times are RFC 3339, UTC."""

    step: str
    """The step under way; "" between steps, and at the end."""
    step_run: str
    began: str
    ends: str
    forecast_end: str
    slack_s: float


class RunSeen(Row, frozen=True, kw_only=True, tag="run"):
    """One run, as ``runs`` and ``status`` tell of it."""

    id: str
    job: str
    corpus: str | None
    created: str
    alive: bool
    level: str
    why: str
    counts: dict[str, int]
    folder: str
    snapshot: Snapshot | None = None
    window: WindowNow | None = None
    """Of a window, where it stands; its counts are those of its steps."""


def view_of(folder: RunFolder) -> tuple[RunView, str]:
    """Fold a run's events; where its log is damaged, as far as it goes, and what is wrong with it."""
    view, log = RunView(), Following(folder.events_path, VIEWED)
    for block in log.blocks():
        view.take(block)
    if log.problem:
        return view, log.problem
    return view, "" if view.newest or folder.is_alive() else "its log is gone"


def _seen(folder: RunFolder, view: RunView, damage: str, snapshot: Snapshot | None = None) -> RunSeen:
    alive = folder.is_alive()
    level, why = (Level.UNKNOWN, damage) if damage else health(view, alive=alive)
    return RunSeen(
        id=folder.run_id,
        job=folder.record.job,
        corpus=folder.record.corpus,
        created=folder.record.created,
        alive=alive,
        level=level.name.lower(),
        why=why,
        counts=view.counts,
        folder=str(folder.path),
        snapshot=snapshot,
    )


def _seen_window(
    folder: RunFolder, snapshot: WindowSnapshot | None = None
) -> tuple[RunSeen, WindowLook, Timetable | None]:
    """Look at a window: its level is that of its timetable, its counts are those of its steps."""
    alive = folder.is_alive()
    look, damage = look_at(folder)
    table = look.table(utc_now(), snapshot, alive=alive)
    level, why = (Level.UNKNOWN, damage) if damage else look.health(table, snapshot, alive=alive)
    states = Counter(str(track.state) for track in look.view.tracks.values())
    row = RunSeen(
        id=folder.run_id,
        job=folder.record.job,
        corpus=folder.record.corpus,
        created=folder.record.created,
        alive=alive,
        level=level.name.lower(),
        why=why,
        counts={str(state): states[state] for state in StepState if states[state]},
        folder=str(folder.path),
        snapshot=snapshot,
        window=None if table is None else _now(look, table),
    )
    return row, look, table


def _now(look: WindowLook, table: Timetable) -> WindowNow:
    step = look.view.under_way
    return WindowNow(
        step=step,
        step_run=look.view.tracks[step].run if step else "",
        began=rfc3339(table.began),
        ends=rfc3339(table.ends),
        forecast_end=rfc3339(table.forecast_end),
        slack_s=round(table.slack_s, 3),
    )


def seen(folder: RunFolder) -> RunSeen:
    """Look at a run as its log tells of it."""
    return _seen_window(folder)[0] if folder.record.job == WINDOW else _seen(folder, *view_of(folder))


def seen_in_words(folder: RunFolder) -> tuple[RunSeen, list[str]]:
    """Look at a run, of a window or of any other job, and at what it is doing now; return it, and the same in words."""
    if folder.record.job == WINDOW:
        snapshot = snapshot_of(folder.run_id, WindowSnapshot) if folder.is_alive() else None
        row, look, table = _seen_window(folder, snapshot)
        return row, window_lines(row, look, table)
    view, damage = view_of(folder)
    row = _seen(folder, view, damage, snapshot_of(folder.run_id, Snapshot) if folder.is_alive() else None)
    return row, status_lines(row, view)


def window_lines(row: RunSeen, look: WindowLook, table: Timetable | None) -> list[str]:
    """Put a window's state into words: the level first, what could be done, and the timetable."""
    lines = [
        f"{row.level.upper()}: {row.why}",
        *([] if table is None else advice_lines(table)),
        f"run      {row.id} ({'running' if row.alive else 'ended'})",
        f"events   from {look.began} to {look.newest}",
        f"corpus   {row.corpus or 'none'}",
    ]
    if row.window is not None and row.window.step:
        lines.append(f"step     {row.window.step}: run {row.window.step_run}")
    if row.snapshot is not None:
        lines.append(f"now      {told(row.snapshot)}")
    lines += [f"warning  {warning}" for warning in look.warnings]
    lines += [] if table is None else ["", *lines_of(table), ""]
    return [*lines, f"log      {row.folder}/events.jsonl"]


def status_lines(row: RunSeen, view: RunView) -> list[str]:
    """Put a run's state into words: the verdict first, then what it rests on."""
    counts = ", ".join(f"{count:,} {name}" for name, count in row.counts.items()) or _none_counted(row, view)
    lines = [
        f"{row.level.upper()}: {row.why}",
        f"run      {row.id} ({'running' if row.alive else 'ended'}), began {view.began}, last event {view.newest}",
        f"corpus   {row.corpus or 'none'}",
        f"shards   {counts}",
    ]
    if view.opened is not None:
        lines.append(f"gate     {gate_line(view.opened)}")
    if view.bytes_in:
        lines.append(f"bytes    {show_bytes(view.bytes_in)} -> {show_bytes(view.bytes_out)} by this run")
    if row.snapshot is not None:
        lines.append(f"now      {told(row.snapshot)}")
        lines += [f"workers  {line}" for line in [workers_told(row.snapshot)] if line]
        lines += [
            f"  worker {worker.worker} (pid {worker.pid})  {worker.shard or 'idle'}  {worker.stage}".rstrip()
            for worker in row.snapshot.workers
        ]
    lines += [f"  {shard}: {view.states.get(shard, 'tried again')}: {why}" for shard, why in view.reasons.items()]
    lines += [f"warning  {warning}" for warning in view.warnings]
    return [*lines, f"log      {row.folder}/events.jsonl"]


def _none_counted(row: RunSeen, view: RunView) -> str:
    """Say what is known of the shards of a run whose events count none: some jobs count them in their summaries."""
    if view.summary is not None:
        told = ", ".join(f"{count:,} {name}" for name, count in view.summary.counts.items() if count)
        return told or "none worked on"
    return "nothing yet" if row.alive else "not known"
