"""The large plot: its axes, and what its glyphs mean."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from app.console.training.curves import Cell, Kind, Picture, Range, axis, draw, range_of
from app.console.training.words import figure

_GUTTER: Final = 9
"""Columns for the values left of the plot."""
_STYLES: Final = {
    Kind.NOTHING: Style(),
    Kind.BAND: Style(color="grey50"),
    Kind.LINE: Style(color="cyan", bold=True),
    Kind.OTHER: Style(color="magenta", bold=True),
    Kind.EVAL: Style(color="yellow", bold=True),
    Kind.RESUME: Style(color="blue"),
    Kind.NOT_FINITE: Style(color="red", bold=True),
    Kind.CUT: Style(color="yellow"),
    Kind.AXIS: Style(dim=True),
}


class CurvePlot(Widget):
    """One metric over the steps."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self._picture: Picture | None = None
        self._lines: list[list[Cell]] = []
        self._drawn: tuple[object, ...] = ()

    def show(self, picture: Picture | None) -> None:
        """Draw a picture; nothing is drawn anew while it is the same."""
        key = (picture, self.size)
        if key != self._drawn:
            self._drawn, self._picture = key, picture
            self._lines = self._draw()
            self.refresh()

    def on_resize(self) -> None:
        """Draw it as large as there is room."""
        self.show(self._picture)

    def _draw(self) -> list[list[Cell]]:
        width, height = self.size.width - _GUTTER, self.size.height - 2
        seen = range_of(self._picture) if self._picture is not None else None
        if self._picture is None or seen is None or width < 4 or height < 1:
            return []
        canvas = draw(self._picture, seen, width, height)
        labels = _values(seen, height)
        lines = [[*_label(labels.get(y, "")), *canvas.cells(y)] for y in range(height)]
        lines.append([*_label("", "└"), *axis(self._picture, seen, width)])
        lines.append(_steps(seen, width))
        return lines

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        base = self.rich_style
        if y >= len(self._lines):
            text = "no curve yet" if y == 0 and not self._lines else ""
            return Strip([Segment(text, base + Style(dim=True))]).adjust_cell_length(self.size.width, base)
        segments = [
            Segment("".join(char for char, _ in cells), base + _STYLES[kind])
            for kind, cells in groupby(self._lines[y], key=lambda cell: cell[1])
        ]
        return Strip(segments).adjust_cell_length(self.size.width, base)


def _values(seen: Range, height: int) -> dict[int, str]:
    """Label the values at the top, the middle and the bottom."""
    rows = {0, height // 2, height - 1} if height > 3 else {0, height - 1}
    return {y: figure(seen.value(1 - y / (height - 1)) if height > 1 else seen.value(0.5)) for y in rows}


def _label(text: str, edge: str = "") -> list[Cell]:
    mark = edge or ("┤" if text else "│")
    return [*((char, Kind.AXIS) for char in f"{text:>{_GUTTER - 1}}"[: _GUTTER - 1]), (mark, Kind.AXIS)]


def _steps(seen: Range, width: int) -> list[Cell]:
    """Label the first and the last step, and the middle where there is room."""
    first, last = f"{seen.first:,}", f"step {seen.last:,}"
    line = f"{first}{last:>{max(1, width - len(first))}}"
    middle = f"{(seen.first + seen.last) // 2:,}"
    at = (width - len(middle)) // 2
    if at > len(first) + 2 and at + len(middle) + 2 < width - len(last) and seen.last - seen.first > 1:
        line = line[:at] + middle + line[at + len(middle) :]
    return [(char, Kind.AXIS) for char in " " * _GUTTER + line]
