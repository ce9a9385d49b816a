"""What happens in a window: its plan, then each step's begin, end and verification, and what all of it came to.

The log of a window holds all that its timetable is folded from (:mod:`engine.jobs.window.view`); what happens inside a
step is in the log of the step's own run, which ``step_started`` names.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from engine.run.events import Event, Summary
from engine.run.outcome import Outcome


class StepState(StrEnum):
    """Where a step is."""

    WAITING = "waiting"
    UNDER_WAY = "under way"
    VERIFYING = "verifying"
    """Its job has ended; what it left is held against the plan's checks."""
    DONE = "done"
    DROPPED = "dropped"
    """Left out, as asked."""
    SKIPPED = "skipped"
    """The window was asked to begin behind it."""
    FAILED = "failed"
    """It ended red, a gate was shut, or a verification failed: the window stopped here."""
    STOPPED = "stopped"
    """Somebody stopped it, or its engine was killed; the window goes on with it."""


class PlannedStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the timetable, as its plan has it."""

    name: str
    title: str
    job: str
    budget_s: float
    gate: str = ""
    """What it may not pass unsigned, where a list is bound to it; "" for no gate."""
    drop: str = ""
    """What is lost without it; "" where it may not be dropped."""
    hurry: str = ""
    """What would speed it up."""
    hurry_to_s: float | None = None
    """What it would take then; None where nobody can say."""
    verifications: int = 0


class WindowPlanned(Event, frozen=True, kw_only=True):
    """The timetable of a window, told before anything starts."""

    plan: str
    title: str
    path: str
    """The plan's file."""
    sha256: str
    """Of that file."""
    window_s: float
    began: str
    """RFC 3339, UTC: where the window's clock begins; that of the first start where this run goes on after others."""
    earlier: str = ""
    """The run of the same window that this one goes on after."""
    steps: tuple[PlannedStep, ...]


class Expected(msgspec.Struct, frozen=True):
    """How long a step is going to take, as far as is known."""

    step: str
    seconds: float
    rests_on: str
    """What that is reckoned from, in words."""
    is_assumed: bool = True
    """It is the plan's budget: nothing has been measured."""


class StepsExpected(Event, frozen=True, kw_only=True):
    """Forecasts, as of now: from the plan's budgets, the inventory and the sweep. A newer one replaces it."""

    steps: tuple[Expected, ...]


class StepKept(Event, frozen=True, kw_only=True):
    """A step ended well in an earlier run of this window and is not done again."""

    step: str
    step_run: str
    """Of the step."""
    outcome: Outcome
    started: str
    ended: str


class StepLeftOut(Event, frozen=True, kw_only=True):
    """A step is not done in this window."""

    step: str
    how: Literal["dropped", "skipped"]
    told: str
    """What is lost by it, or why."""


class StepStarted(Event, frozen=True, kw_only=True):
    """A step's own run exists; what stands before it is asked, then its job works."""

    step: str
    job: str
    step_run: str


class StepEnded(Event, frozen=True, kw_only=True):
    """A step's own run is over; its verifications follow where it ended well."""

    step: str
    step_run: str
    outcome: Outcome
    seconds: float
    detail: str = ""


class StepSettled(Event, frozen=True, kw_only=True):
    """A step is over, verifications included."""

    step: str
    state: StepState
    """Done, failed or stopped."""
    why: str = ""


class StepLine(msgspec.Struct, frozen=True, kw_only=True):
    """One step in a window's summary: planned against actual. Times are RFC 3339, UTC, "" for what never was."""

    step: str
    title: str
    state: StepState
    run: str
    planned_start: str
    planned_end: str
    started: str
    ended: str
    budget_s: float
    seconds: float | None
    """It took; None where it was not done."""
    why: str


class WindowSummary(Summary, frozen=True, kw_only=True, tag="summary"):
    """How a window ended; ``seconds`` are those of this run, ``window_seconds`` those since its clock began."""

    plan: str = ""
    """Like all of this, empty where an error ended the window early."""
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    """Steps by state."""
    pending: int = 0
    """Steps that are still to be done: run the window again and it goes on."""
    began: str = ""
    window_s: float = 0.0
    window_seconds: float = 0.0
    slack_s: float = 0.0
    """What was left of the window at its end, or would be as forecast; negative where it broke."""
    level: str = "unknown"
    """Green, yellow or red."""
    steps: tuple[StepLine, ...] = ()
    detail: str = ""
    """Why it ended early."""


WINDOW_EVENTS = (
    WindowPlanned | StepsExpected | StepKept | StepLeftOut | StepStarted | StepEnded | StepSettled | WindowSummary
)
"""What the fold takes; the checks of gates and verifications, warnings and stops are those of every run."""
