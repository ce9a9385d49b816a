"""What a timetable is made of: a row for each step, planned, actual and forecast, and the whole of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.convert.view import Level
from engine.jobs.window.advice import Advice
from engine.jobs.window.events import StepState


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the step under way is, as its job's newest snapshot tells."""

    step: str
    worked_s: float
    """Pauses left out."""
    done: float
    """Of ``to_do``; bytes in the jobs on shards."""
    to_do: float


@dataclass(frozen=True, slots=True)
class Row:
    """One step: planned, actual, forecast."""

    name: str
    title: str
    job: str
    state: StepState
    budget_s: float
    planned_start: datetime
    planned_end: datetime
    started: datetime | None
    ended: datetime | None
    forecast_start: datetime
    """The actual times for what is over; of a step that failed or was stopped, as if it began anew now."""
    forecast_end: datetime
    rests_on: str
    """What the forecast is reckoned from; "" for what is over."""
    run: str
    kept: bool
    why: str

    @property
    def seconds(self) -> float:
        """What it took, or is forecast to take."""
        return (self.forecast_end - self.forecast_start).total_seconds()

    @property
    def is_over_budget(self) -> bool:
        """Whether it took, or is forecast to take, more than its budget."""
        return self.state not in (StepState.DROPPED, StepState.SKIPPED) and self.seconds > self.budget_s


@dataclass(frozen=True, slots=True)
class Timetable:
    """A window at one moment."""

    title: str
    now: datetime
    began: datetime
    ends: datetime
    """The window's end: what must not be passed."""
    planned_end: datetime
    """When all would be done if each step took its budget."""
    forecast_end: datetime
    rows: tuple[Row, ...]
    level: Level
    told: str
    """The level in words."""
    advice: tuple[Advice, ...]
    """What could be dropped or sped up, most first, until it is green again; none where it is."""
    fits_then: bool
    """Whether the window holds if all of the advice is taken."""
    notes: tuple[str, ...] = ()
    """Of a forecast ahead: what it rests on, and what is assumed."""

    @property
    def slack_s(self) -> float:
        """Seconds between the forecast end and the window's end; negative where it breaks."""
        return (self.ends - self.forecast_end).total_seconds()

    @property
    def planned_slack_s(self) -> float:
        """The same, of the plan."""
        return (self.ends - self.planned_end).total_seconds()

    def row(self, name: str) -> Row:
        """Return a step's row.

        Raises:
            KeyError: when there is no such step.
        """
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)
