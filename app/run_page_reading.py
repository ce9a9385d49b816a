"""A run, looked at once for its page: its log, and its snapshot where it lives."""

from __future__ import annotations

from app.endings import ending_lines
from app.following import Following
from app.run_history import TOLD, History
from app.run_page import run_html
from app.run_page_signers import signers_of
from app.run_page_window import WindowTold, window_html
from app.run_told import Told
from app.snapshots import snapshot_of
from app.window_look import JOB as WINDOW
from app.window_look import look_at
from engine.convert.view import Level, health
from engine.crew.crew import Snapshot
from engine.errors import GonogoError
from engine.jobs.window.snapshot import WindowSnapshot
from engine.run.folder import RunFolder
from engine.run.log import rfc3339, utc_now


def html_of(folder: RunFolder) -> tuple[str, Level]:
    """Write the page of a run as it stands now; return it with the run's level."""
    if folder.record.job == WINDOW:
        window = look_at_window(folder)
        return window_html(window), window.level
    told = look_at_run(folder)
    return run_html(told), told.level


def look_at_run(folder: RunFolder) -> Told:
    """Look at a run of any job but a window."""
    state = folder.path.parent.parent
    alive = folder.is_alive()  # before the log is read: what no longer lives has written all of it
    history, damage = _read(folder)
    level, why = (Level.UNKNOWN, damage) if damage else health(history.view, alive=alive)
    if not damage and not alive and not history.view.newest:
        level, why = Level.UNKNOWN, "its log is gone"
    return Told(
        record=folder.record,
        history=history,
        alive=alive,
        level=level,
        why=why,
        ending=() if alive else tuple(ending_lines(folder)),
        as_of=rfc3339(utc_now()),
        folder=str(folder.path.absolute()),
        snapshot=snapshot_of(folder.run_id, Snapshot) if alive else None,
        signers=None if history.view.opened is None else signers_of(state, history.view.opened),
    )


def look_at_window(folder: RunFolder) -> WindowTold:
    """Look at a window and at the runs of its steps."""
    alive = folder.is_alive()
    look, damage = look_at(folder)
    snapshot = snapshot_of(folder.run_id, WindowSnapshot) if alive else None
    now = utc_now()
    table = look.table(now, snapshot, alive=alive)
    level, why = (Level.UNKNOWN, damage) if damage else look.health(table, snapshot, alive=alive)
    return WindowTold(
        record=folder.record,
        look=look,
        table=table,
        alive=alive,
        level=level,
        why=why,
        ending=() if alive else tuple(ending_lines(folder)),
        as_of=rfc3339(now),
        folder=str(folder.path.absolute()),
        steps=tuple(_steps(folder, {name: track.run for name, track in look.view.tracks.items() if track.run})),
    )


def _steps(window: RunFolder, runs: dict[str, str]) -> list[tuple[str, Told]]:
    """Look at the runs of a window's steps; one that is gone is passed over."""
    found = []
    for step, run in runs.items():
        try:
            found.append((step, look_at_run(RunFolder.open(window.path.parent / run))))
        except GonogoError:
            continue
    return found


def _read(folder: RunFolder) -> tuple[History, str]:
    """Fold a run's log; where it is damaged, as far as it goes, and what is wrong with it."""
    history, log = History(), Following(folder.events_path, TOLD)
    for logged in log.events():
        history.apply(logged)
    return history, log.problem
