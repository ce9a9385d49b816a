"""The steps of a window, one line each, with a cursor."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.style import Style
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip

from app.console.actions import Action, bindings
from app.console.pane import MOVES, Lines, Part, strip
from app.console.window.words import columns_of, head_of, row_parts
from engine.jobs.window.shape import Timetable

OPEN: Final = Action("window.open", "enter", "open", "Step", "Open the run of the step that the cursor is on", "⏎")
_MARKED: Final = 2
"""State and name: a bar in reverse would show the opposite of what it says."""


class StepTable(Lines):
    """One line a step: state, planned, actual, forecast, budget, how far ahead."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (OPEN, *MOVES)
    BINDINGS: ClassVar[list[BindingType]] = bindings((OPEN,))
    HEADS: ClassVar[int] = 1

    class Opened(Message):
        """The operator wants to see a step's own run."""

        def __init__(self, step: str) -> None:
            super().__init__()
            self.step = step

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self._lines: list[list[Part]] = []
        self._names: list[str] = []
        self._head = ""
        self._follows = True

    @property
    def step(self) -> str:
        """The step that the cursor is on; "" before there are any."""
        return self._names[self.at] if self._names else ""

    @property
    def lines(self) -> list[str]:
        """What is shown, the head first."""
        return [self._head, *("".join(text for text, _ in line) for line in self._lines)]

    def show(self, table: Timetable, of_interest: str) -> None:
        """Show a timetable; until the operator moves it, the cursor goes with the step of interest."""
        columns = columns_of(table, self.size.width)
        head = head_of(table, columns)
        lines = [list(row_parts(row, table, columns)) for row in table.rows]
        names = [row.name for row in table.rows]
        at = names.index(of_interest) if self._follows and of_interest in names else self.at
        if (head, lines, names, at) != (self._head, self._lines, self._names, self.at):
            self._head, self._lines, self._names = head, lines, names
            self.fill(len(lines), at)

    def head(self, y: int, width: int) -> list[Part]:
        """Name the columns."""
        del y, width
        return [(self._head, "bold")]

    def parts(self, at: int, width: int) -> list[Part]:
        """Draw a step."""
        del width
        return self._lines[at]

    def draw(self, at: int, base: Style, width: int, *, under: bool) -> Strip:
        """Mark state and name of the step under the cursor, and nothing else."""
        line = self._lines[at]
        reverse = "reverse " if under else ""
        marked = [(text, f"{reverse}{ink}".strip()) for text, ink in line[:_MARKED]]
        return strip([*marked, *line[_MARKED:]], base, width)

    def action_move(self, by: int) -> None:
        """Move the cursor; from then on it stays where it is put."""
        self._follows = False
        super().action_move(by)

    def action_open(self) -> None:
        """Open the step that the cursor is on."""
        if self.step:
            self.post_message(self.Opened(self.step))
