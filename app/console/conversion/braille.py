"""Curves of bands in braille: of each column of dots the lowest and the highest, so that no spike is lost. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import groupby
from typing import Final

from app.console.conversion.history import Bucket, History
from app.console.look import inks
from app.console.pane import Part

_DOTS: Final = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BLANK: Final = 0x2800
_DOTTED: Final = 4
"""Columns of dots from one dot of a forecast to the next."""


class Layer(IntEnum):
    """What a cell shows; the least number is seen where several meet."""

    FLOOR = 0
    CURVE = 1
    FORECAST = 2


INKS: Final = {Layer.FLOOR: inks.BAD, Layer.CURVE: inks.ACTIVE, Layer.FORECAST: inks.PLAIN}


@dataclass(frozen=True, slots=True)
class Axes:
    """What is in sight: times from the beginning of the run in seconds, values from the lowest to the highest."""

    from_s: float
    to_s: float
    low: float
    high: float

    def column(self, at_s: float, width: int) -> int:
        """Return the column of a time among ``width``."""
        span = self.to_s - self.from_s
        share = (at_s - self.from_s) / span if span > 0 else 1.0
        return max(0, min(width - 1, int(share * width)))

    def row(self, value: float, height: int) -> int:
        """Return the row of a value among ``height``, 0 at the bottom."""
        span = self.high - self.low
        share = (value - self.low) / span if span > 0 else 0.5
        return max(0, min(height - 1, round(share * (height - 1))))


@dataclass(slots=True)
class Canvas:
    """Dots in cells."""

    width: int
    """In cells, of two columns of dots each."""
    height: int
    """In cells, of four rows of dots each."""
    bits: dict[tuple[int, int], int] = field(default_factory=dict)
    layers: dict[tuple[int, int], Layer] = field(default_factory=dict)

    @property
    def dots(self) -> tuple[int, int]:
        """Columns and rows of dots."""
        return self.width * 2, self.height * 4

    def dot(self, layer: Layer, column: int, row: int) -> None:
        """Set a dot; row 0 is at the bottom."""
        at = (self.height - 1 - row // 4, column // 2)
        self.bits[at] = self.bits.get(at, 0) | _DOTS[column % 2][3 - row % 4]
        self.layers[at] = min(layer, self.layers.get(at, layer))

    def line(self, y: int) -> list[Part]:
        """Return one line of cells."""
        cells = [(self.bits.get((y, x), 0), self.layers.get((y, x), Layer.CURVE)) for x in range(self.width)]
        runs = groupby(cells, key=lambda cell: cell[1])
        return [("".join(chr(_BLANK | bits) for bits, _ in run), INKS[layer]) for layer, run in runs]


def columns(history: History, axes: Axes, width: int) -> list[tuple[int, Bucket]]:
    """Gather what falls on one column of dots."""
    found: dict[int, Bucket] = {}
    for at_s, bucket in history:
        if at_s + history.step_s < axes.from_s or (bucket.is_empty and not bucket.broken):
            continue
        at = axes.column(at_s, width)
        found[at] = found[at].with_next(bucket) if at in found else bucket
    return sorted(found.items())


def draw_band(canvas: Canvas, history: History, axes: Axes) -> None:
    """Draw from the lowest to the highest of each column; columns are joined, but not over a gap."""
    width, height = canvas.dots
    before: tuple[int, int, int] | None = None
    for at, bucket in columns(history, axes, width):
        if bucket.broken:
            before = None
        if bucket.is_empty:
            continue
        low, high = axes.row(bucket.low, height), axes.row(bucket.high, height)
        if before is None:
            before = (at, low, high)
        _join(canvas, before, (at, low, high))
        before = (at, low, high)


def _join(canvas: Canvas, before: tuple[int, int, int], now: tuple[int, int, int]) -> None:
    """Draw a column so that it touches the one before; what lies between was not measured, and is as it was before."""
    left, low_before, high_before = before
    at, low, high = now
    for column in range(left + 1, at):
        for row in range(low_before, high_before + 1):
            canvas.dot(Layer.CURVE, column, row)
    for row in range(min(low, high_before), max(high, low_before) + 1):
        canvas.dot(Layer.CURVE, at, row)


def draw_level(canvas: Canvas, layer: Layer, axes: Axes, value: float) -> None:
    """Draw one value over all the width."""
    width, height = canvas.dots
    for column in range(width):
        canvas.dot(layer, column, axes.row(value, height))


def draw_forecast(canvas: Canvas, axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a straight line of single dots from one time and value to another."""
    width, height = canvas.dots
    first, last = axes.column(start[0], width), axes.column(end[0], width)
    for column in range(first + 1, last + 1):
        if (column - first) % _DOTTED == 0:
            share = (column - first) / (last - first)
            canvas.dot(Layer.FORECAST, column, axes.row(start[1] + (end[1] - start[1]) * share, height))


def spread(values: Iterable[float], *, least: float = 0.0) -> tuple[float, float]:
    """Return the lowest and the highest of some values, and never a range of nothing."""
    found = list(values)
    low, high = min(found, default=0.0), max(found, default=1.0)
    wanted = max(least, 1e-3 * max(abs(low), abs(high)), 1e-9)
    return (low, high) if high - low >= wanted else (low, low + wanted)
