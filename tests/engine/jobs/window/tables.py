"""Windows for the tests of pure folds: a plan of four steps, told to a view, and events a so many minutes after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from engine.jobs.window.events import (
    Expected,
    PlannedStep,
    StepEnded,
    StepSettled,
    StepsExpected,
    StepStarted,
    StepState,
    WindowPlanned,
)
from engine.jobs.window.shape import Progress, Timetable
from engine.jobs.window.timetable import timetable
from engine.jobs.window.view import WindowView
from engine.run.events import Event
from engine.run.log import rfc3339
from engine.run.outcome import Outcome

BEGAN = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
STEPS = (
    PlannedStep(name="look", title="Look", job="inventory", budget_s=600),
    PlannedStep(name="work", title="Work", job="convert", budget_s=3600, hurry="more workers"),
    PlannedStep(
        name="weigh",
        title="Weigh",
        job="benchmark",
        budget_s=1200,
        drop="no figures",
        hurry="less of it",
        hurry_to_s=300,
    ),
    PlannedStep(name="tell", title="Tell", job="report", budget_s=600, drop="no report"),
)
"""100 minutes of budgets."""


def planned(window_s: float = 7200, steps: tuple[PlannedStep, ...] = STEPS) -> WindowPlanned:
    return WindowPlanned(
        plan="window-test", title="A test", path="", sha256="", window_s=window_s, began=at(0), steps=steps
    )


def at(minutes: float) -> str:
    return rfc3339(moment(minutes))


def moment(minutes: float) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


class Story:
    """A window whose events are told one by one, each at its minute."""

    def __init__(self, window_s: float = 7200, steps: tuple[PlannedStep, ...] = STEPS) -> None:
        self.view = WindowView()
        self.tell(0, planned(window_s, steps))

    def tell(self, minutes: float, event: Event) -> Story:
        self.view.apply(at(minutes), event)
        return self

    def start(self, minutes: float, step: str) -> Story:
        return self.tell(minutes, StepStarted(step=step, job="x", step_run=f"run-of-{step}"))

    def end(self, minutes: float, step: str, state: StepState = StepState.DONE, why: str = "") -> Story:
        outcome = Outcome.OK if state is StepState.DONE else Outcome.SOME_FAILED
        self.tell(minutes, StepEnded(step=step, step_run=f"run-of-{step}", outcome=outcome, seconds=1))
        return self.tell(minutes, StepSettled(step=step, state=state, why=why))

    def expect(self, minutes: float, step: str, seconds: float) -> Story:
        return self.tell(minutes, StepsExpected(steps=(Expected(step, seconds, "the sweep", is_assumed=False),)))

    def at(self, minutes: float, progress: Progress | None = None) -> Timetable:
        table = timetable(self.view, moment(minutes), progress)
        assert table is not None
        return table
