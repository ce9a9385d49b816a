from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.console.conversion.braille import INKS, Axes, Canvas, Layer, draw_band, draw_forecast, draw_level
from app.console.conversion.history import MOST, History, Paces
from app.console.conversion.pictures import free_picture, pace_picture
from app.console.conversion.plot import Picture, draw
from app.console.pane import Part
from engine.crew.crew import Snapshot
from tests.app.console.conversion.values import NAMES, NOW, done, fold, found

_BLANK = "⠀"


def history_of(values: list[float], step_s: float = 0.25) -> History:
    history = History()
    for at, value in enumerate(values):
        history.add(at * step_s, value)
    return history


def look(elapsed_s: float, bytes_done: int, free: int = 20_000_000_000) -> Snapshot:
    return Snapshot(
        run="r",
        job="convert",
        elapsed_s=elapsed_s,
        workers_wanted=1,
        workers=(),
        pauses={},
        stopping=False,
        settled=0,
        to_do=4,
        bytes_done=bytes_done,
        bytes_to_do=1_000_000,
        free_bytes=free,
        floor_bytes=10_000_000_000,
    )


def text(lines: list[list[Part]]) -> list[str]:
    return ["".join(part for part, _ in line) for line in lines]


@given(values=st.lists(st.floats(0, 1e12), min_size=1, max_size=300), stretch=st.floats(0.2, 4_000))
def test_however_long_it_lasts_memory_is_bounded_and_no_spike_is_lost(values: list[float], stretch: float) -> None:
    history = history_of(values, stretch)
    assert len(history.buckets) <= MOST
    assert max(bucket.high for bucket in history.values) == max(values)
    assert min(bucket.low for bucket in history.values) == min(values)


def test_eight_hours_of_looks_have_a_bounded_history() -> None:
    history = history_of([float(at % 7) for at in range(8 * 3600 * 4)])
    assert len(history.buckets) <= MOST
    assert history.step_s <= 64


@given(
    values=st.lists(st.floats(0, 1e9), min_size=1, max_size=500),
    width=st.integers(1, 60),
    height=st.integers(1, 10),
)
def test_a_curve_has_the_size_that_was_asked_for_and_reaches_its_highest_and_lowest(
    values: list[float], width: int, height: int
) -> None:
    history = history_of([*values, 2e9, -1.0], 5.0)
    axes = Axes(0.0, 5.0 * len(values) + 10, -1.0, 2e9)
    canvas = Canvas(width, height)
    draw_band(canvas, history, axes)
    lines = ["".join(part for part, _ in canvas.line(y)) for y in range(height)]
    assert [len(line) for line in lines] == [width] * height
    assert set(lines[0]) != {_BLANK}, "the highest value reaches the top"
    assert set(lines[-1]) != {_BLANK}, "the lowest reaches the bottom"


def test_a_gap_in_what_is_known_breaks_the_line() -> None:
    whole = history_of([1.0, *[1.0] * 30, 1.0], 1.0)
    broken = history_of([1.0, *[math.nan] * 30, 1.0], 1.0)
    axes = Axes(0.0, 32.0, 0.0, 2.0)
    drawn = []
    for history in (whole, broken):
        canvas = Canvas(16, 1)
        draw_band(canvas, history, axes)
        drawn.append("".join(part for part, _ in canvas.line(0)))
    assert _BLANK not in drawn[0]
    assert drawn[1].count(_BLANK) == 14


def test_a_floor_lies_under_the_curve_and_a_forecast_is_dotted_on() -> None:
    axes = Axes(0.0, 100.0, 0.0, 10.0)
    canvas = Canvas(20, 4)
    draw_level(canvas, Layer.FLOOR, axes, 0.0)
    draw_forecast(canvas, axes, (50.0, 5.0), (100.0, 10.0))
    lines = [canvas.line(y) for y in range(4)]
    assert lines[3] == [("⣀" * 20, INKS[Layer.FLOOR])]
    dotted = "".join(text([lines[0]]))
    assert dotted.strip(_BLANK)
    assert _BLANK in dotted.strip(_BLANK)


def test_the_throughput_is_that_of_seconds_and_never_negative() -> None:
    paces = Paces()
    for at in range(40):
        stage_begins_anew = 900 if at % 10 == 5 else 0
        paces.take(look(at * 0.25, at * 1_000 - stage_begins_anew), alive=True)
    assert 3_000 < paces.now < 5_000
    assert min(bucket.low for bucket in paces.pace.values) >= 0
    paces.take(None, alive=True)
    paces.take(look(20.0, 80_000), alive=True)
    assert any(bucket.broken for bucket in paces.pace.buckets), "an engine that did not answer leaves a gap"


def test_the_free_space_has_its_floor_and_what_the_tars_that_are_left_will_make_of_it() -> None:
    view = fold(found(*NAMES), done(NAMES[0]))
    paces = Paces()
    for at in range(1, 10):
        paces.take(look(at * 10.0, at * 100_000, 20_000_000_000), alive=True)
    picture = free_picture(view, look(90.0, 900_000), paces)
    assert picture.forecast == pytest.approx((100.0, 20_000_000_000 + 100_000 * 2 / 3)), "a third is left of each"
    shown = text(draw(picture, 60, 9))
    assert shown[0] == "free 20.0 GB ┈ end 20.0 GB ─ floor 10.0 GB"
    assert shown[1].startswith(" 20.0 GB┤")
    assert shown[7].startswith(" 10.0 GB┤")


def test_where_originals_stay_the_disk_is_asked_what_they_take_and_a_fall_below_the_floor_is_told() -> None:
    view = fold(found(*NAMES), done(NAMES[0]))
    paces = Paces(keeps_originals=True)
    for at in range(10):
        paces.take(look(at * 10.0, at * 100_000, 40_000_000_000 - at * 3_200_000_000), alive=True)
    now = look(90.0, 900_000, 11_200_000_000)
    picture = free_picture(view, now, paces)
    assert picture.forecast == pytest.approx((100.0, 8_000_000_000))
    assert "▲ end 8.00 GB" in text(draw(picture, 60, 9))[0]
    young = Paces(keeps_originals=True)
    young.take(look(0.5, 1), alive=True)
    assert free_picture(view, look(1.0, 2), young).forecast is None, "nothing is known yet"


def test_a_plot_says_so_where_there_is_nothing_to_draw() -> None:
    view = fold(found(*NAMES))
    assert text(draw(pace_picture(view, NOW, Paces()), 40, 6))[1] == "no figure yet"
    assert len(draw(Picture(History(), ([("free", "")],), 0.0), 2, 1)) == 1
