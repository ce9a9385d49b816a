"""A verdict's pictures as inline SVG: the loss over steps, and cost by week against the plan and the budget. Pure.

Colours come from the page's style sheet, so that they follow its light or dark scheme; every figure is in words too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from engine.run.markup import html_text
from engine.watch.money.amounts import show_usd
from engine.watch.money.projection import WeekRow

WIDTH: Final = 360
"""Units across: about a phone's pixels, so that letters are about as large as those of the text."""
_HEIGHT: Final = 150
_TOP: Final = 18
_FOOT: Final = 18
_LEFT: Final = 40
_MOST_POINTS: Final = 180
"""Pairs of lowest and highest value across: two a unit show all that the width can."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Values over steps."""

    name: str
    points: tuple[tuple[int, float], ...]
    """Step and value, in the order of steps; what is not finite is left out of the line and counted."""


@dataclass(frozen=True, slots=True)
class Plot:
    """One picture, and the sentence under it."""

    title: str
    svg: str
    note: str


def plot_curve(curve: Curve) -> Plot:
    """Draw values over steps, as a line through the lowest and highest value of each stretch."""
    finite = [point for point in curve.points if math.isfinite(point[1])]
    lost = len(curve.points) - len(finite)
    title = f"{curve.name} over steps"
    if not finite:
        return Plot(title, "", "There is no value to draw.")
    low, high = min(value for _, value in finite), max(value for _, value in finite)
    first, last = finite[0][0], max(step for step, _ in finite)
    wide, tall = max(last - first, 1), (high - low) or 1.0

    def place(step: int, value: float) -> str:
        across = _LEFT + (step - first) / wide * (WIDTH - _LEFT)
        return f"{across:.1f},{_TOP + (high - value) / tall * _HEIGHT:.1f}"

    line = " ".join(place(step, value) for step, value in _thinned(finite))
    base = _TOP + _HEIGHT
    parts = [
        f'<polyline class="curve" points="{line}"/>',
        f'<line class="axis" x1="{_LEFT}" x2="{WIDTH}" y1="{base}" y2="{base}"/>',
        f'<text x="{_LEFT - 4}" y="{_TOP + 4}" text-anchor="end">{high:.4g}</text>',
        f'<text x="{_LEFT - 4}" y="{base}" text-anchor="end">{low:.4g}</text>',
        f'<text x="{_LEFT}" y="{base + 14}">{first:,}</text>',
        f'<text x="{WIDTH}" y="{base + 14}" text-anchor="end">step {last:,}</text>',
    ]
    told = f"From {finite[0][1]:.4g} to {finite[-1][1]:.4g}, lowest {low:.4g}, over {len(finite):,} values."
    told += f" {lost:,} more are no numbers (NaN or infinite)." if lost else ""
    return Plot(title, _svg(title, base + _FOOT, parts), told)


def plot_weeks(weeks: Sequence[WeekRow], budget_usd: Decimal) -> Plot:
    """Draw what was spent by the end of each week beside what was planned, under the budget's line."""
    title = "Cost by week, against the plan"
    if not weeks:
        return Plot(title, "", "There is no plan.")
    most = float(max([budget_usd, *(max(row.planned_usd, row.spent_usd or Decimal(0)) for row in weeks)])) or 1.0
    step, base = WIDTH / len(weeks), _TOP + _HEIGHT
    parts = []
    for at, row in enumerate(weeks):
        bars = [("before", row.planned_usd, f"planned {show_usd(row.planned_usd)}")]
        bars += [] if row.spent_usd is None else [("after", row.spent_usd, f"spent {show_usd(row.spent_usd)}")]
        for beside, (style, usd, told) in enumerate(bars):
            tall = float(usd) / most * _HEIGHT
            place = f'x="{at * step + 3 + beside * (step - 6) / 2:.1f}" y="{base - tall:.1f}"'
            size = f'width="{(step - 6) / 2:.1f}" height="{tall:.1f}"'
            parts.append(f'<rect class="{style}" {place} {size}><title>week {row.week}: {told}</title></rect>')
        middle = (at + 0.5) * step
        parts.append(f'<text x="{middle:.1f}" y="{base + 14}" text-anchor="middle">{row.week}</text>')
    edge = base - float(budget_usd) / most * _HEIGHT
    parts.append(f'<line class="limit" x1="0" x2="{WIDTH}" y1="{edge:.1f}" y2="{edge:.1f}"/>')
    parts.append(f'<text x="0" y="{edge - 4:.1f}">budget {show_usd(budget_usd)}</text>')
    parts.append(f'<line class="axis" x1="0" x2="{WIDTH}" y1="{base}" y2="{base}"/>')
    spent = [row for row in weeks if row.spent_usd is not None]
    note = f"Planned {show_usd(weeks[-1].planned_usd)} by week {weeks[-1].week}"
    if spent and spent[-1].spent_usd is not None:
        note += f"; spent {show_usd(spent[-1].spent_usd)} by week {spent[-1].week}"
    return Plot(title, _svg(title, base + _FOOT, parts), f"{note}. Grey is the plan.")


def _thinned(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Keep the lowest and the highest value of each stretch, so that no spike is lost."""
    if len(points) <= 2 * _MOST_POINTS:
        return list(points)
    kept = []
    for at in range(_MOST_POINTS):
        stretch = points[at * len(points) // _MOST_POINTS : (at + 1) * len(points) // _MOST_POINTS]
        kept += sorted({min(stretch, key=lambda one: one[1]), max(stretch, key=lambda one: one[1])})
    return kept


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{html_text(title)}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )
