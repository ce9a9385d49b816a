"""What a timetable says of a window, moment by moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.convert.view import Level
from engine.jobs.window.events import Expected, StepKept, StepLeftOut, StepsExpected, StepState
from engine.jobs.window.shape import Progress
from engine.jobs.window.timetable import fold
from engine.run.outcome import Outcome
from engine.run.reading import Logged
from tests.engine.jobs.window.tables import STEPS, Story, at, moment, planned


def test_before_anything_starts_the_forecast_is_the_plan() -> None:
    table = Story().at(0)
    assert [(row.planned_start, row.planned_end) for row in table.rows] == [
        (moment(0), moment(10)),
        (moment(10), moment(70)),
        (moment(70), moment(90)),
        (moment(90), moment(100)),
    ]
    assert [(row.forecast_start, row.forecast_end) for row in table.rows] == [
        (row.planned_start, row.planned_end) for row in table.rows
    ]
    assert (table.slack_s, table.planned_slack_s, table.level, table.advice) == (1200, 1200, Level.GREEN, ())


def test_what_is_over_shows_when_it_really_was_and_what_follows_moves() -> None:
    table = Story().start(0, "look").end(4, "look").start(4, "work").at(5)
    look, work, weigh, _ = table.rows
    assert (look.state, look.started, look.ended) == (StepState.DONE, moment(0), moment(4))
    assert (work.state, work.forecast_end, weigh.forecast_start) == (StepState.UNDER_WAY, moment(64), moment(64))
    assert table.slack_s == 1200 + 360
    assert (work.run, weigh.run) == ("run-of-work", "")


def test_a_forecast_that_was_told_replaces_the_budget() -> None:
    table = Story().expect(0, "work", 1800).at(0)
    assert (table.row("work").seconds, table.row("work").rests_on) == (1800, "the sweep")
    assert table.slack_s == 1200 + 1800


@pytest.mark.parametrize(
    ("done", "left_minutes"),
    [
        (0.0, 50.0),  # nothing yet: what the budget leaves
        (0.5, 10.0),  # half in ten minutes: ten more
        (0.25, 30.0),
        (0.025, 0.5 * 390 + 0.5 * 50),  # half of what is needed to believe the pace alone
    ],
)
def test_a_step_under_way_goes_on_at_its_own_pace(done: float, left_minutes: float) -> None:
    story = Story().start(0, "look").end(10, "look").start(10, "work")
    table = story.at(20, Progress("work", 600, done * 1e9, 1e9))
    assert (table.row("work").forecast_end - moment(20)).total_seconds() == pytest.approx(left_minutes * 60)


def test_the_progress_of_another_step_says_nothing() -> None:
    story = Story().start(0, "look").end(10, "look").start(10, "work")
    assert story.at(20, Progress("look", 600, 1e9, 1e9)).row("work").forecast_end == moment(70)


def test_a_step_that_overruns_pushes_the_forecast_minute_by_minute() -> None:
    story = Story().start(0, "look")
    ends = [story.at(minute).forecast_end for minute in (5, 10, 15, 20)]
    assert ends == [moment(100), moment(100), moment(105), moment(110)]
    assert story.at(15).row("look").is_over_budget


def test_it_turns_yellow_when_the_slack_is_being_eaten_and_red_when_the_window_breaks() -> None:
    story = Story().start(0, "look")
    levels = {minute: story.at(minute).level for minute in (10, 14, 16, 29, 31)}
    assert levels == {10: Level.GREEN, 14: Level.GREEN, 16: Level.YELLOW, 29: Level.YELLOW, 31: Level.RED}
    assert story.at(16).told == "the slack is being eaten: 14:00 min of slack, planned 20:00 min"
    assert story.at(31).told == "the window breaks: the forecast ends 1:00 min after it"


def test_what_was_gained_before_keeps_it_green() -> None:
    story = Story().start(0, "look").end(1, "look").start(1, "work")
    assert story.at(66).level is Level.GREEN
    assert story.at(76).level is Level.YELLOW


def test_a_step_that_is_dropped_takes_no_time() -> None:
    story = Story().tell(0, StepLeftOut(step="weigh", how="dropped", told="no figures"))
    table = story.at(0)
    assert (table.row("weigh").state, table.row("weigh").seconds) == (StepState.DROPPED, 0)
    assert table.slack_s == 2400
    assert table.row("weigh").planned_end == moment(90)


def test_what_an_earlier_run_did_keeps_its_own_times_and_run() -> None:
    kept = StepKept(step="look", step_run="of-yesterday", outcome=Outcome.OK, started=at(0), ended=at(7))
    table = Story().tell(30, kept).at(30)
    look = table.row("look")
    assert (look.state, look.run, look.kept, look.ended) == (StepState.DONE, "of-yesterday", True, moment(7))
    assert table.row("work").forecast_start == moment(30)


def test_a_failed_step_is_red_and_its_forecast_is_to_do_it_again() -> None:
    table = Story().start(0, "look").end(5, "look", StepState.FAILED, "a verification failed").at(8)
    assert (table.level, table.told) == (Level.RED, "stopped at look: a verification failed")
    assert (table.row("look").forecast_start, table.row("look").forecast_end) == (moment(8), moment(18))


def test_a_window_whose_engine_was_killed_says_that_it_goes_on() -> None:
    story = Story().start(0, "look").end(5, "look").start(5, "work")
    story.view.cut_off()
    table = story.at(8)
    assert table.row("work").state is StepState.STOPPED
    assert (table.level, table.told) == (Level.YELLOW, "stopped with 3 steps to do; run it again and it goes on")


def test_a_window_that_is_over_stands_still() -> None:
    story = Story()
    for minute, step in enumerate(STEPS):
        story.start(minute, step.name).end(minute + 1, step.name)
    assert story.at(5).slack_s == story.at(500).slack_s == (120 - 4) * 60
    assert story.at(500).level is Level.GREEN


def test_a_log_before_its_plan_has_no_timetable() -> None:
    assert fold([], moment(0)) is None
    folded = fold([Logged(at(0), "run", planned())], moment(0))
    assert folded is not None
    assert folded.slack_s == 1200


@given(
    took=st.lists(st.floats(0.1, 300), min_size=0, max_size=4),
    expected=st.lists(st.floats(0, 20_000), min_size=4, max_size=4),
    later=st.floats(0, 600),
    done=st.floats(0, 1),
)
def test_a_forecast_never_goes_back_in_time_and_steps_never_overlap(
    took: list[float], expected: list[float], later: float, done: float
) -> None:
    story, minute = Story(), 0.0
    told = tuple(Expected(step.name, seconds, "x") for step, seconds in zip(STEPS, expected, strict=True))
    story.tell(0, StepsExpected(steps=told))
    for step, minutes in zip(STEPS, took, strict=False):
        story.start(minute, step.name).end(minute + minutes, step.name)
        minute += minutes
    if len(took) < len(STEPS):
        story.start(minute, STEPS[len(took)].name)
    now = minute + later
    name = STEPS[min(len(took), 3)].name
    table = story.at(now, Progress(name, max(later, 0.001) * 60, done * 100, 100))
    close = timedelta(milliseconds=2)  # what a log's milliseconds leave open
    for before, after in zip(table.rows, table.rows[1:], strict=False):
        assert before.forecast_end <= after.forecast_start + close
    assert all(row.forecast_start <= row.forecast_end for row in table.rows)
    open_rows = [row for row in table.rows if row.state is not StepState.DONE]
    assert all(row.forecast_end >= table.now for row in open_rows)
    assert (table.level is Level.RED) == (table.slack_s < 0)
    assert not table.advice or table.level is not Level.GREEN
