"""Pictures stay within themselves, show what they are given in proportion, and say in words what they show."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.page.bars import SHOWN_MOST, Bar, bars, left_out
from engine.page.columns import Axis, Column, columns
from engine.page.lines import Line, Scale, lines
from engine.page.svg import LETTERS, WIDTH, short
from engine.page.words import few, per_cent

_SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script src="https://x.example/">|\x1b[31m`&amp;'
TWO_PARTS = Bar("a", "4 h", (("after", 3.0), ("second", 1.0)))


def rects(svg: str, style: str) -> list[ET.Element]:
    return [one for one in ET.fromstring(svg).iter(f"{_SVG}rect") if one.get("class") == style]


def far(one: ET.Element, *fields: str) -> float:
    return sum(float(one.get(field, "")) for field in fields)


def drawn() -> list[str]:
    return [
        bars("Bars", "what bars show", [TWO_PARTS], [("after", "train"), ("second", "dev")]),
        columns("Columns", "what columns show", [Column(1, "1", "one clip")], Axis([(0, "0")], "seconds"), [0.5]),
        lines("Lines", "what lines show", ["1", "2"], [Line("a", "after", ((0, 1.0), (1, 2.0)))], Scale(2, "2")),
    ]


def test_every_picture_has_a_name_and_a_description_of_its_own() -> None:
    named = set()
    for svg, kind in zip(drawn(), ("Bars", "Columns", "Lines"), strict=True):
        picture = ET.fromstring(svg)
        title, what = picture.find(f"{_SVG}title"), picture.find(f"{_SVG}desc")
        assert title is not None
        assert what is not None
        assert (title.text, what.text) == (kind, f"what {kind.lower()} show")
        assert picture.get("role") == "img"
        assert picture.get("aria-labelledby") == f"{title.get('id')} {what.get('id')}"
        named |= {title.get("id"), what.get("id")}
    assert len(named) == 6


def test_a_title_gives_the_same_ids_each_time() -> None:
    assert drawn() == drawn()


def test_a_bars_parts_follow_each_other_in_proportion() -> None:
    svg = bars("t", "w", [TWO_PARTS, Bar("b", "2 h", (("after", 2.0),))])
    first, second, other = *rects(svg, "after")[:1], *rects(svg, "second"), *rects(svg, "after")[1:]
    assert (far(first, "width"), far(other, "width")) == (WIDTH * 0.75, WIDTH / 2)
    assert far(first, "x", "width") == far(second, "x")
    assert far(second, "x", "width") == WIDTH


@given(st.lists(st.lists(st.floats(0, 1e12), min_size=1, max_size=4), min_size=1, max_size=12))
def test_bars_stay_within_the_picture_and_what_is_there_is_seen(values: list[list[float]]) -> None:
    rows = [Bar("a", "1", tuple(("after", value) for value in parts)) for parts in values]
    svg = bars("t", "w", rows)
    height = float(ET.fromstring(svg).get("viewBox", "").split()[3])
    for one in rects(svg, "after"):
        assert far(one, "x", "width") <= WIDTH + 0.2
        assert far(one, "y", "height") <= height
    if any(row.value for row in rows):
        assert rects(svg, "after")


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=90))
def test_columns_and_the_figures_over_them_stay_within_the_picture(counts: list[int]) -> None:
    svg = columns("t", "w", [Column(count, few(count) if count else "") for count in counts], Axis([], "seconds"))
    assert len(rects(svg, "after")) == sum(count > 0 for count in counts)
    assert all(far(one, "y") >= 0 and far(one, "height") > 0 for one in rects(svg, "after"))
    told = [text for text in ET.fromstring(svg).iter(f"{_SVG}text") if text.get("class") == "told"]
    assert [text.text for text in told] == [few(count) for count in counts if count]
    # The letters' height above their line.
    assert all(float(text.get("y", "")) >= 10 for text in told)


def test_a_column_tells_what_it_is_where_the_pointer_rests() -> None:
    (column,) = rects(columns("t", "w", [Column(3, what="1 to 2 s: 3 clips"), Column(0)], Axis([])), "after")
    assert [title.text for title in column.iter(f"{_SVG}title")] == ["1 to 2 s: 3 clips"]


def test_labels_at_the_edges_are_not_cut_off() -> None:
    svg = columns("t", "w", [Column(1)] * 4, Axis([(0, "0"), (2, "2"), (4, "4")]))
    anchors = {text.text: text.get("text-anchor") for text in ET.fromstring(svg).iter(f"{_SVG}text")}
    assert anchors == {"0": "start", "2": "middle", "4": "end"}


def test_lines_reach_from_the_foot_to_the_scales_upper_edge() -> None:
    svg = lines("t", "w", ["1", "2"], [Line("a", "third", ((0, 0.0), (1, 8.0)))], Scale(8, "8"))
    ticks = {text.text: float(text.get("y", "")) - 4 for text in ET.fromstring(svg).iter(f"{_SVG}text")}
    dots = [float(dot.get("cy", "")) for dot in ET.fromstring(svg).iter(f"{_SVG}circle")]
    assert dots == [ticks["0"], ticks["8"]]


def test_names_are_never_markup() -> None:
    svgs = [
        bars(HOSTILE, HOSTILE, [Bar(HOSTILE, HOSTILE, (("after", 1.0),))], [("after", HOSTILE)]),
        columns(HOSTILE, HOSTILE, [Column(1, HOSTILE, HOSTILE)], Axis([(0, HOSTILE)], HOSTILE)),
        lines(HOSTILE, HOSTILE, [HOSTILE], [Line(HOSTILE, "after", ((0, 1.0),))], Scale(1, HOSTILE)),
    ]
    for svg in svgs:
        assert "script" not in {element.tag.removeprefix(_SVG) for element in ET.fromstring(svg).iter()}
        assert "\x1b" not in svg


@pytest.mark.parametrize("draw", [lambda: bars("t", "w", []), lambda: columns("t", "w", [], Axis([]))])
def test_nothing_is_a_picture_too(draw: object) -> None:
    assert callable(draw)
    assert ET.fromstring(draw()).tag == f"{_SVG}svg"


def test_a_long_name_keeps_its_beginning_and_more_of_its_end() -> None:
    name = "podcasts-and-radio-of-many-years/shard_00001"
    assert short(name, len(name)) == name
    assert short(name, 24) == "podcasts…ars/shard_00001"
    assert len(short(name, -5)) == 8


def test_a_name_and_its_figure_fit_the_width_together() -> None:
    svg = bars("t", "w", [Bar("n" * 200, "123,456 samples", (("after", 1.0),))])
    name, told = (str(text.text) for text in ET.fromstring(svg).iter(f"{_SVG}text"))
    assert len(name) + len(told) == LETTERS


def test_left_out_is_said_only_where_something_is() -> None:
    assert left_out(SHOWN_MOST, "source") == ""
    assert left_out(SHOWN_MOST + 1, "source") == "The 10 largest of 11 sources."


@given(st.floats(0, 9e11))
def test_few_takes_few_characters_and_is_near(count: float) -> None:
    written = few(count)
    assert len(written) <= 4
    unit = {"k": 1e3, "M": 1e6, "G": 1e9}.get(written[-1], 1.0)
    assert float(written.rstrip("kMG")) * unit == pytest.approx(count, rel=0.06, abs=0.06)


@pytest.mark.parametrize(
    ("share", "written"), [(0, "0.0 %"), (0.00004, "0.004 %"), (0.0999, "10.0 %"), (0.123, "12.3 %"), (1, "100.0 %")]
)
def test_a_small_share_is_not_nothing(share: float, written: str) -> None:
    assert per_cent(share) == written
