"""A window, looked at from outside its engine: its log folded, its snapshot asked for, its timetable as of now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.following import Following
from engine.convert.view import Level
from engine.jobs.window.events import WINDOW_EVENTS
from engine.jobs.window.shape import Timetable
from engine.jobs.window.snapshot import WindowSnapshot
from engine.jobs.window.timetable import timetable
from engine.jobs.window.view import WindowView
from engine.run.events import Check, Event, Stopping, Version, Warned
from engine.run.folder import RunFolder, list_runs
from engine.run.outcome import Outcome
from engine.run.reading import Logged

SEEN = WINDOW_EVENTS | Version | Check | Stopping | Warned
"""What is read of a window's log."""
JOB = "window"
_KILLED = "the window ended without a summary: its engine was killed; run it again and it goes on"


@dataclass(slots=True)
class WindowLook:
    """One window as far as its log tells; a pure fold but for the clock, which the caller reads."""

    view: WindowView = field(default_factory=WindowView)
    began: str = ""
    """RFC 3339, UTC, as all times here: the first line of this run."""
    newest: str = ""
    checks: list[Check] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    stopping: bool = False

    def apply(self, logged: Logged[Event]) -> None:
        """Take one event."""
        self.began, self.newest = self.began or logged.time, logged.time or self.newest
        match logged.event:
            case Check():
                self.checks.append(logged.event)
            case Warned():
                self.warnings.append(logged.event.problem)
            case Stopping():
                self.stopping = True
            case event:
                self.view.apply(logged.time, event)

    def table(self, now: datetime, snapshot: WindowSnapshot | None, *, alive: bool) -> Timetable | None:
        """Return the timetable; that of its end, where the window is over. None before its plan is told."""
        if not alive and self.view.summary is None:
            self.view.cut_off()
        moment = now if alive or not self.newest else datetime.fromisoformat(self.newest)
        return timetable(self.view, moment, None if snapshot is None else snapshot.progress)

    def health(self, table: Timetable | None, snapshot: WindowSnapshot | None, *, alive: bool) -> tuple[Level, str]:
        """Say how it is doing, and why."""
        summary = self.view.summary
        if summary is None and not alive:
            return Level.RED, _KILLED
        if table is None:
            if summary is not None:
                return Level.RED, f"{summary.outcome}: {summary.detail}"
            return Level.GREEN, "it begins"
        if summary is not None and summary.outcome is Outcome.SOME_FAILED and table.level is Level.GREEN:
            return Level.RED, "it came to its end, but some shards failed or are quarantined"
        if table.level is Level.GREEN and snapshot is not None and snapshot.pauses:
            return Level.YELLOW, "paused: " + "; ".join(f"{why}: {told}" for why, told in snapshot.pauses.items())
        return table.level, table.told


def look_at(folder: RunFolder) -> tuple[WindowLook, str]:
    """Fold a window's log; where it is damaged, as far as it goes, and what is wrong with it."""
    seen, log = WindowLook(), Following(folder.events_path, SEEN)
    for logged in log.events():
        seen.apply(logged)
    if log.problem:
        return seen, log.problem
    return seen, "" if seen.newest or folder.is_alive() else "its log is gone"


def window_of(folder: RunFolder) -> RunFolder:
    """Return the window that a run is a step of, or the run itself: who asks for the newest run means the whole."""
    if folder.record.job == JOB:
        return folder
    for other in reversed(list_runs(folder.path.parent.parent)):
        if other.record.job == JOB and other.record.pid == folder.record.pid and _has_step(other, folder.run_id):
            return other
    return folder


def _has_step(window: RunFolder, run_id: str) -> bool:
    return run_id in look_at(window)[0].view.runs
