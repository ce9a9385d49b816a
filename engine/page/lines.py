"""Lines over positions that are evenly apart. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.page.svg import FOOT, HEIGHT, LEGEND, TOP, WIDTH, legend, picture
from engine.run.markup import html_text

_LEFT: Final = 54
"""Room for the scale's figures."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The upper edge of a picture of lines; the lower edge is 0."""

    top: float
    told: str


@dataclass(frozen=True, slots=True)
class Line:
    """Values over the positions of the picture."""

    name: str
    style: str
    points: tuple[tuple[int, float], ...]
    """Position and value."""


def lines(title: str, what: str, names: Sequence[str], series: Sequence[Line], scale: Scale) -> str:
    """Draw lines.

    Args:
        title: of the picture.
        what: tells in words what is seen.
        names: what stands under each position.
        series: the lines; each is named above in its colour.
        scale: of the values.
    """
    base, wide = LEGEND + TOP + HEIGHT, WIDTH - _LEFT - 12
    step = wide / max(len(names) - 1, 1)

    def place(at: int, value: float) -> tuple[float, float]:
        return _LEFT + at * step, base - value / (scale.top or 1) * HEIGHT

    drawn = [
        f'<line class="axis" x1="{_LEFT - 6}" x2="{WIDTH}" y1="{base}" y2="{base}"/>',
        f'<text x="{_LEFT - 10}" y="{base - HEIGHT + 4}" text-anchor="end">{html_text(scale.told)}</text>',
        f'<text x="{_LEFT - 10}" y="{base + 4}" text-anchor="end">0</text>',
    ]
    for at, name in enumerate(names):
        across, _ = place(at, 0)
        drawn.append(f'<text x="{across:.1f}" y="{base + 15}" text-anchor="middle">{html_text(name)}</text>')
    for line in series:
        points = [place(*point) for point in line.points]
        told = " ".join(f"{across:.1f},{down:.1f}" for across, down in points)
        drawn.append(f'<polyline class="line {line.style}" points="{told}"/>')
        drawn += [f'<circle class="{line.style}" cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>' for x, y in points]
    drawn += legend([(line.style, line.name) for line in series])
    return picture(title, what, base + FOOT, drawn)
