"""Bars from the left, each under its name and figure. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.page.svg import LEGEND, LETTERS, WIDTH, legend, picture, rect, short
from engine.run.markup import html_text
from engine.units import counted

SHOWN_MOST: Final = 10
"""Bars in a plot of the largest."""
_ROW, _BAR, _LABEL = 38, 14, 13
_THIN: Final = 1.5
"""Width of what is there and too little to be seen otherwise: fifty hours of twenty thousand."""


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


def bars(title: str, what: str, rows: Sequence[Bar], parts: Sequence[tuple[str, str]] = ()) -> str:
    """Draw bars.

    Args:
        title: of the picture.
        what: tells in words what is seen.
        rows: the bars.
        parts: the style and the name of each part that a bar may have.
    """
    most = max((row.value for row in rows), default=0) or 1
    drawn, above = legend(parts), LEGEND if parts else 0
    for at, row in enumerate(rows):
        top = above + at * _ROW
        drawn.append(
            f'<text x="0" y="{top + _LABEL}">{short(row.name, LETTERS - len(row.told))}</text>'
            f'<text x="{WIDTH}" y="{top + _LABEL}" text-anchor="end" class="told">{html_text(row.told)}</text>'
            f'<rect class="track" x="0" y="{top + 18}" width="{WIDTH}" height="{_BAR}" rx="2"/>'
        )
        left = 0.0
        for style, value in row.parts:
            wide = min(max(_THIN if value else 0.0, value / most * WIDTH), WIDTH - left)
            if wide > 0:
                drawn.append(rect(style, left, top + 18, wide, _BAR))
            left += wide
    return picture(title, what, above + len(rows) * _ROW, drawn)


def left_out(count: int, noun: str) -> str:
    """Say of how many the bars are the largest; nothing where there is a bar for each."""
    return f"The {SHOWN_MOST} largest of {counted(count, noun)}." if count > SHOWN_MOST else ""
