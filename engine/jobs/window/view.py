"""A window as a pure fold over its events: where each step is, since when, and by which run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from engine.jobs.window.events import (
    Expected,
    StepEnded,
    StepKept,
    StepLeftOut,
    StepSettled,
    StepsExpected,
    StepStarted,
    StepState,
    WindowPlanned,
    WindowSummary,
)
from engine.run.events import Event
from engine.run.outcome import Outcome
from engine.run.reading import Logged


@dataclass(slots=True)
class Track:
    """One step, as far as the events tell."""

    state: StepState = StepState.WAITING
    run: str = ""
    started: str = ""
    """RFC 3339, UTC, as all times here; "" for not yet."""
    ended: str = ""
    outcome: Outcome | None = None
    """Of the step's own run."""
    why: str = ""
    kept: bool = False
    """An earlier run of this window did it."""


@dataclass(slots=True)
class WindowView:
    """What is known of a window; feed it every event in order."""

    planned: WindowPlanned | None = None
    tracks: dict[str, Track] = field(default_factory=dict)
    expected: dict[str, Expected] = field(default_factory=dict)
    summary: WindowSummary | None = None

    @classmethod
    def of(cls, events: Iterable[Logged[Event]]) -> Self:
        """Fold events from the first on."""
        view = cls()
        for logged in events:
            view.apply(logged.time, logged.event)
        return view

    def apply(self, time: str, event: Event) -> None:
        """Take one event, and when it was told; those of other kinds pass by."""
        match event:
            case WindowPlanned():
                self.planned = event
                self.tracks = {step.name: Track() for step in event.steps}
            case StepsExpected():
                self.expected = {one.step: one for one in event.steps}
            case WindowSummary():
                self.summary = event
            case StepKept() | StepLeftOut() | StepStarted() | StepEnded() | StepSettled():
                track = self.tracks.get(event.step)
                if track is not None:  # else its plan was of another version, and is not known
                    self._step(time, event, track)
            case _:
                pass

    def _step(
        self, time: str, event: StepKept | StepLeftOut | StepStarted | StepEnded | StepSettled, track: Track
    ) -> None:
        match event:
            case StepKept():
                track.state, track.kept = StepState.DONE, True
                track.run, track.outcome = event.step_run, event.outcome
                track.started, track.ended = event.started, event.ended
            case StepLeftOut():
                track.state, track.why = StepState(event.how), event.told
            case StepStarted():
                track.state, track.run, track.started = StepState.UNDER_WAY, event.step_run, time
            case StepEnded():
                track.state, track.ended = StepState.VERIFYING, time
                track.outcome, track.why = event.outcome, event.detail
            case StepSettled():
                track.state, track.ended, track.why = event.state, time, event.why

    def cut_off(self) -> None:
        """Learn that the window's engine is gone: what was under way is no more."""
        for track in self.tracks.values():
            if track.state in (StepState.UNDER_WAY, StepState.VERIFYING):
                track.state, track.why = StepState.STOPPED, "its engine was killed"

    @property
    def under_way(self) -> str:
        """The name of the step that is under way; "" between steps."""
        return next((name for name, track in self.tracks.items() if track.state is StepState.UNDER_WAY), "")

    @property
    def runs(self) -> frozenset[str]:
        """The runs of the steps that it began; those of an earlier window, which it kept, are not its own."""
        return frozenset(track.run for track in self.tracks.values() if track.run and not track.kept)

    @property
    def pending(self) -> tuple[str, ...]:
        """The names of the steps that are still to be done."""
        return tuple(name for name, track in self.tracks.items() if track.state not in OVER)


OVER = (StepState.DONE, StepState.DROPPED, StepState.SKIPPED)
"""States in which a step asks for nothing more."""
