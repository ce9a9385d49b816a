"""Pictures over time keep within themselves, and tell moments as people count them."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.page.clock import Clock, show_clock
from engine.page.gantt import Piece, Step, gantt
from engine.page.over_time import LEFT, Scale, Series, Span, nice_top, over_time, stepped
from engine.page.svg import WIDTH

_SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script src="https://x.example/">|\x1b[31m`&amp;'
TIMES = st.floats(0, 1e7, allow_subnormal=False)


def every(svg: str, tag: str, style: str = "") -> list[ET.Element]:
    return [one for one in ET.fromstring(svg).iter(f"{_SVG}{tag}") if not style or one.get("class") == style]


@given(
    st.lists(st.tuples(TIMES, TIMES), max_size=20), st.floats(0.01, 1e7), st.lists(st.tuples(TIMES, TIMES), max_size=5)
)
def test_whatever_it_is_given_a_picture_over_time_stays_within_itself(
    points: list[tuple[float, float]], end_s: float, spans: list[tuple[float, float]]
) -> None:
    points.sort()
    marked = [Span(min(span), max(span), "w") for span in spans]
    svg = over_time(
        "t", "w", [Series("a", "after", tuple(points), is_area=True)], Scale(1e3, "", "1k"), end_s=end_s, spans=marked
    )
    height = float(ET.fromstring(svg).get("viewBox", "").split()[3])
    for line in (*every(svg, "polyline"), *every(svg, "polygon")):
        for place in line.get("points", "").split():
            across, down = map(float, place.split(","))
            assert LEFT <= across <= WIDTH
            assert 0 <= down <= height
    for rect in every(svg, "rect", "hold"):
        assert float(rect.get("x", "")) + float(rect.get("width", "")) <= WIDTH + 0.2
    assert len(every(svg, "line", "grid")) <= 2 + 8


@given(st.floats(0.01, 1e9))
def test_a_clock_has_a_few_labels_and_the_first_is_nothing(end_s: float) -> None:
    ticks = Clock(end_s).ticks()
    assert ticks[0] == 0
    assert 1 <= len(ticks) <= 8
    assert all(0 <= tick <= end_s for tick in ticks)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0"),
        (0.05, "0.05 s"),
        (1.5, "1.5 s"),
        (30, "30 s"),
        (90, "1:30 min"),
        (300, "5 min"),
        (5400, "1:30 h"),
        (7200, "2 h"),
        (86_400, "1 d"),
        (90_000, "25 h"),
    ],
)
def test_a_moment_is_told_in_as_few_letters_as_tell_it(seconds: float, told: str) -> None:
    assert show_clock(seconds) == told


@given(st.floats(1e-9, 1e15))
def test_the_upper_edge_is_round_and_not_far_away(most: float) -> None:
    top = nice_top(most)
    assert most <= top * (1 + 1e-6)
    assert top <= most * 2.01


def test_nothing_has_an_upper_edge_too() -> None:
    assert [nice_top(most) for most in (0, -1, float("inf"), float("nan"))] == [1.0] * 4


def test_a_step_keeps_its_value_until_the_next() -> None:
    assert stepped([(0, 1), (5, 3)], 9) == ((0, 1), (5, 1), (5, 3), (9, 3))
    assert stepped([], 9) == ()


def test_a_timetable_shows_planned_and_actual_in_proportion_and_the_end() -> None:
    steps = [
        Step("a", "1 h", (0, 100), (Piece(0, 50, "after", "50 s"),)),
        Step(HOSTILE, HOSTILE, (100, 200), (Piece(100, 1e9, "second", HOSTILE),)),
    ]
    svg = gantt("t", "w", steps, [("after", "actual")], end_s=400, limit_s=300, now_s=200)
    planned, came = every(svg, "rect", "before")[1:], every(svg, "rect", "after")[1:]
    assert [float(one.get("width", "")) for one in planned] == [WIDTH / 4, WIDTH / 4]
    assert [float(one.get("width", "")) for one in came] == [WIDTH / 8]
    (limit,), (now,) = every(svg, "line", "limit"), every(svg, "line", "now")
    assert (float(limit.get("x1", "")), float(now.get("x1", ""))) == (WIDTH * 3 / 4, WIDTH / 2)
    (late,) = every(svg, "rect", "second")
    assert float(late.get("x", "")) + float(late.get("width", "")) == WIDTH
    assert "<script" not in svg
    assert "\x1b" not in svg
