"""Curves in braille: the band of what was logged, a smoothed line through it, marks for what happened. Pure.

A cell holds two by four dots, so that 70 columns show 140 places; each shows the lowest and the highest of its share,
so that no spike is lost, whatever the length of the run.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from app.console.training.seen import CurveSeen
from engine.watch.series import Point

_DOTS: Final = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BLANK: Final = 0x2800
_SMOOTHED_OVER: Final = 20
"""The line is a median over this part of what is in sight: one spike does not bend it, a turn does."""
_FAR: Final = 3.0
"""Where the highest lies so many times farther up than all but a fiftieth, it is cut off and marked: a first loss of
10,000 would flatten all the rest."""
_FEW: Final = 50
_FLATTEST: Final = 1e-3
"""A range is at least this share of its values: rounding is not drawn as noise."""


class Kind(StrEnum):
    """What a cell shows; the widget knows its colour."""

    NOTHING = ""
    BAND = "band"
    LINE = "line"
    OTHER = "other"
    """The line of the run that is compared."""
    EVAL = "eval"
    RESUME = "resume"
    NOT_FINITE = "nan"
    CUT = "cut"
    AXIS = "axis"


Cell = tuple[str, Kind]


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be drawn."""

    curve: CurveSeen
    other: CurveSeen | None = None
    evals: CurveSeen | None = None
    resumes: tuple[int, ...] = ()
    log: bool = False
    zoom: int = 0
    """The newest 1/2, 1/4, … of the steps."""


@dataclass(frozen=True, slots=True)
class Range:
    """What is in sight."""

    first: int
    last: int
    low: float
    high: float
    is_log: bool = False
    cut: int = 0
    """Points above the top."""

    def column(self, step: float, width: int) -> int:
        """Return the place of a step among ``width``."""
        span = self.last - self.first
        return round((step - self.first) / span * (width - 1)) if span else width - 1

    def row(self, value: float, height: int) -> int:
        """Return the place of a value among ``height``, 0 at the bottom; what is beyond is put at the edge."""
        span = self.high - self.low
        at = (self.up(value) - self.low) / span if span else 0.5
        return max(0, min(height - 1, round(at * (height - 1))))

    def up(self, value: float) -> float:
        """Return a value as the axis has it."""
        return math.log10(value) if self.is_log else value

    def value(self, share: float) -> float:
        """Return the value at a share of the height."""
        at = self.low + (self.high - self.low) * share
        return float(10**at) if self.is_log else at


