"""A window that is played, as the console watches one: as fast as it goes, or so many seconds in one."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import msgspec

from app.console.keymap import key_for
from app.console.watch import Watch
from app.window_look import WindowLook
from app.window_wording import summary_lines
from app.wording import verdict
from engine.convert.view import Level
from engine.crew.crew import Snapshot
from engine.jobs.window.events import WindowSummary
from engine.jobs.window.forecast import CONVERT
from engine.jobs.window.plan import Plan
from engine.jobs.window.shape import Timetable
from engine.jobs.window.sim_corpus import Simulated
from engine.jobs.window.sim_window import RUN, Moment, Player
from engine.jobs.window.snapshot import WindowSnapshot
from engine.run.control import Request
from engine.run.events import Event
from engine.run.folder import RunFolder, RunRecord
from engine.run.log import rfc3339, utc_now
from engine.run.reading import Logged

_PLAYS_S = 0.15
"""Of each look: the console looks four times a second, and wants the rest of the time to draw."""


@dataclass(slots=True)
class SimulatedStep(Watch):
    """The conversion of a window that is played, as the screen of a run watches one; it reads no file."""

    unread: deque[Logged[Event]] = field(default_factory=deque)
    """What the player has told and the screen has not seen; one thread writes, another reads."""
    newest: Snapshot | None = None

    def look(self) -> None:
        """Take what was played since."""
        while self.unread:
            self.view.apply(self.unread.popleft())
            self.changes += 1
        self.alive = self.view.summary is None
        self.snapshot = self.newest if self.alive else None

    def tell(self, request: Request) -> str:
        """Refuse: nobody is there to be asked."""
        hold, end = key_for("window.pause", "p"), key_for("window.stop", "s")
        return f"{request.ask}: this is played; back on the timeline, {hold} holds it and {end} ends it"


class SimulatedWindow:
    """One window, played.

    Args:
        plan: its timetable.
        corpus: what is played.
        speed: seconds of it in one on the wall; None for as fast as it goes.
    """

    title = "gonogo window  SIMULATED"
    run_id = RUN

    def __init__(self, plan: Plan, corpus: Simulated, speed: float | None) -> None:
        self.began = utc_now()
        self.folded = WindowLook()
        self.table: Timetable | None = None
        self.snapshot: WindowSnapshot | None = None
        self.alive = True
        self.ending: Sequence[str] = ()
        self.title = f"gonogo window  SIMULATED: {corpus}"
        self._moments: Iterator[Moment] = Player(plan, corpus, self.began).moments()
        self._next: Moment | None = next(self._moments)
        self._speed = speed
        self._at_s = 0.0
        self._looked_at = time.monotonic()
        self._paused = False
        self._conversion = SimulatedStep(_no_folder(f"{RUN}-{CONVERT}", CONVERT))

    @property
    def health(self) -> tuple[Level, str]:
        """How it is doing, and why."""
        return self.folded.health(self.table, self.snapshot, alive=self.alive)

    def look(self) -> None:
        """Play on."""
        now = time.monotonic()
        passed_s, self._looked_at = now - self._looked_at, now
        if self.alive and not self._paused:
            self._play_until(None if self._speed is None else self._at_s + passed_s * self._speed, now + _PLAYS_S)
        self._show()

    def _play_until(self, goal_s: float | None, deadline: float) -> None:
        """Take moments until the window's clock is there, or the time for it is up: then the clock waits for us."""
        while self._next is not None and (goal_s is None or self._next.at_s <= goal_s):
            self._take(self._next)
            self._at_s = self._next.at_s
            self._next = next(self._moments, None)
            if time.monotonic() >= deadline:
                return
        if goal_s is not None and self._next is not None:
            self._at_s = goal_s

    def _take(self, moment: Moment) -> None:
        if moment.window is not None:
            self.folded.apply(moment.window)
            self.alive = not isinstance(moment.window.event, WindowSummary)
        if moment.step is not None:
            self._conversion.unread.append(moment.step)
        if moment.snapshot is not None:
            self.snapshot = moment.snapshot
            if moment.snapshot.step == CONVERT:
                self._conversion.newest = moment.snapshot

    def _show(self) -> None:
        if not self.alive:
            self.snapshot = None
            summary = self.folded.view.summary
            if summary is not None and not self.ending:
                self.ending = summary_lines(summary, verdict(summary.outcome))
        elif self.snapshot is not None:
            pauses = {key: value for key, value in self.snapshot.pauses.items() if key != "operator"}
            pauses |= {"operator": "asked for"} if self._paused else {}
            self.snapshot = msgspec.structs.replace(self.snapshot, pauses=pauses)
        self.table = self.folded.table(self.began + timedelta(seconds=self._at_s), self.snapshot, alive=self.alive)

    def tell(self, request: Request) -> str:
        """Hold the clock, let it go on, or end the play; its workers are as many as it was given."""
        match request.ask:
            case "pause" | "resume":
                self._paused = request.ask == "pause"
            case "stop":
                self._next = None
                return f"the play is over; {key_for('console.leave', 'q')} leaves it"
            case _:
                return "a simulation keeps the workers that it was given: --workers N"
        return ""

    viewing = None
    """Nobody else watches a play."""

    def close(self) -> None:
        """Nothing is held."""

    def take(self) -> str:
        """Whoever watches a play has control of it."""
        return ""

    def step_watch(self, step: str) -> Watch | str:
        """Return the conversion's own run; the other steps only take their time."""
        if step != CONVERT:
            return f"{step} is played as taking its budget: there is nothing more to see"
        return self._conversion if self.folded.view.tracks[step].run else f"{step} has not begun"


def _no_folder(run_id: str, job: str) -> RunFolder:
    """Return the name of a run that is nowhere."""
    record = RunRecord(
        run=run_id, job=job, corpus=RUN, created=rfc3339(utc_now()), pid=0, args={}, config={}, versions={}, host={}
    )
    return RunFolder(Path("/nonexistent"), record)
