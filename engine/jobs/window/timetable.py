"""The timetable of a window: planned, actual and forecast for each step, and whether the whole still fits. Pure.

Forecasts: a step that waits takes what was told of it last (:class:`StepsExpected`), else its budget; one that is under
way goes on at its own pace, the surer the more of it is done. The slack is what lies between the forecast end and the
window's end. It is *eaten* when :data:`EATEN` of what the plan has of it is gone: yellow. Below nothing the window
breaks: red.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.convert.view import Level
from engine.jobs.window.advice import ToDo, advise, wins
from engine.jobs.window.events import PlannedStep, StepState, WindowPlanned
from engine.jobs.window.shape import Progress, Row, Timetable
from engine.jobs.window.view import OVER, Track, WindowView
from engine.run.events import Event
from engine.run.reading import Logged
from engine.units import counted, show_seconds

EATEN = 0.25
"""A quarter of the planned slack gone is news; less is the noise of a forecast."""
LONGEST_S = 100 * 365 * 24 * 3600.0
"""A hundred years: what is forecast to take longer does not end."""
TRUSTED = 0.05
"""From a twentieth of the work on, the pace so far is believed alone; before, it is mixed with what was expected."""


def fold(events: Iterable[Logged[Event]], now: datetime, progress: Progress | None = None) -> Timetable | None:
    """Fold a window's events into its timetable; None before its plan is told.

    Args:
        events: those of one run of the window, from the first on; each tells its own time.
        now: the moment that it is looked at.
        progress: of the step under way.
    """
    return timetable(WindowView.of(events), now, progress)


def timetable(
    view: WindowView, now: datetime, progress: Progress | None = None, notes: tuple[str, ...] = ()
) -> Timetable | None:
    """Look at a window that is folded already, as :func:`fold`."""
    planned = view.planned
    if planned is None:
        return None
    began = datetime.fromisoformat(planned.began)
    rows = _Look(view, max(now, began), progress).rows(planned, began)
    ends = began + timedelta(seconds=planned.window_s)
    planned_slack_s = (ends - rows[-1].planned_end).total_seconds()
    forecast_end = max(row.forecast_end for row in rows)
    slack_s = (ends - forecast_end).total_seconds()
    level, told = _judge(view, rows, slack_s, planned_slack_s)
    short_s = _least_slack(planned_slack_s) - slack_s
    advice = advise(_to_do(planned, rows, now), short_s) if view.pending else ()
    return Timetable(
        title=planned.title,
        now=now,
        began=began,
        ends=ends,
        planned_end=rows[-1].planned_end,
        forecast_end=forecast_end,
        rows=rows,
        level=level,
        told=told,
        advice=advice,
        fits_then=slack_s + wins(advice) >= 0,
        notes=notes,
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """A window, looked at now."""

    view: WindowView
    now: datetime
    progress: Progress | None

    def rows(self, planned: WindowPlanned, began: datetime) -> tuple[Row, ...]:
        rows = []
        planned_start = at = began
        for step in planned.steps:
            track = self.view.tracks[step.name]
            start, end, rests_on = self._forecast(step, track, at)
            planned_end = planned_start + timedelta(seconds=step.budget_s)
            rows.append(
                Row(
                    name=step.name,
                    title=step.title,
                    job=step.job,
                    state=track.state,
                    budget_s=step.budget_s,
                    planned_start=planned_start,
                    planned_end=planned_end,
                    started=_moment(track.started),
                    ended=_moment(track.ended),
                    forecast_start=start,
                    forecast_end=end,
                    rests_on=rests_on,
                    run=track.run,
                    kept=track.kept,
                    why=track.why,
                )
            )
            planned_start, at = planned_end, max(at, end)
        return tuple(rows)

    def _forecast(self, step: PlannedStep, track: Track, at: datetime) -> tuple[datetime, datetime, str]:
        """Return from when to when a step goes, as far as can be told, and what that rests on."""
        started, ended = _moment(track.started), _moment(track.ended)
        match track.state:
            case StepState.DONE if started is not None and ended is not None:
                return started, ended, ""
            case StepState.DROPPED | StepState.SKIPPED:
                return at, at, ""
            case StepState.VERIFYING if started is not None:
                return started, max(self.now, started), "its verifications are quick"
            case StepState.UNDER_WAY if started is not None:
                left_s, rests_on = self._left(step, (self.now - started).total_seconds())
                return started, self.now + timedelta(seconds=left_s), rests_on
        seconds, rests_on = expected_of(self.view, step)
        start = max(at, self.now)
        return start, start + timedelta(seconds=seconds), rests_on

    def _left(self, step: PlannedStep, elapsed_s: float) -> tuple[float, str]:
        """Return how long a step under way still takes: its pace, and while that says little, what was expected."""
        expected_s, rests_on = expected_of(self.view, step)
        by_plan_s, progress = max(0.0, expected_s - elapsed_s), self.progress
        if progress is None or progress.step != step.name or not 0 < progress.done <= progress.to_do:
            return by_plan_s, rests_on
        by_pace_s = max(0.0, progress.to_do - progress.done) * progress.worked_s / progress.done
        trust = min(1.0, progress.done / progress.to_do / TRUSTED)
        pace = f"its pace over {progress.done / progress.to_do:.0%} of the work"
        left_s = min(LONGEST_S, trust * by_pace_s + (1 - trust) * by_plan_s)
        return left_s, pace if trust == 1 else f"{pace}, and {rests_on}"


def expected_of(view: WindowView, step: PlannedStep) -> tuple[float, str]:
    """Return how long a step is expected to take, from its begin on, and what that rests on."""
    told = view.expected.get(step.name)
    return (step.budget_s, "the plan's budget") if told is None else (min(told.seconds, LONGEST_S), told.rests_on)


def _judge(view: WindowView, rows: tuple[Row, ...], slack_s: float, planned_slack_s: float) -> tuple[Level, str]:
    failed = next((row for row in rows if row.state is StepState.FAILED), None)
    if failed is not None:
        return Level.RED, f"stopped at {failed.name}: {failed.why}"
    if slack_s < 0:
        over = f"the window breaks: the forecast ends {show_seconds(-slack_s)} after it"
        return Level.RED, over if view.pending else f"the window was passed by {show_seconds(-slack_s)}"
    stopped = next((row for row in rows if row.state is StepState.STOPPED), None)
    if stopped is not None or (view.summary is not None and view.pending):
        return Level.YELLOW, f"stopped with {counted(len(view.pending), 'step')} to do; run it again and it goes on"
    told = f"{show_seconds(slack_s)} of slack, planned {show_seconds(planned_slack_s)}"
    if view.pending and slack_s < _least_slack(planned_slack_s):
        return Level.YELLOW, f"the slack is being eaten: {told}"
    return Level.GREEN, told


def _least_slack(planned_slack_s: float) -> float:
    """Return the slack below which a window is late."""
    return max(0.0, planned_slack_s) * (1 - EATEN)


def _to_do(planned: WindowPlanned, rows: tuple[Row, ...], now: datetime) -> list[ToDo]:
    return [
        ToDo(step, (row.forecast_end - max(now, row.forecast_start)).total_seconds(), row.state is StepState.WAITING)
        for step, row in zip(planned.steps, rows, strict=True)
        if row.state not in OVER
    ]


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