def range_of(picture: Picture) -> Range | None:
    """Find what is in sight; None where there is nothing to draw."""
    curves = [curve for curve in (picture.curve, picture.other) if curve is not None]
    steps = [step for curve in curves for step in _ends(curve)]
    if not steps:
        return None
    first, last = min(steps), max(steps)
    first = last - ((last - first) >> picture.zoom)
    inside = [point for curve in curves for point in curve.points if point.step >= first]
    evals = [point for point in picture.evals.points if point.step >= first] if picture.evals else []
    is_log = picture.log and all(point.low > 0 for point in (*inside, *evals))
    values = sorted(value for point in (*inside, *evals) for value in (point.low, point.high))
    if not values:
        return Range(first, last, 0.0, 1.0)
    low, high, cut = values[0], values[-1], 0
    usual = values[len(values) - 1 - len(values) // _FEW]
    if not is_log and high - low > _FAR * (usual - low) > 0:
        high = usual + 0.25 * (usual - low)
        cut = sum(point.high > high for point in inside)
    if is_log:
        low, high = math.log10(low), math.log10(high)
    least = _FLATTEST * max(abs(low), abs(high), 1e-12)
    if high - low < least:
        low, high = (low + high - least) / 2, (low + high + least) / 2
    return Range(first, last, low, high, is_log, cut)


def _ends(curve: CurveSeen) -> Iterator[int]:
    for steps in ([point.step for point in curve.points], curve.not_finite):
        if steps:
            yield min(steps)
            yield max(steps)


_DASH: Final = 4
"""Columns of dots that a dash of the other curve is long: colour alone does not tell two curves apart."""


@dataclass(slots=True)
class Canvas:
    """Dots in cells, in layers: what is drawn above hides what is below."""

    width: int
    height: int
    layers: dict[Kind, dict[tuple[int, int], int]] = field(default_factory=dict)
    glyphs: dict[tuple[int, int], Cell] = field(default_factory=dict)

    def dot(self, kind: Kind, column: int, row: int) -> None:
        """Set a dot; row 0 is at the bottom."""
        at = (self.height - 1 - row // 4, column // 2)
        layer = self.layers.setdefault(kind, {})
        layer[at] = layer.get(at, 0) | _DOTS[column % 2][3 - row % 4]

    def cells(self, y: int) -> list[Cell]:
        """Return one line."""
        return [self._cell(y, x) for x in range(self.width)]

    def _cell(self, y: int, x: int) -> Cell:
        glyph = self.glyphs.get((y, x))
        if glyph is not None and glyph[1] is not Kind.RESUME:
            return glyph
        for kind in (Kind.LINE, Kind.OTHER, Kind.BAND):
            bits = self.layers.get(kind, {}).get((y, x))
            if bits:
                return chr(_BLANK | bits), kind
        return glyph or (" ", Kind.NOTHING)


def draw(picture: Picture, seen: Range, width: int, height: int) -> Canvas:
    """Draw on ``width`` by ``height`` cells."""
    canvas = Canvas(width, height)
    _draw_band(canvas, picture.curve, seen)
    _draw_line(canvas, picture.curve, seen, Kind.LINE)
    if picture.other is not None:
        _draw_line(canvas, picture.other, seen, Kind.OTHER)
    for step in picture.resumes:
        if seen.first <= step <= seen.last:
            for y in range(height):
                canvas.glyphs[y, seen.column(step, width)] = ("┊", Kind.RESUME)
    for point in picture.evals.points if picture.evals is not None else ():
        if seen.first <= point.step <= seen.last:
            row = seen.row(point.mean, height)
            canvas.glyphs[height - 1 - row, seen.column(point.step, width)] = ("◆", Kind.EVAL)
    if seen.cut:
        for point in picture.curve.points:
            if point.step >= seen.first and point.high > seen.high:
                canvas.glyphs[0, seen.column(point.step, width)] = ("▲", Kind.CUT)
    return canvas


@dataclass(frozen=True, slots=True)
class Column:
    """What falls on one column of dots."""

    at: int
    low: float
    high: float
    mean: float
    after_gap: bool


def columns(curve: CurveSeen, seen: Range, width: int) -> list[Column]:
    """Gather points that fall on one column of dots."""
    gathered: dict[int, Point] = {}
    gaps: set[int] = set()
    bad = iter(step for step in curve.not_finite if step >= seen.first)
    gap = next(bad, None)
    for point in curve.points:
        if point.step < seen.first or (seen.is_log and point.low <= 0):
            continue
        at = seen.column(point.step, width)
        while gap is not None and gap <= point.step:
            gaps.add(at)
            gap = next(bad, None)
        gathered[at] = gathered[at].with_next(point) if at in gathered else point
    return [Column(at, one.low, one.high, one.mean, at in gaps) for at, one in sorted(gathered.items())]


def _draw_band(canvas: Canvas, curve: CurveSeen, seen: Range) -> None:
    tall = canvas.height * 4
    before: tuple[int, int, int] | None = None
    for column in columns(curve, seen, canvas.width * 2):
        low, high = seen.row(column.low, tall), seen.row(column.high, tall)
        from_, to = low, high
        if before is not None and before[0] == column.at - 1 and not column.after_gap:  # they touch, as a line would
            from_, to = min(low, before[2]), max(high, before[1])
        for row in range(from_, to + 1):
            canvas.dot(Kind.BAND, column.at, row)
        before = (column.at, low, high)


def _draw_line(canvas: Canvas, curve: CurveSeen, seen: Range, kind: Kind) -> None:
    found = columns(curve, seen, canvas.width * 2)
    tall = canvas.height * 4
    before: tuple[int, int] | None = None
    for column, value in zip(found, smoothed([column.mean for column in found]), strict=True):
        at = (column.at, seen.row(value, tall))
        for x, y in _between(at if before is None or column.after_gap else before, at):
            if kind is not Kind.OTHER or x // _DASH % 2 == 0:
                canvas.dot(kind, x, y)
        before = at


def smoothed(values: Sequence[float]) -> list[float]:
    """Return running medians: a spike does not bend the line, a turn does, and it lags behind nothing.

    At the start the window grows to both sides alike, for a loss falls steeply there; at the end it looks back.
    """
    half = len(values) // (2 * _SMOOTHED_OVER)
    if not half:
        return list(values)
    return [statistics.median(values[max(0, at - half) : at + 1 + min(half, at)]) for at in range(len(values))]


def _between(start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Yield the dots of a straight line."""
    length = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    for at in range(length + 1):
        share = at / length if length else 0.0
        yield round(start[0] + (end[0] - start[0]) * share), round(start[1] + (end[1] - start[1]) * share)


def axis(picture: Picture, seen: Range, width: int) -> list[Cell]:
    """Draw the line below: steps at which the loss was no number, and where the run was started again."""
    cells: list[Cell] = [("─", Kind.AXIS)] * width
    for step in picture.resumes:
        if seen.first <= step <= seen.last:
            cells[seen.column(step, width)] = ("┴", Kind.RESUME)
    for step in picture.other.not_finite if picture.other is not None else ():
        if seen.first <= step <= seen.last:
            cells[seen.column(step, width)] = ("x", Kind.OTHER)
    for step in picture.curve.not_finite:
        if seen.first <= step <= seen.last:
            cells[seen.column(step, width)] = ("✗", Kind.NOT_FINITE)
    return cells


def spark(values: Sequence[float], width: int) -> str:
    """Draw values as one line of blocks from the lowest to the highest."""
    if not values or width < 1:
        return ""
    shares = [values[at * len(values) // width] for at in range(width)] if len(values) > width else list(values)
    low, high = min(shares), max(shares)
    span = high - low
    return "".join("▁▂▃▄▅▆▇█"[round((value - low) / span * 7) if span > 0 else 3] for value in shares)
