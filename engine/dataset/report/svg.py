"""Pictures as inline SVG: bars, columns and lines, readable on a phone and by a screen reader. Pure.

Colours come from the page's style sheet, so that they follow its light or dark scheme; every figure is in words too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.errors import printable
from engine.run.markup import html_text

WIDTH: Final = 360
"""Units across: about a phone's pixels, so that letters are about as large as those of the text."""
_ROW, _BAR, _LABEL = 38, 14, 13
_HEIGHT, _TOP, _FOOT, _LEFT = 150, 10, 22, 54
_LEGEND: Final = 24
"""What the names of series take above a picture."""
_THIN: Final = 1.5
"""Width of what is there and too little to be seen otherwise: fifty hours of twenty thousand."""
_NAME_MOST: Final = 34
"""Characters of a label that leave room for its figure."""
STYLES: Final = ("after", "second", "third", "before")
"""Of the style sheet, in the order in which series take them."""


@dataclass(frozen=True, slots=True)
class Plot:
    """One picture, or the sentence that stands in its place."""

    title: str
    svg: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, of one or more parts; each part has a style and a value."""

    name: str
    told: str
    parts: tuple[tuple[str, float], ...]

    @property
    def value(self) -> float:
        """Of all parts together."""
        return sum(value for _, value in self.parts)


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


def bars(title: str, what: str, rows: Sequence[Bar], parts: Sequence[tuple[str, str]] = ()) -> str:
    """Draw bars from the left, each under its name and figure.

    Args:
        title: of the picture.
        what: tells in words what is seen.
        rows: the bars.
        parts: the style and the name of each part that a bar may have.
    """
    most = max((row.value for row in rows), default=0) or 1
    drawn, above = legend(parts), _LEGEND if parts else 0
    for at, row in enumerate(rows):
        top = above + at * _ROW
        drawn.append(
            f'<text x="0" y="{top + _LABEL}">{_short(row.name)}</text>'
            f'<text x="{WIDTH}" y="{top + _LABEL}" text-anchor="end" class="told">{html_text(row.told)}</text>'
            f'<rect class="track" x="0" y="{top + 18}" width="{WIDTH}" height="{_BAR}" rx="2"/>'
        )
        left = 0.0
        for style, value in row.parts:
            wide = min(max(_THIN if value else 0.0, value / most * WIDTH), WIDTH - left)
            if wide > 0:
                drawn.append(_rect(style, left, top + 18, wide, _BAR))
            left += wide
    return _svg(title, what, above + len(rows) * _ROW, drawn)


def columns(
    title: str, what: str, heights: Sequence[float], labels: Sequence[tuple[float, str]], edges: Sequence[float]
) -> str:
    """Draw columns side by side.

    Args:
        title: of the picture.
        what: tells in words what is seen.
        heights: of the columns.
        labels: places, counted in columns from the left, and what stands under them.
        edges: places at which a thin line stands over the columns.
    """
    step, base = WIDTH / max(len(heights), 1), _TOP + _HEIGHT
    most = max(heights, default=0) or 1
    drawn = []
    for at, height in enumerate(heights):
        tall = max(1.0 if height else 0.0, height / most * _HEIGHT)
        if tall:
            drawn.append(_rect("after", at * step + 0.5, base - tall, max(step - 1, 0.5), tall))
    for edge in edges:
        across = edge * step
        drawn.append(f'<line class="edge" x1="{across:.1f}" x2="{across:.1f}" y1="{_TOP - 6}" y2="{base}"/>')
    drawn.append(f'<line class="axis" x1="0" x2="{WIDTH}" y1="{base}" y2="{base}"/>')
    for place, words in labels:
        across = place * step
        anchor = "start" if across < 8 else "end" if across > WIDTH - 8 else "middle"
        drawn.append(f'<text x="{across:.1f}" y="{base + 14}" text-anchor="{anchor}">{html_text(words)}</text>')
    return _svg(title, what, base + _FOOT, drawn)


def lines(title: str, what: str, names: Sequence[str], series: Sequence[Line], scale: Scale) -> str:
    """Draw lines over positions that are evenly apart.

    Args:
        title: of the picture.
        what: tells in words what is seen.
        names: what stands under each position.
        series: the lines; each is named above in its colour.
        scale: of the values.
    """
    base, wide = _LEGEND + _TOP + _HEIGHT, WIDTH - _LEFT - 12
    step = wide / max(len(names) - 1, 1)

    def place(at: int, value: float) -> tuple[float, float]:
        return _LEFT + at * step, base - value / (scale.top or 1) * _HEIGHT

    drawn = [
        f'<line class="axis" x1="{_LEFT - 6}" x2="{WIDTH}" y1="{base}" y2="{base}"/>',
        f'<text x="{_LEFT - 10}" y="{base - _HEIGHT + 4}" text-anchor="end">{html_text(scale.told)}</text>',
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
    return _svg(title, what, base + _FOOT, drawn)


def legend(entries: Sequence[tuple[str, str]]) -> list[str]:
    """Draw a patch of each style with its name, side by side along the upper edge."""
    step = WIDTH / max(len(entries), 1)
    return [
        f'{_rect(style, at * step, 0, 10, 10)}<text x="{at * step + 14:.1f}" y="9.5">{_short(name)}</text>'
        for at, (style, name) in enumerate(entries)
    ]


def few(count: float) -> str:
    """Write a figure in about four characters."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            value = count / size
            return f"{value:.1f}{unit}" if value < 9.95 else f"{value:.0f}{unit}"
    return f"{count:.0f}" if count >= 10 or count == int(count) else f"{count:.1f}"


def _rect(style: str, left: float, top: float, wide: float, tall: float) -> str:
    place = f'x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{tall:.1f}"'
    return f'<rect class="{style}" {place}/>'


def _short(name: str) -> str:
    name = printable(name)
    return html_text(name if len(name) <= _NAME_MOST else f"{name[:12]}…{name[13 - _NAME_MOST :]}")


def _svg(title: str, what: str, height: float, drawn: Sequence[str]) -> str:
    """Wrap it up; the ids that name and describe it are its title's, so that no two pictures of a page share one."""
    name = f"plot-{hashlib.blake2b(title.encode(), digest_size=4).hexdigest()}"
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-labelledby="{name} {name}-what" '
        f'xmlns="http://www.w3.org/2000/svg"><title id="{name}">{html_text(title)}</title>'
        f'<desc id="{name}-what">{html_text(what)}</desc>{"".join(drawn)}</svg>'
    )
