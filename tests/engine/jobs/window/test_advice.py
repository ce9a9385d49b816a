"""What a late window could do without: most first, and no more than it takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.convert.view import Level
from engine.jobs.window.advice import ToDo, advise, wins
from engine.jobs.window.events import PlannedStep
from tests.engine.jobs.window.tables import STEPS, Story


def test_one_that_is_late_is_told_what_wins_most() -> None:
    table = Story().start(0, "look").at(35)
    assert table.level is Level.RED
    assert [(one.step, one.do, one.wins_s) for one in table.advice] == [("weigh", "drop", 1200)]
    assert table.fits_then


def test_it_is_told_no_more_than_it_takes() -> None:
    much = Story().start(0, "look").at(50)
    assert [(one.step, one.do, one.words) for one in much.advice] == [
        ("weigh", "drop", "no figures"),
        ("tell", "drop", "no report"),
        ("work", "hurry", "more workers"),
    ]
    assert much.fits_then
    assert Story().start(0, "look").at(10).advice == ()


def test_it_is_said_when_nothing_is_enough() -> None:
    table = Story().start(0, "look").at(300)
    assert not table.fits_then
    assert table.advice


def test_what_is_under_way_cannot_be_dropped_any_more() -> None:
    step = PlannedStep(name="a", title="A", job="x", budget_s=100, drop="it is lost")
    assert advise([ToDo(step, 100, is_waiting=False)], 50) == ()
    assert [one.do for one in advise([ToDo(step, 100, is_waiting=True)], 50)] == ["drop"]


def test_to_hurry_goes_before_to_drop_where_it_wins_as_much() -> None:
    step = PlannedStep(name="a", title="A", job="x", budget_s=100, drop="lost", hurry="less", hurry_to_s=0)
    assert [one.do for one in advise([ToDo(step, 100, is_waiting=True)], 50)] == ["hurry"]


@given(seconds=st.lists(st.floats(0, 5000), min_size=len(STEPS), max_size=len(STEPS)), short_s=st.floats(-100, 10_000))
def test_advice_suffices_where_anything_does_and_is_sorted(seconds: list[float], short_s: float) -> None:
    to_do = [ToDo(step, took, is_waiting=True) for step, took in zip(STEPS, seconds, strict=True)]
    chosen = advise(to_do, short_s)
    measured = [one.wins_s for one in chosen if one.wins_s is not None]
    assert measured == sorted(measured, reverse=True)
    most = sum(took for one, took in zip(STEPS, seconds, strict=True) if one.drop)
    assert (wins(chosen) >= short_s) == (most >= short_s or short_s <= 0) or abs(most - short_s) < 1e-6
    assert all(wins(chosen[:-1]) < short_s for _ in chosen[:1])
