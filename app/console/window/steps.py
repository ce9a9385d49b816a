"""The steps of a window, one line each, with a cursor."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from app.console.window.words import Part, columns_of, head_of, row_parts
from engine.jobs.window.shape import Timetable

_PLAIN, _CURSOR = Style(), Style(reverse=True)
_MARKED = 2
"""State and name: a bar in reverse would show the opposite of what it says."""


class StepTable(ScrollView, can_focus=True):
    """One line a step: state, planned, actual, forecast, budget, slack."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("home,g", "move(-1000)", show=False),
        Binding("end,G", "move(1000)", show=False),
        Binding("enter", "open", "Step", id="window.open", tooltip="Open the run of the step that the cursor is on"),
    ]

    class Opened(Message):
        """The operator wants to see a step's own run."""

        def __init__(self, step: str) -> None:
            super().__init__()
            self.step = step

    class Moved(Message):
        """The cursor is on another step."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self._lines: list[tuple[Part, ...]] = []
        self._names: list[str] = []
        self._at = 0
        self._follows = True

    @property
    def step(self) -> str:
        """The step that the cursor is on; "" before there are any."""
        return self._names[self._at] if self._names else ""

    @property
    def lines(self) -> list[str]:
        """What is shown, the head first."""
        return ["".join(text for text, _ in line) for line in self._lines]

    def show(self, table: Timetable, of_interest: str) -> None:
        """Show a timetable; until the operator moves it, the cursor goes with the step of interest."""
        columns = columns_of(table, self.size.width)
        lines: list[tuple[Part, ...]] = [((head_of(table, columns), "bold"),)]
        lines += [row_parts(row, table, columns) for row in table.rows]
        names = [row.name for row in table.rows]
        at = names.index(of_interest) if self._follows and of_interest in names else min(self._at, len(names) - 1)
        if (lines, names, at) != (self._lines, self._names, self._at):
            self._lines, self._names, self._at = lines, names, at
            self.virtual_size = Size(self.size.width, len(lines))
            self.refresh()

    def action_move(self, by: int) -> None:
        """Move the cursor; from then on it stays where it is put."""
        self._follows = False
        self._at = max(0, min(len(self._names) - 1, self._at + by))
        self.scroll_to(y=max(0, self._at + 2 - self.size.height), animate=False)
        self.refresh()
        self.post_message(self.Moved())

    def action_open(self) -> None:
        """Open the step that the cursor is on."""
        if self.step:
            self.post_message(self.Opened(self.step))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        at, base = int(self.scroll_offset.y) + y, self.rich_style
        if at >= len(self._lines):
            return Strip([Segment("", base)]).adjust_cell_length(self.size.width, base)
        has_cursor = bool(self._names) and at == self._at + 1
        segments = [
            Segment(text, base + (Style.parse(colour) if colour else _PLAIN) + (_CURSOR if is_marked else _PLAIN))
            for number, (text, colour) in enumerate(self._lines[at])
            for is_marked in (has_cursor and number < _MARKED,)
        ]
        return Strip(segments).adjust_cell_length(self.size.width, base)
