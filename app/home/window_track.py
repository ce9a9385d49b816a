"""A window, followed: its steps, its timetable as of now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from app.following import Following
from app.home.run_track import ASKED_EVERY_S
from app.home.values import RunLine, WindowSeen
from app.snapshots import snapshot_of
from app.window_look import SEEN, WindowLook
from engine.convert.view import Level
from engine.jobs.window.snapshot import WindowSnapshot
from engine.jobs.window.view import OVER
from engine.run.folder import RunFolder

_ANSWERS_WITHIN_S = 0.5


class WindowTrack:
    """One run of a window."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.seen: WindowSeen | None = None
        self.line = RunLine(
            id=folder.run_id,
            job=folder.record.job,
            created=folder.record.created,
            is_alive=True,
            level=Level.UNKNOWN,
            why="not looked at yet",
        )
        self.is_over = False
        """It ended, and nothing about it changes any more."""
        self._look = WindowLook()
        self._log = Following(folder.events_path, SEEN)
        self._asked_s: float | None = None
        self._snapshot: WindowSnapshot | None = None

    @property
    def is_real_conversion(self) -> bool:
        """See :class:`RunTrack`."""
        return False

    @property
    def steps(self) -> frozenset[str]:
        """The runs of its steps, those of an earlier window that it kept left out."""
        return self._look.view.runs

    def look(self, now_s: float, until_s: float) -> None:
        """See what is new; see :class:`RunTrack`."""
        if self.is_over:
            return
        asks = self._asked_s is None or now_s - self._asked_s >= ASKED_EVERY_S
        alive = self.folder.is_alive() if asks else self.line.is_alive
        if asks:
            self._asked_s = now_s
            self._snapshot = snapshot_of(self.folder.run_id, WindowSnapshot, _ANSWERS_WITHIN_S) if alive else None
        told = False
        for logged in self._log.events(until_s):
            self._look.apply(logged)
            told = True
        if told or asks:
            self._tell(alive)
        self.is_over = not alive and self._log.is_drained

    def _tell(self, alive: bool) -> None:
        look, now = self._look, datetime.now(UTC)
        table = look.table(now, self._snapshot, alive=alive)
        level, why = look.health(table, self._snapshot, alive=alive)
        if self._log.problem:
            level, why = Level.UNKNOWN, f"its log cannot be read: {self._log.problem}"
        elif not alive and not look.newest:
            level, why = Level.UNKNOWN, "its log is gone"
        view = look.view
        done = sum(track.state in OVER for track in view.tracks.values())
        pauses = self._snapshot.pauses if self._snapshot is not None else {}
        self.seen = WindowSeen(self.folder.run_id, alive, level, why, table, view.under_way)
        self.line = replace(
            self.line,
            is_alive=alive,
            level=level,
            why=why,
            newest=look.newest,
            outcome=view.summary.outcome if view.summary is not None else None,
            settled=done,
            to_do=len(view.tracks),
            share=done / len(view.tracks) if alive and view.tracks else None,
            eta_s=max(0.0, (table.forecast_end - now).total_seconds()) if alive and table is not None else None,
            stage=view.under_way,
            is_stopping=alive and look.stopping,
            pauses=tuple(f"{why}: {detail}" for why, detail in pauses.items()),
            is_folding=not self._log.is_drained,
        )
