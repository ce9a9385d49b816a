"""The items of a list as one table with a cursor: groups as headings, only the lines in sight are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from app.checklist_wording import note
from app.console.actions import Action, bindings
from app.console.checklist.reasons import others_shown_by
from app.console.checklist.words import RED, state_word
from app.console.keymap import take_keys
from app.console.pane import MOVES
from engine.checklist.item_standing import SETTLED, ItemStanding
from engine.checklist.lists import Level
from engine.errors import printable

_STATE_WIDTH: Final = 15
_ID_WIDTH: Final = 26
"""A longer id is cut: the line under the cursor is told in full beside the table."""
FILTERS: Final[dict[str, Callable[[ItemStanding], bool]]] = {
    "all": lambda _each: True,
    "open": lambda each: each.state not in SETTLED,
    "red": lambda each: each.state in RED,
}
"""What may be shown, by its name; the order is that of the key that goes through them."""

_Row = str | ItemStanding
"""A heading, or an item."""


class ItemTable(ScrollView, can_focus=True):
    """One line an item: state, id, the value read or what is missing."""

    ACTIONS: ClassVar[tuple[Action, ...]] = MOVES
    BINDINGS: ClassVar[list[BindingType]] = bindings(MOVES)

    class Moved(Message):
        """The cursor stands on another item."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self._all: tuple[ItemStanding, ...] = ()
        self._asked: Mapping[str, int] = {}
        self._rows: list[_Row] = []
        self._chosen = ""
        self.filter = "all"
        self.text = ""

    def on_mount(self) -> None:
        """Take the keys that the operator bound anew."""
        take_keys(self, self.ACTIONS)

    def show(self, items: tuple[ItemStanding, ...], running: Mapping[str, int]) -> None:
        """Show items as they stand now; draws nothing while nothing has changed."""
        if items is self._all and running == self._asked:
            return
        self._all, self._asked = items, running
        self._choose()

    def next_filter(self) -> None:
        """Go on to the next kind of items."""
        names = list(FILTERS)
        self.filter = names[(names.index(self.filter) + 1) % len(names)]
        self._choose()

    def find(self, text: str) -> None:
        """Show only items with this text in their line; "" for all."""
        self.text = text
        self._choose()

    @property
    def chosen(self) -> ItemStanding | None:
        """The item under the cursor; None where none is shown."""
        return next((row for row in self._items if row.item.id == self._chosen), None)

    @property
    def shown(self) -> int:
        """How many items are shown."""
        return len(self._items)

    def choose(self, item: str) -> None:
        """Put the cursor on an item that is shown."""
        if item != self._chosen:
            self._chosen = item
            self.post_message(self.Moved())
        self._keep_in_sight()
        self.refresh()

    def choose_next(self, wanted: Callable[[ItemStanding], bool]) -> bool:
        """Go to the next item of this kind, from the end to the beginning; tell whether one is shown."""
        items = self._items
        at = self._at
        for each in (*items[at + 1 :], *items[: at + 1]):
            if wanted(each):
                self.choose(each.item.id)
                return True
        return False

    @property
    def _items(self) -> list[ItemStanding]:
        return [row for row in self._rows if isinstance(row, ItemStanding)]

    @property
    def _at(self) -> int:
        return next((at for at, row in enumerate(self._items) if row.item.id == self._chosen), -1)

    def _choose(self) -> None:
        """Choose the lines to show; the cursor stays on its item, or goes to the first."""
        self._rows = []
        group = ""
        for each in self._all:
            if not self._is_wanted(each):
                continue
            if each.item.group != group:
                group = each.item.group
                self._rows.append(group)
            self._rows.append(each)
        items = self._items
        if items and self._at < 0:
            self.choose(items[0].item.id)
        size = Size(self.size.width, len(self._rows))
        if size != self.virtual_size:
            self.virtual_size = size
        self.refresh()

    def _is_wanted(self, each: ItemStanding) -> bool:
        line = f"{each.item.id} {each.item.group} {each.item.ask} {each.state} {note(each)}"
        return FILTERS[self.filter](each) and self.text.casefold() in line.casefold()

    def on_resize(self) -> None:
        """Keep the scroll bar right, and the cursor in sight."""
        self.virtual_size = Size(self.size.width, len(self._rows))
        self._keep_in_sight()

    def on_click(self, event: Click) -> None:
        """Put the cursor where the mouse points."""
        at = int(self.scroll_offset.y) + event.y
        row = self._rows[at] if 0 <= at < len(self._rows) else ""
        if isinstance(row, ItemStanding):
            self.choose(row.item.id)

    def action_move(self, by: int) -> None:
        """Move the cursor by items."""
        items = self._items
        if items:
            self.choose(items[max(0, min(len(items) - 1, self._at + by))].item.id)

    def action_page(self, by: int) -> None:
        """Move the cursor by a page."""
        self.action_move(by * max(1, self.size.height - 1))

    def _keep_in_sight(self) -> None:
        rows = self._rows
        at = next((y for y, row in enumerate(rows) if not isinstance(row, str) and row.item.id == self._chosen), 0)
        top = at - 1 if at and isinstance(rows[at - 1], str) else at  # its heading too
        self.scroll_to_region(Region(0, top, 1, at - top + 1), animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """Draw one line of those in sight."""
        width, base = self.scrollable_content_region.width or self.size.width, self.rich_style
        at = int(self.scroll_offset.y) + y
        if at >= len(self._rows):
            text = f"nothing to show here: {others_shown_by()}" if y == 0 and self._all else ""
            return Strip([Segment(text, base)]).adjust_cell_length(width, base)
        row = self._rows[at]
        if isinstance(row, str):
            heading = Segment(printable(row), base + Style(bold=True, underline=True))
            return Strip([heading]).adjust_cell_length(width, base)
        return self._line(row, base, width)

    def _line(self, each: ItemStanding, base: Style, width: int) -> Strip:
        word, colour = state_word(each, self._asked.get(each.item.id))
        if each.item.id == self._chosen:  # in no colour of its own: reversed, it would be a bar of it
            base, colour = base + (Style(reverse=True, bold=True) if self.has_focus else Style(underline=True)), ""
        wide = min(_ID_WIDTH, max(len(one.item.id) for one in self._all))
        name = each.item.id if len(each.item.id) <= wide else f"{each.item.id[: wide - 1]}…"
        advice = "(advice) " if each.item.level is Level.ADVICE else ""
        state = Segment(f" {word:<{_STATE_WIDTH}}", base + Style.parse(colour) if colour else base)
        rest = Segment(f"{name:<{wide}}  {advice}{printable(note(each))[: 4 * width]}", base)
        return Strip([state, rest]).adjust_cell_length(width, base)
