"""The map: every shard as one sign in the ink of its state; where there are too many, several share one."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.events import Click
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from app.console.actions import Action, bindings
from app.console.conversion.cells import Cells
from app.console.conversion.roll import Change, Roll
from app.console.conversion.states import SIGNS
from app.console.look import inks
from app.console.pane import Lines, Part

_ACROSS: Final = (
    Action("map.left", "left,h", "across(-1)", "Left", "Go one shard back", shown_as="h ←", footer=False),
    Action("map.right", "right,l", "across(1)", "Right", "Go one shard on", shown_as="l →", footer=False),
    Action("map.open", "enter", "open", "Open", "Show all that is known of the shard"),
    Action("map.whole", "z", "whole", "Zoom", "All shards in sight, several in a cell, or one in each"),
)
_SCREENS: Final = 8
"""More shards than so many screens of cells are shown together, until a person asks for each."""


class ShardMap(Lines):
    """One cell a shard; the cursor goes in all four directions."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (*Lines.ACTIONS, *_ACROSS)
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    class Pointed(Message):
        """The cursor is on another shard."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    class Opened(Message):
        """A person wants to see a shard in full."""

        def __init__(self, shard: str) -> None:
            super().__init__()
            self.shard = shard

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self.cells: Cells | None = None
        self._whole: bool | None = None
        """What a person chose; None: whatever suits the number of shards."""
        self._cell = 0
        self._anchor = 0
        """The shard that the cursor was put on: of a cell that has several, not always the one that is seen."""
        self._seen = 0

    def show(self, roll: Roll, changes: list[Change]) -> None:
        """Show what has changed; only lines that read otherwise are drawn."""
        if self.cells is None or self.cells.roll is not roll:
            self.cells, self._seen = Cells(roll), -1
        if len(roll) != self._seen:
            self._seen = len(roll)
            if not self._lay():
                self.cells.take(changes)
                self._fill()
            return
        top, bottom = int(self.scroll_offset.y), int(self.scroll_offset.y) + self.size.height
        dirty = [row for row in self.cells.take(changes) if top <= row < bottom]
        if dirty:
            self.refresh(*(Region(0, row - top, self.size.width, 1) for row in dirty))

    def _lay(self) -> bool:
        """Lay the cells out for the room there is; tell whether they lie otherwise than before."""
        assert self.cells is not None
        width, height = max(1, self.size.width - 1), max(1, self.size.height)
        whole = self._whole
        if whole is None:
            whole = len(self.cells.roll) > _SCREENS * width * height
        if not self.cells.lay(width, height, whole=whole):
            return False
        self._cell = self.cells.cell(self._anchor)
        self._fill()
        self._keep_in_sight()
        return True

    def _fill(self) -> None:
        assert self.cells is not None
        self._cell = max(0, min(len(self.cells) - 1, self._cell))
        self.fill(self.cells.rows, self._cell // self.cells.width)

    def on_resize(self) -> None:
        """Lay the cells out anew."""
        if self.cells is not None:
            self._lay()
        super().on_resize()

    @property
    def place(self) -> int | None:
        """The shard that the cell under the cursor stands for; None where there is none."""
        if self.cells is None or self._cell >= len(self.cells):
            return None
        return self.cells.place_shown(self._cell)

    def point(self, place: int) -> None:
        """Put the cursor on a shard's cell."""
        self._anchor = place
        if self.cells is not None and self.cells.cell(place) != self._cell:
            self._go(self.cells.cell(place), tell=False)

    def _go(self, cell: int, *, tell: bool = True) -> None:
        assert self.cells is not None
        self._cell = max(0, min(len(self.cells) - 1, cell))
        self.go(self._cell // self.cells.width)
        if tell and self.place is not None:
            self._anchor = self.place
            self.post_message(self.Pointed(self._anchor))

    def action_across(self, by: int) -> None:
        """Go to a cell beside."""
        if self.cells is not None:
            self._go(self._cell + by)

    def action_move(self, by: int) -> None:
        """Go up or down by lines."""
        if self.cells is not None and len(self.cells):
            last = len(self.cells) - 1
            wanted = self._cell + by * self.cells.width
            beyond = 0 if wanted < 0 else last
            self._go(wanted if 0 <= wanted <= last else (beyond if abs(by) > 1 else self._cell))

    def action_whole(self) -> None:
        """Show all shards in sight, or one in each cell; where both are so already, say that."""
        if self.cells is None:
            return
        before, self._whole = self._whole, self.cells.each == 1
        if not self._lay():
            self._whole = before
            self.app.clear_notifications()
            self.notify("all shards are in sight, each in a cell of its own", markup=False)

    def action_open(self) -> None:
        """Show the shard in full."""
        if self.cells is not None and self.place is not None:
            self.post_message(self.Opened(self.cells.roll.names[self.place]))

    def on_click(self, event: Click) -> None:
        """Put the cursor where the mouse points."""
        if self.cells is not None and event.x < self.cells.width:
            cell = (int(self.scroll_offset.y) + event.y) * self.cells.width + event.x
            if cell < len(self.cells):
                self._go(cell)

    # Drawing.

    def parts(self, at: int, width: int) -> list[Part]:
        """Draw one line of cells."""
        del width
        assert self.cells is not None
        cells, parts = self.cells, list[Part]()
        first = at * cells.width
        text, ink = "", inks.PLAIN
        for cell in range(first, min(len(cells), first + cells.width)):
            sign = SIGNS[cells.worst(cell)]
            if sign.ink != ink and text:
                parts.append((text, ink))
                text = ""
            text, ink = text + sign.glyph, sign.ink
        return [*parts, (text, ink)]

    def render_line(self, y: int) -> Strip:
        """Draw one line of those in sight; the cell under the cursor is reversed."""
        width, base = self.scrollable_content_region.width or self.size.width, self.rich_style
        at = int(self.scroll_offset.y) + y
        if at >= self.count:
            return Strip([Segment("no shard yet" if not self.count and y == 0 else "", base)]).adjust_cell_length(
                width, base
            )
        segments = [Segment(text, base + Style.parse(ink) if ink else base) for text, ink in self.parts(at, width)]
        line = Strip(segments)
        assert self.cells is not None
        if at == self.at:
            under = self._cell % self.cells.width
            sign = SIGNS[self.cells.worst(self._cell)]
            mark = Segment(sign.glyph, base + Style(reverse=True, bold=self.has_focus))
            line = Strip([*line.crop(0, under), mark, *line.crop(under + 1)])
        return line.adjust_cell_length(width, base)

    def told(self) -> str:
        """Say how many shards a cell has."""
        each = 1 if self.cells is None else self.cells.each
        return "" if each == 1 else f"{each:,} a cell (z)"
