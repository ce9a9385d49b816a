"""A plot in braille: two by four dots a cell, so that 30 columns show 60 points and a spike never vanishes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BLANK = 0x2800


def braille(values: Sequence[float], width: int, height: int) -> list[str]:
    """Draw the newest values as filled columns.

    Args:
        values: the newest last; more than fit are gathered, each dot column showing the largest of its share.
        width: in cells.
        height: in cells.

    Returns:
        ``height`` lines of ``width`` characters.
    """
    columns = gather(values, width * 2)
    top = max(columns, default=0.0) or 1.0
    cells = [[_BLANK] * width for _ in range(height)]
    for at, value in enumerate(columns):
        if math.isnan(value):
            continue
        for dot in range(round(value / top * height * 4)):
            row = height - 1 - dot // 4
            cells[row][at // 2] |= _DOTS[at % 2][3 - dot % 4]
    return ["".join(map(chr, row)) for row in cells]


def gather(values: Sequence[float], count: int) -> list[float]:
    """Bring values down to at most ``count``, each the largest of an equal share, so that no spike is lost."""
    if len(values) <= count:
        return list(values)
    return [max(values[at * len(values) // count : (at + 1) * len(values) // count]) for at in range(count)]


class Plot(Widget):
    """Values over time, with a title and the largest of them."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self._lines: list[str] = []
        self._title = ""

    def show(self, values: Sequence[float], title: str) -> None:
        """Draw these values."""
        width, height = self.size
        lines = braille(values, width, max(1, height - 1)) if width else []
        if (lines, title) != (self._lines, self._title):
            self._lines, self._title = lines, title
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line: the title, then the dots."""
        text = self._title if y == 0 else (self._lines[y - 1] if y - 1 < len(self._lines) else "")
        style = self.rich_style if y == 0 else self.rich_style + Style(bold=False)
        return Strip([Segment(text[: self.size.width], style)]).adjust_cell_length(self.size.width, self.rich_style)
