"""A run in pictures: throughput, progress against plan, workers, the slowest shards. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.run_history import Done, History
from app.run_told import Told
from engine.page.bars import SHOWN_MOST, Bar, bars
from engine.page.over_time import Scale, Series, Span, nice_top, over_time, stepped
from engine.page.svg import Plot
from engine.units import counted, show_bytes, show_seconds

BINS: Final = 60
"""Of throughput: about five units of the picture each, so that a bin can be told from its neighbour."""
POINTS_MOST: Final = 240
"""Of a line: more than the picture's eye can part."""
SPANS_MOST: Final = 100
"""Pauses in a picture; the longest of more."""
_MB: Final = 1e6
_FAR: Final = 3.0
"""A budget or a forecast further away than so many times what the run took would press its line to the edge."""


@dataclass(frozen=True, slots=True)
class Course:
    """What a run's pictures show beside its history."""

    end_s: float
    """Of the run, or now."""
    to_do: int
    """Shards that it was to settle; 0 where nobody said."""
    budget_s: float | None = None
    eta_s: float | None = None
    """Of a run under way: how long it still takes."""
    is_under_way: bool = False
    of: str = ""
    """The step of a window that it is; "" for a run of its own."""

    @property
    def shown_s(self) -> float:
        """How far to the right the picture of the progress goes."""
        end_s = max(self.end_s, 1e-3)
        most_s = _FAR * end_s
        forecast_s = 0.0 if self.eta_s is None else min(self.end_s + self.eta_s, most_s)
        budget_s = self.budget_s if self.budget_s is not None and self.budget_s <= most_s else 0.0
        return max(end_s, forecast_s, budget_s)


def course_of(told: Told, step: str = "") -> Course:
    """Return what the pictures of a run go by; ``step`` is that of the window that it is a part of."""
    planned, snapshot = told.history.view.planned, told.snapshot
    return Course(
        end_s=told.end_s,
        to_do=planned.to_do if planned is not None else 0,
        budget_s=told.budget_s,
        eta_s=None if snapshot is None else snapshot.eta_s,
        is_under_way=told.alive,
        of=step,
    )


def plots_of(history: History, course: Course) -> tuple[Plot, ...]:
    """Draw what there is to draw of a run."""
    plots = []
    if any(one.bytes_in for one in history.done):
        plots.append(_throughput(history, course))
    if len(history.settled_s) > 1:
        plots.append(_progress(history, course))
    if history.workers and history.settled_s:
        plots.append(_workers(history, course))
    if history.done:
        plots.append(_slowest(history.done, course))
    return tuple(plots)


def rates(done: Sequence[Done], end_s: float, bins: int = BINS) -> list[float]:
    """Return the bytes of originals a second in each of ``bins`` equal parts of the time until ``end_s``.

    A shard's bytes are shared out over the time that it took, since one is often longer than a bin.
    """
    width = end_s / bins
    held = [0.0] * bins
    for one in done:
        start = max(0.0, one.at_s - one.seconds)
        took = max(one.at_s - start, 1e-9)
        first, last = (min(bins - 1, max(0, int(at_s / width))) for at_s in (start, one.at_s))
        if first == last:
            held[first] += one.bytes_in
            continue
        for at in range(first, last + 1):
            part = min(one.at_s, (at + 1) * width) - max(start, at * width)
            held[at] += one.bytes_in * max(0.0, part) / took
    return [value / width for value in held]


def _throughput(history: History, course: Course) -> Plot:
    title = _titled("Throughput, MB/s of originals", course)
    end_s = max(course.end_s, 1e-3)
    found = rates(history.done, end_s)
    width = end_s / len(found)
    points = stepped([(at * width, rate) for at, rate in enumerate(found)], end_s)
    top = nice_top(max(found) / _MB) * _MB
    scale = Scale(top, f"{top / 2 / _MB:,g}", f"{top / _MB:,g}")
    mean = sum(one.bytes_in for one in history.done) / end_s
    series = [
        Series("rate", "after", points, is_area=True),
        Series("mean", "second", ((0.0, mean), (end_s, mean)), is_dashed=True),
    ]
    what = "Bytes of originals a second over the time of the run; pauses are marked."
    svg = over_time(title, what, series, scale, end_s=end_s, spans=_spans(history, end_s), marked="paused")
    note = f"Mean {show_bytes(mean)}/s; each step of the line is {_took(width)}."
    return Plot(title, svg, note + (" Shards in hand are not in it yet." if course.is_under_way else ""))


