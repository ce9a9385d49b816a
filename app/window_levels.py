"""The headless face of a window's level: it has no event, since it changes with the clock; so it is looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import msgspec

from app.window_wording import level_lines
from engine.convert.view import Level
from engine.jobs.window.events import StepState
from engine.jobs.window.shape import Progress, Timetable
from engine.jobs.window.snapshot import WindowSnapshot
from engine.jobs.window.timetable import timetable
from engine.jobs.window.view import WindowView
from engine.run.desk import Job
from engine.run.events import Event
from engine.run.log import utc_now

LOOKS_EVERY_S = 1.0
HOLDS_S = 5.0
"""A level is told once it has held so long: forecasts waver at the edge of one, and nobody wants that in a log."""
_ENDS = (StepState.FAILED, StepState.STOPPED)


class _TimeOf(msgspec.Struct):
    time: str


class Levels:
    """Tells when a window turns yellow or red, with the reason and the advice, and when it is green again.

    Args:
        tell: takes a text of one or more lines.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._view = WindowView()
        self._told = Level.GREEN
        self._seen: tuple[Level, datetime] | None = None

    def hear(self, event: Event, line: bytes) -> None:
        """Take an event of the window's log."""
        self._view.apply(msgspec.json.decode(line, type=_TimeOf).time, event)

    async def watch(self, job: Job) -> None:
        """Look at the window until cancelled."""
        while True:
            snapshot = msgspec.json.decode(job.snapshot(), type=WindowSnapshot)
            self.look(utc_now(), snapshot.progress)
            await asyncio.sleep(LOOKS_EVERY_S)

    def look(self, now: datetime, progress: Progress | None) -> None:
        """Look once; what ended the window is told by its own line."""
        table = timetable(self._view, now, progress)
        if table is None or any(track.state in _ENDS for track in self._view.tracks.values()):
            return
        level = table.level
        if self._seen is None or self._seen[0] is not level:
            self._seen = (level, now)
        if level is not self._told and (now - self._seen[1]).total_seconds() >= HOLDS_S:
            self._told = level
            self._tell(self._words(table))

    def _words(self, table: Timetable) -> str:
        return "\n".join(level_lines(table))
