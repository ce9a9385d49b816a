"""Curves in braille, by themselves: what is drawn where."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.console.training.curves import Kind, Picture, axis, draw, range_of, smoothed, spark
from app.console.training.pace import Pace
from app.console.training.seen import CurveSeen
from app.console.training.words import figure
from engine.watch.series import Point, Series

FINITE = st.floats(-1e6, 1e6, allow_nan=False)


def curve(*values: float) -> CurveSeen:
    """A curve with a value at steps 0, 1, 2, …"""
    series = Series()
    for step, value in enumerate(values):
        series.add(step, value)
    return CurveSeen("loss", series.points, tuple(series.not_finite))


def lines(picture: Picture, width: int = 40, height: int = 8) -> list[str]:
    seen = range_of(picture)
    assert seen is not None
    canvas = draw(picture, seen, width, height)
    return ["".join(char for char, _ in canvas.cells(y)) for y in range(height)]


def test_a_falling_curve_begins_at_the_top_left_and_ends_at_the_bottom_right() -> None:
    drawn = lines(Picture(curve(*range(100, 0, -1))))
    assert drawn[0][0] != " "
    assert drawn[-1][-1] != " "
    assert drawn[0][-1] == drawn[-1][0] == " "


def test_one_spike_in_thousands_of_steps_is_seen_and_does_not_bend_the_line() -> None:
    values = [2.0] * 5_000
    values[2_500] = 2.8
    picture = Picture(curve(*values))
    seen = range_of(picture)
    assert seen is not None
    canvas = draw(picture, seen, 40, 8)
    spike = [canvas.cells(y)[20] for y in range(8)]
    assert spike[0][1] is Kind.BAND
    assert all(kind is not Kind.LINE for _, kind in canvas.cells(0))


def test_a_value_far_above_all_others_is_cut_off_and_marked() -> None:
    picture = Picture(curve(*([3 + at / 100 for at in range(100)] + [1e6] + [3.0] * 100)))
    seen = range_of(picture)
    assert seen is not None
    assert seen.high < 10
    assert seen.cut == 1
    assert "▲" in lines(picture)[0]


def test_steps_without_a_number_break_the_line_and_are_marked_on_the_axis() -> None:
    picture = Picture(curve(*([2.0] * 40), *([math.nan] * 20), *([2.0] * 40)))
    drawn = lines(picture)
    seen = range_of(picture)
    assert seen is not None
    gap = [text[18:22] for text in drawn]
    assert all(not each.strip() for each in gap)
    marks = axis(picture, seen, 40)
    assert [at for at, (_, kind) in enumerate(marks) if kind is Kind.NOT_FINITE] == list(range(16, 24))


def test_a_log_scale_needs_values_above_nothing_and_says_so() -> None:
    assert (seen := range_of(Picture(curve(1.0, 100.0), log=True))) is not None
    assert seen.is_log
    assert seen.value(0.5) == pytest.approx(10.0)
    assert (seen := range_of(Picture(curve(0.0, 100.0), log=True))) is not None
    assert not seen.is_log


def test_zoom_shows_the_newest_part_and_scales_to_it() -> None:
    picture = Picture(curve(*(1000.0 / (1 + at) for at in range(1025))), zoom=2)
    seen = range_of(picture)
    assert seen is not None
    assert (seen.first, seen.last) == (768, 1024)
    assert seen.high < 1.4


def test_two_runs_share_one_scale() -> None:
    other = CurveSeen("loss", (Point(0, 9, 9, 9), Point(400, 8, 8, 8)), ())
    seen = range_of(Picture(curve(*([2.0] * 100)), other=other))
    assert seen is not None
    assert (seen.first, seen.last, seen.low, seen.high) == (0, 400, 2.0, 9.0)


def test_nothing_to_draw_is_nothing_and_one_value_is_drawn() -> None:
    assert range_of(Picture(curve())) is None
    assert any(text.strip() for text in lines(Picture(curve(3.0))))
    assert range_of(Picture(curve(math.nan))) is not None


@given(st.lists(FINITE | st.just(math.nan), min_size=1, max_size=300), st.integers(1, 60), st.integers(1, 20))
def test_any_curve_fits_any_room(values: list[float], width: int, height: int) -> None:
    picture = Picture(curve(*values))
    seen = range_of(picture)
    assert seen is not None
    canvas = draw(picture, seen, width, height)
    for y in range(height):
        assert len(canvas.cells(y)) == width
    places = [place for layer in canvas.layers.values() for place in layer]
    assert all(0 <= y < height and 0 <= x < width for y, x in places)
    assert len(axis(picture, seen, width)) == width


@given(st.lists(FINITE, min_size=1, max_size=400))
def test_the_line_stays_between_the_lowest_and_the_highest(values: list[float]) -> None:
    line = smoothed(values)
    assert len(line) == len(values)
    assert min(values) <= min(line)
    assert max(line) <= max(values)


@given(st.floats() | st.none())
def test_a_figure_fits_its_column(value: float | None) -> None:
    assert len(figure(value)) <= 9


def test_a_short_line_of_blocks_goes_from_the_lowest_to_the_highest() -> None:
    assert spark([0, 1, 2, 3, 4, 5, 6, 7], 8) == "▁▂▃▄▅▆▇█"
    assert spark([5.0, 5.0], 8) == "▄▄"
    assert spark([], 8) == ""


def test_the_pace_is_of_the_last_minutes_and_starts_anew_where_steps_repeat() -> None:
    pace = Pace()
    assert pace.steps_per_s is None
    for at in range(100):
        pace.add(at * 20, 10.0 * at)
    assert pace.steps_per_s == pytest.approx(2.0)
    pace.add(500, 1_000.0)
    assert pace.steps_per_s is None
    pace.add(510, 1_010.0)
    assert pace.steps_per_s == pytest.approx(1.0)


def test_two_curves_are_told_apart_without_colour() -> None:
    low, high = curve(*([2.0] * 200)), CurveSeen("loss", tuple(Point(at, 4, 4, 4) for at in range(200)), ())
    picture = Picture(low, other=high)
    seen = range_of(picture)
    assert seen is not None
    canvas = draw(picture, seen, 40, 8)
    ours = [kind for _, kind in canvas.cells(7)]
    theirs = [kind for _, kind in canvas.cells(0)]
    assert set(ours) == {Kind.LINE}, "a line"
    assert theirs == [Kind.OTHER, Kind.OTHER, Kind.NOTHING, Kind.NOTHING] * 10, "dashes"


def test_where_the_other_run_had_no_number_is_marked_too() -> None:
    other = CurveSeen("loss", (Point(0, 2, 2, 2), Point(39, 2, 2, 2)), (20,))
    picture = Picture(curve(*([2.0] * 30), math.nan, *([2.0] * 9)), other=other)
    seen = range_of(picture)
    assert seen is not None
    marks = {at: cell for at, cell in enumerate(axis(picture, seen, 40)) if cell[1] is not Kind.AXIS}
    assert marks == {20: ("x", Kind.OTHER), 30: ("✗", Kind.NOT_FINITE)}