def _progress(history: History, course: Course) -> Plot:
    title = _titled("Shards settled, against plan", course)
    shown_s, total = course.shown_s, max(course.to_do, len(history.settled_s))
    settled = history.settled_s
    points = stepped(_thinned([(0.0, 0.0), *((at_s, at + 1.0) for at, at_s in enumerate(settled))]), course.end_s)
    series = [Series("settled", "after", points)]
    if course.budget_s is not None:
        series.append(Series("by budget", "third", _towards(0, 0, course.budget_s, total, shown_s), is_dashed=True))
    if course.eta_s is not None:
        ends_s = course.end_s + course.eta_s
        line = _towards(course.end_s, len(settled), ends_s, total, shown_s)
        series.append(Series("forecast", "second", line, is_dashed=True))
    elif course.budget_s is None:
        series.append(Series("even pace", "before", ((0.0, 0.0), (course.end_s, total)), is_dashed=True))
    scale = Scale(max(total, 1), _half(total), f"{total:,}")
    what = "Shards that are over with, over the time of the run; pauses are marked."
    spans = _spans(history, course.end_s)
    svg = over_time(title, what, series, scale, end_s=shown_s, spans=spans, marked="paused")
    beyond = course.budget_s is not None and course.budget_s > shown_s
    note = f"The budget is {show_seconds(course.budget_s or 0)}, far to the right of this." if beyond else ""
    return Plot(title, svg, note)


def _towards(from_s: float, start: float, to_s: float, goal: float, shown_s: float) -> tuple[tuple[float, float], ...]:
    """Return a straight line from one point towards another, as far as the picture goes."""
    if to_s <= from_s:
        return ((from_s, start), (from_s, goal))
    end_s = min(to_s, shown_s)
    return ((from_s, start), (end_s, start + (goal - start) * (end_s - from_s) / (to_s - from_s)))


def _workers(history: History, course: Course) -> Plot:
    title = _titled("Workers", course)
    end_s = max(course.end_s, 1e-3)
    points = _thinned([(one.at_s, float(one.count)) for one in history.workers])
    most = max(one.count for one in history.workers)
    scale = Scale(max(most, 1), _half(most), f"{most:,}")
    series = [Series("wanted", "after", stepped(points, end_s), is_area=True)]
    what = "Worker processes that there were to be, over the time of the run; pauses are marked."
    svg = over_time(title, what, series, scale, end_s=end_s, spans=_spans(history, end_s), marked="paused")
    changes = len(history.workers) - 1
    told = [counted(changes, "change")] if changes else ["The number never changed"]
    told += [f"{counted(len(history.lost), 'worker')} lost"] if history.lost else []
    return Plot(title, svg, f"{', '.join(told)}.")


def _slowest(done: Sequence[Done], course: Course) -> Plot:
    title = _titled("The slowest shards", course)
    longest = sorted(done, key=lambda one: -one.seconds)
    rows = [
        Bar(one.shard, f"{_took(one.seconds)}{_pace(one)}", (("after", one.seconds),)) for one in longest[:SHOWN_MOST]
    ]
    middle = longest[len(longest) // 2].seconds
    told = "A bar for each shard, the longest first, with the time that it took and its pace."
    return Plot(title, bars(title, told, rows), f"Half of {counted(len(done), 'shard')} took {_took(middle)} or less.")


def _pace(one: Done) -> str:
    return f", {show_bytes(one.bytes_in / one.seconds)}/s" if one.bytes_in and one.seconds else ""


def _took(seconds: float) -> str:
    if seconds < 0.1:
        return f"{seconds * 1000:.2g} ms"
    return f"{seconds:.2f} s" if seconds < 10 else show_seconds(seconds)


def _spans(history: History, end_s: float) -> list[Span]:
    """Return the pauses as the pictures mark them."""
    found = []
    for pause in history.pauses:
        until = end_s if pause.end_s is None else pause.end_s
        length = show_seconds(until - pause.start_s)
        found.append(Span(pause.start_s, until, f"paused for {length}: {pause.why}: {pause.detail}"))
    return sorted(found, key=lambda span: span.start_s - span.end_s)[:SPANS_MOST]


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the point that held at each of :data:`POINTS_MOST` moments, evenly apart, and the last of all."""
    if len(points) <= POINTS_MOST:
        return list(points)
    start, end = points[0][0], points[-1][0]
    times = [at_s for at_s, _ in points]
    edges = [start + (end - start) * at / POINTS_MOST for at in range(POINTS_MOST + 1)]
    kept = sorted({bisect_right(times, edge) - 1 for edge in edges[:-1]} | {len(points) - 1})
    return [points[at] for at in kept if at >= 0]


def _half(most: int) -> str:
    """Write half of a count; nothing where there is no such count."""
    return "" if most % 2 else f"{most // 2:,}"


def _titled(title: str, course: Course) -> str:
    """Name a picture; no two of a page bear one name."""
    return f"{course.of}: {title[0].lower()}{title[1:]}" if course.of else title
