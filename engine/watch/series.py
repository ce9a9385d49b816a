"""Curves to look at: each metric of a run in a bounded number of points, whatever its length. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from engine.watch.records import Record

POINTS: Final = 4096
"""Kept for each metric: more than any screen or page has columns."""


@dataclass(frozen=True, slots=True)
class Point:
    """Some records in a row, as one point."""

    step: int
    """The last of them."""
    low: float
    high: float
    mean: float
    count: int = 1

    def with_next(self, other: Point) -> Point:
        """Return both as one."""
        count = self.count + other.count
        mean = self.mean + (other.mean - self.mean) * other.count / count
        return Point(other.step, min(self.low, other.low), max(self.high, other.high), mean, count)


class Series:
    """One metric over the steps; where it grows too long, neighbours are joined, lows and highs kept."""

    def __init__(self, points: int = POINTS) -> None:
        self._limit = points
        self._points: list[Point] = []
        self._join = 1
        self.not_finite: list[int] = []
        """Steps at which it was no number; the newest of them where there are many."""
        self.last: float | None = None
        """The newest value; None where it was no number."""

    def add(self, step: int, value: float) -> None:
        """Take the value at a step; a step that went back takes what stood from there on away."""
        self._cut(step)
        self.last = value if math.isfinite(value) else None
        if not math.isfinite(value):
            self.not_finite = [*self.not_finite[-self._limit :], step]
            return
        point = Point(step, value, value, value)
        if self._points and self._points[-1].count < self._join:
            self._points[-1] = self._points[-1].with_next(point)
        else:
            self._points.append(point)
        if len(self._points) > self._limit:
            self._halve()

    @property
    def points(self) -> tuple[Point, ...]:
        """All of it, in order."""
        return tuple(self._points)

    def between(self, first: int, last: int) -> Iterable[Point]:
        """Return the points of some steps."""
        return (point for point in self._points if first <= point.step <= last)

    def _cut(self, step: int) -> None:
        while self._points and self._points[-1].step >= step:
            self._points.pop()
        while self.not_finite and self.not_finite[-1] >= step:
            self.not_finite.pop()

    def _halve(self) -> None:
        self._join *= 2
        pairs = zip(self._points[::2], self._points[1::2], strict=False)
        joined = [first.with_next(second) for first, second in pairs]
        self._points = joined + self._points[2 * len(joined) :]


class Board:
    """All curves of one run, and where it was started again."""

    def __init__(self) -> None:
        self.metrics: dict[str, Series] = {}
        self.resumes: list[int] = []
        """The first step after each resume."""
        self.newest: Record | None = None
        self.steps: int | None = None
        """The highest step that was seen."""
        self.records = 0
        self.logged_steps = 0
        """How many steps were logged; one that a resume repeats counts once."""

    def add(self, record: Record) -> None:
        """Take a record."""
        if self.newest is not None and record.segment != self.newest.segment:
            self.resumes.append(record.step)
        self.newest = record
        self.records += 1
        if self.steps is None or record.step > self.steps:
            self.steps = record.step
            self.logged_steps += 1
        for name, value in record.values.items():
            self.metrics.setdefault(name, Series()).add(record.step, value)
