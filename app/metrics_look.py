"""Runs that are looked at again and again for their figures: of their logs only what is new is read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from app.following import Following
from app.metrics_figures import RunFigures, of_run, of_window
from app.snapshots import snapshot_of
from app.window_look import JOB as WINDOW
from app.window_look import SEEN, WindowLook
from engine.convert.view import VIEWED, Level, RunView, health
from engine.crew.crew import Snapshot
from engine.errors import GonogoError
from engine.jobs.window.snapshot import WindowSnapshot
from engine.run.folder import RunFolder
from engine.run.log import utc_now

_ANSWER_WITHIN_S = 2.0
"""Prometheus gives up on a target after 10 s; a busy engine answers in a few milliseconds."""


class _Run:
    """One run of any job but a window."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._view = RunView()
        self._log = Following(folder.events_path, VIEWED)

    def look(self) -> tuple[RunFigures, ...]:
        # Whether it lives comes first: of a run that does not, everything is in its log by then.
        alive = self.folder.is_alive()
        for block in self._log.blocks():
            self._view.take(block)
        snapshot = snapshot_of(self.folder.run_id, Snapshot, _ANSWER_WITHIN_S) if alive else None
        is_known = not self._log.problem and (alive or self._view.newest)
        level = health(self._view, alive=alive)[0] if is_known else Level.UNKNOWN
        return (of_run(self.folder.record, self._view, snapshot, level, alive=alive),)


class _Window:
    """A window and the runs of its steps."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._seen = WindowLook()
        self._log = Following(folder.events_path, SEEN)
        self._steps: dict[str, _Run] = {}

    def look(self) -> tuple[RunFigures, ...]:
        alive = self.folder.is_alive()
        for logged in self._log.events():
            self._seen.apply(logged)
        snapshot = snapshot_of(self.folder.run_id, WindowSnapshot, _ANSWER_WITHIN_S) if alive else None
        table = self._seen.table(utc_now(), snapshot, alive=alive)
        is_known = not self._log.problem and (alive or self._seen.newest)
        level = self._seen.health(table, snapshot, alive=alive)[0] if is_known else Level.UNKNOWN
        own = of_window(self.folder.record, self._seen, table, snapshot, level, alive=alive)
        return (own, *(figures for step in self._begun() for figures in step.look()))

    def _begun(self) -> list[_Run]:
        """Return the steps that this window has begun; what an earlier one did is not its own."""
        for run in sorted(self._seen.view.runs - self._steps.keys()):
            self._open(self.folder.path.parent / run)
        return list(self._steps.values())

    def _open(self, path: Path) -> None:
        try:
            folder = RunFolder.open(path)
        except GonogoError:
            return  # it is gone, or not there yet: the next look tries again
        self._steps[folder.run_id] = _Run(folder)


class Looking:
    """Figures of the run that ``find`` names, looked at anew whenever somebody asks; from one thread at a time."""

    def __init__(self, find: Callable[[], RunFolder]) -> None:
        self._find = find
        self._lock = threading.Lock()
        self._followed: _Run | _Window | None = None

    def __call__(self) -> tuple[RunFigures, ...]:
        """Look; the first is the run itself, the rest, of a window, are its steps' runs.

        Raises:
            NoSuchRunError: when there is no run.
            OSError: when a disk refuses to tell; the next look tries again.
        """
        with self._lock:
            folder = self._find()
            if self._followed is None or self._followed.folder.run_id != folder.run_id:
                self._followed = _Window(folder) if folder.record.job == WINDOW else _Run(folder)
            return self._followed.look()
