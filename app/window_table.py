"""A timetable as text: one line a step, planned, actual and forecast, under eighty columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from engine.jobs.window.events import StepLine, StepState, WindowSummary
from engine.jobs.window.shape import Row, Timetable
from engine.units import show_seconds

GLYPHS = {
    StepState.WAITING: "·",
    StepState.UNDER_WAY: "▸",
    StepState.VERIFYING: "?",
    StepState.DONE: "✓",
    StepState.DROPPED: "-",
    StepState.SKIPPED: "-",
    StepState.FAILED: "x",
    StepState.STOPPED: "=",
}
LOUD = {StepState.FAILED: "FAILED"}
"""A state that must not be overlooked is written in capitals, colours or not."""
_IN_MINUTES_S = 3600
"""A window that ends before this is told in minutes and seconds, a longer one in hours and minutes."""
_MINUTE_S = 60
_HOUR_S = 3600
_MAY_BE_EMPTY = ("actual", "forecast")
"""Columns that say nothing before a window began, or after its end, and are left away then."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The window's own clock: how long after its begin something is."""

    began: datetime
    window_s: float
    longest_s: float
    """What the last of its times comes to."""

    @property
    def is_short(self) -> bool:
        """Whether its times are minutes and seconds."""
        return max(self.window_s, self.longest_s) < _IN_MINUTES_S

    @property
    def unit(self) -> str:
        """What its times are written in."""
        return "min:s" if self.is_short else "h:min"

    def at(self, moment: datetime) -> str:
        """Write a moment as time since the begin: ``4:30``."""
        return self.span((moment - self.began).total_seconds())

    def span(self, seconds: float) -> str:
        """Write a length of time as the clock writes its own: ``0:25``, ``-0:05``."""
        sign, whole = ("-" if seconds < 0 else ""), round(abs(seconds))
        if self.is_short:
            return f"{sign}{whole // 60}:{whole % 60:02d}"
        return f"{sign}{whole // _HOUR_S}:{whole % _HOUR_S // 60:02d}"

    def between(self, start: datetime, end: datetime) -> str:
        """Write from when to when something is planned or forecast."""
        return f"{self.at(start)}-{self.at(end)}"

    def actual(self, start: datetime | None, end: datetime | None) -> str:
        """Write from when to when something was; "" for what never began, and an open end for what goes on."""
        return "" if start is None else f"{self.at(start)}-{'' if end is None else self.at(end)}"


def clock_of(table: Timetable) -> Clock:
    """Return the clock of a timetable."""
    window_s = (table.ends - table.began).total_seconds()
    return Clock(table.began, window_s, window_s - table.slack_s)


def state_word(state: StepState, *, kept: bool = False) -> str:
    """Write a state as a sign and a word; one that an earlier run reached says so."""
    word = "done before" if kept else LOUD.get(state, str(state))
    return f"{GLYPHS[state]} {word}"


@dataclass(frozen=True, slots=True)
class Cells:
    """One line of the table, in words."""

    state: str
    step: str
    planned: str
    actual: str
    forecast: str
    takes: str
    budget: str

    @property
    def all(self) -> tuple[str, ...]:
        """The cells from the left."""
        return (self.state, self.step, self.planned, self.actual, self.forecast, self.takes, self.budget)


def cells_of(row: Row, clock: Clock) -> Cells:
    """Put a row into words."""
    is_left_out = row.state in (StepState.DROPPED, StepState.SKIPPED)
    return Cells(
        state=state_word(row.state, kept=row.kept),
        step=row.name,
        planned=clock.between(row.planned_start, row.planned_end),
        actual="" if is_left_out else clock.actual(row.started, row.ended),
        forecast=forecast_of(row, clock),
        takes="" if is_left_out else took(row.seconds),
        budget=took(row.budget_s),
    )


def forecast_of(row: Row, clock: Clock) -> str:
    """Write from when to when a step is going to be, or from when to when it goes on; "" for one that is over."""
    if row.state in (StepState.DONE, StepState.DROPPED, StepState.SKIPPED):
        return ""
    return clock.between(row.forecast_start, row.forecast_end)


def lines_of(table: Timetable) -> list[str]:
    """Lay a timetable out."""
    clock = clock_of(table)
    return layout([cells_of(row, clock) for row in table.rows], clock)


def summary_table(summary: WindowSummary) -> list[str]:
    """Lay out what a window came to."""
    clock = Clock(datetime.fromisoformat(summary.began), summary.window_s, summary.window_s - summary.slack_s)
    return layout([_ended(step, clock) for step in summary.steps], clock)


def _ended(step: StepLine, clock: Clock) -> Cells:
    return Cells(
        state=state_word(step.state),
        step=step.step,
        planned=clock.between(datetime.fromisoformat(step.planned_start), datetime.fromisoformat(step.planned_end)),
        actual=clock.actual(_moment(step.started), _moment(step.ended)),
        forecast="",
        takes="" if step.seconds is None else took(step.seconds),
        budget=took(step.budget_s),
    )


def layout(rows: Iterable[Cells], clock: Clock) -> list[str]:
    """Align lines under a head."""
    head = Cells("", f"step ({clock.unit})", "planned", "actual", "forecast", "takes", "budget")
    rows = list(rows)
    table = [head, *rows]
    empty = [name for name in _MAY_BE_EMPTY if not any(getattr(row, name) for row in rows)]
    shown = [at for at, column in enumerate(head.all) if column not in empty]
    widths = {at: max(len(line.all[at]) for line in table) for at in shown}
    return ["  ".join(_aligned(line.all[at], widths[at], head.all[at]) for at in shown).rstrip() for line in table]


def _aligned(text: str, width: int, column: str) -> str:
    return f"{text:>{width}}" if column in ("takes", "budget") else f"{text:<{width}}"


def took(seconds: float) -> str:
    """Write how long a step takes, in as few letters as tell it: ``12 min``, ``3:38 h``."""
    if _MINUTE_S <= seconds < _HOUR_S and seconds % _MINUTE_S == 0:
        return f"{seconds / _MINUTE_S:.0f} min"
    return show_seconds(seconds)


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
