"""Lines, areas and marked spans over time. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from engine.page.clock import Clock
from engine.page.svg import FOOT, HEIGHT, LEGEND, TOP, WIDTH, legend, picture, rect
from engine.run.markup import html_text

LEFT: Final = 58
"""Room for the scale's figures."""
_ROUND: Final = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)
"""Each of them has a half that can be read as well."""
_THIN: Final = 1.5
"""A span that is too short to be seen is drawn so wide."""


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time."""

    name: str
    style: str
    points: tuple[tuple[float, float], ...]
    """Seconds and value, in order."""
    is_area: bool = False
    """What lies under it is filled."""
    is_dashed: bool = False
    """It is planned or reckoned, and was not measured."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time that is marked over the whole height."""

    start_s: float
    end_s: float
    what: str
    """Shown where the pointer rests on it."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The upright scale, from 0 on."""

    top: float
    middle_told: str
    top_told: str


def nice_top(most: float) -> float:
    """Return the least round number that is no less than ``most``: 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, …; 1 for 0."""
    if most <= 0 or not math.isfinite(most):
        return 1.0
    size = 10.0 ** math.floor(math.log10(most))
    return next(size * step for step in _ROUND if most <= size * step * (1 + 1e-9))


def stepped(points: Sequence[tuple[float, float]], end_s: float) -> tuple[tuple[float, float], ...]:
    """Return the corners of a line that keeps each value until the next one comes."""
    corners: list[tuple[float, float]] = []
    for at_s, value in points:
        if corners:
            corners.append((at_s, corners[-1][1]))
        corners.append((at_s, value))
    return (*corners, (end_s, corners[-1][1])) if corners else ()


def over_time(
    title: str,
    what: str,
    series: Sequence[Series],
    scale: Scale,
    *,
    end_s: float,
    spans: Sequence[Span] = (),
    marked: str = "",
) -> str:
    """Draw values over time.

    Args:
        title: of the picture.
        what: tells in words what is seen.
        series: the values; each is named above in its colour. Points after ``end_s`` are left out.
        scale: of the values.
        end_s: of the time shown, which begins at 0.
        spans: times that are marked.
        marked: what the spans are, for the legend.
    """
    clock, top = Clock(end_s, LEFT), LEGEND + TOP
    base = top + HEIGHT
    named = [(one.style, one.name) for one in series] + ([("hold", marked)] if spans else [])
    drawn = [*_upright(scale, top, base), *clock.under(base, top)]
    for span in spans:
        left, right = clock.place(span.start_s), clock.place(span.end_s)
        drawn.append(rect("hold", min(left, WIDTH - _THIN), top, max(right - left, _THIN), HEIGHT, what=span.what))
    for one in series:
        drawn += _line(one, clock, scale, base)
    return picture(title, what, base + FOOT, [*legend(named), *drawn])


def _upright(scale: Scale, top: float, base: float) -> Iterator[str]:
    for told, down in ((scale.top_told, top), (scale.middle_told, (top + base) / 2), ("0", base)):
        if down != base:
            yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{down:g}" y2="{down:g}"/>'
        yield f'<text class="quiet" x="{LEFT - 6}" y="{down + 4:g}" text-anchor="end">{html_text(told)}</text>'


def _line(one: Series, clock: Clock, scale: Scale, base: float) -> Iterator[str]:
    shown = [point for point in one.points if point[0] <= clock.end_s * (1 + 1e-9)]
    if not shown:
        return
    places = [(clock.place(at_s), base - min(1.0, value / scale.top) * HEIGHT) for at_s, value in shown]
    told = " ".join(f"{across:.1f},{down:.1f}" for across, down in places)
    if one.is_area:
        edges = f"{places[0][0]:.1f},{base:g} {told} {places[-1][0]:.1f},{base:g}"
        yield f'<polygon class="area {one.style}" points="{edges}"/>'
    yield f'<polyline class="line {one.style}{" dashed" if one.is_dashed else ""}" points="{told}"/>'
