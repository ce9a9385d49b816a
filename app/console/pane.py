"""A list with a cursor that stays smooth with any number of lines: only those in sight are ever drawn."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from app.console.actions import Action, bindings
from app.console.keymap import take_keys

Part = tuple[str, str]
"""Text, and its ink (:mod:`app.console.look.inks`)."""
_FAR: Final = 1 << 40

MOVES: Final = (
    Action("list.down", "down,j", "move(1)", "Down", "Go one line down", shown_as="j ↓", footer=False),
    Action("list.up", "up,k", "move(-1)", "Up", "Go one line up", shown_as="k ↑", footer=False),
    Action("list.page_down", "pagedown", "page(1)", "Page down", "Go one page down", shown_as="PgDn", footer=False),
    Action("list.page_up", "pageup", "page(-1)", "Page up", "Go one page up", shown_as="PgUp", footer=False),
    Action("list.first", "home,g", f"move(-{_FAR})", "First", "Go to the first line", shown_as="g Home", footer=False),
    Action("list.last", "end,G", f"move({_FAR})", "Last", "Go to the last line", shown_as="G End", footer=False),
)
"""The keys that move in every list."""


def strip(parts: tuple[Part, ...] | list[Part], base: Style, width: int, *, under: bool = False) -> Strip:
    """Draw a line to a width, and show where it was cut.

    Under the cursor it is reversed, in no colour of its own: that would be a bar of it.

    Args:
        parts: what is drawn.
        base: the widget's own style.
        width: in columns.
        under: the cursor is on it.
    """
    if under:
        base += Style(reverse=True)
        parts = [(text, "bold" if "bold" in ink else "") for text, ink in parts]
    segments = [Segment(text, base + Style.parse(ink) if ink else base) for text, ink in parts]
    drawn = Strip(segments)
    if drawn.cell_length > width > 1 and cell_len(drawn.text.rstrip()) > width:
        kept = list(drawn.crop(0, width - 1))
        drawn = Strip([*kept, Segment("…", kept[-1].style if kept else base)])
    return drawn.adjust_cell_length(width, base)


class Lines(ScrollView, can_focus=True):
    """One line for each of many things; a subclass says how many there are, and draws one."""

    ACTIONS: ClassVar[tuple[Action, ...]] = MOVES
    BINDINGS: ClassVar[list[BindingType]] = bindings(MOVES)
    HEADS: ClassVar[int] = 0
    """Lines above the first, which stay where they are."""

    class Moved(Message):
        """The cursor is on another line."""

        def __init__(self, lines: Lines) -> None:
            super().__init__()
            self.lines = lines

        @property
        def control(self) -> Lines:
            """Whose cursor."""
            return self.lines

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self.at = 0
        """The line that the cursor is on."""
        self.count = 0
        """How many lines there are."""
        self._base: Style | None = None

    def on_mount(self) -> None:
        """Take the keys that the operator bound anew."""
        take_keys(self, self.ACTIONS)

    # What a subclass says.

    def parts(self, at: int, width: int) -> list[Part]:
        """Draw one line: a subclass says how; nothing by itself."""
        del at, width
        return []

    def head(self, y: int, width: int) -> list[Part]:
        """Draw one of the heads."""
        del y, width
        return []

    def empty(self) -> str:
        """Say why nothing is shown."""
        return "nothing to show here"

    def rests(self, at: int) -> bool:
        """Tell whether the cursor may rest on a line."""
        del at
        return True

    def draw(self, at: int, base: Style, width: int, *, under: bool) -> Strip:
        """Draw one line as a strip; who marks the cursor otherwise says so here."""
        return strip(self.parts(at, width), base, width, under=under)

    # What a subclass calls.

    def fill(self, count: int, at: int | None = None) -> None:
        """Show so many lines, the cursor on one of them; draws what is in sight anew."""
        self.count = count
        self.at = self._nearest(self.at if at is None else at, 1)
        size = Size(max(1, self.size.width), count + self.HEADS)
        if size != self.virtual_size:
            self.virtual_size = size
        self.refresh()

    def go(self, at: int) -> None:
        """Put the cursor on a line, and bring that into sight."""
        at = self._nearest(at, 1 if at >= self.at else -1)
        moved, self.at = at != self.at, at
        self._keep_in_sight()
        self.refresh()
        if moved:
            self.post_message(self.Moved(self))

    def _nearest(self, at: int, step: int) -> int:
        """Return the line nearest to this one that the cursor may rest on."""
        at = max(0, min(self.count - 1, at))
        for way in (step, -step):
            found = at
            while 0 <= found < self.count:
                if self.rests(found):
                    return found
                found += way
        return at

    def _keep_in_sight(self) -> None:
        region = Region(0, self.at, 1, 1 + self.HEADS)  # the heads cover the first lines of what is scrolled to
        self.scroll_to_region(region, animate=False, force=True)

    # Keys and the mouse.

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        if self.count:
            self.go(self.at + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by a page."""
        self.action_move(by * max(1, self.size.height - self.HEADS - 1))

    def on_click(self, event: Click) -> None:
        """Put the cursor where the mouse points."""
        at = int(self.scroll_offset.y) + event.y - self.HEADS
        if event.y >= self.HEADS and 0 <= at < self.count and self.rests(at):
            self.go(at)

    def on_resize(self) -> None:
        """Keep the scroll bar right, and the cursor in sight."""
        self.virtual_size = Size(max(1, self.size.width), self.count + self.HEADS)
        self._keep_in_sight()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw what is in sight; its style is the same for every line, and costs more than a line to find out."""
        self._base = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line of those in sight."""
        width, base = self.scrollable_content_region.width or self.size.width, self._base or self.rich_style
        if y < self.HEADS:
            return strip(self.head(y, width), base, width)
        at = int(self.scroll_offset.y) + y - self.HEADS
        if at < self.count:
            return self.draw(at, base, width, under=at == self.at and self.has_focus)
        told = self.empty() if not self.count and y == self.HEADS else ""
        return strip([(told, "dim")], base, width)
