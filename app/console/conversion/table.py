"""The shards as a table: filtered, sorted, searched; the cursor stays on its shard while rows move about it."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.cells import cell_len, set_cell_size
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message

from app.console.actions import Action, bindings
from app.console.conversion.fitting import cut, short_name
from app.console.conversion.noting import noted
from app.console.conversion.order import ASCENDS, By, Only, Order
from app.console.conversion.roll import Change, Roll
from app.console.conversion.states import SIGNS, Shown
from app.console.keymap import key_for
from app.console.look import inks
from app.console.pane import Lines, Part
from engine.errors import printable

_STATE: Final = 14
_SIZE, _CLIPS, _TIME = 19, 7, 9
"""Columns of figures, with the gap behind each; with them a name of 24 letters has room on 80 columns."""
_NAME_LEAST, _NAME_MOST = 16, 40
"""A longer name has what the figures and a note leave."""
_NOTE_LEAST, _NOTE_WANTED = 6, 24
"""Fewer columns say nothing; with so many, a longer note gives way to a longer name."""
_HEADS: Final = {By.STATE: "state", By.PLACE: "shard", By.SIZE: "size", By.TIME: "time", By.NEWEST: "newest change"}


class ShardTable(Lines):
    """One line a shard."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (
        *Lines.ACTIONS,
        Action("shards.open", "enter", "open", "Open", "Show all that is known of the shard"),
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    HEADS: ClassVar[int] = 1

    class Opened(Message):
        """A person wants to see a shard in full."""

        def __init__(self, shard: str) -> None:
            super().__init__()
            self.shard = shard

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self.order: Order | None = None
        self._place: int | None = None
        """The shard that the cursor was put on; None: whichever is the first."""
        self._name_wide = _NAME_LEAST

    def show(self, roll: Roll, changes: list[Change]) -> None:
        """Show what has changed; does nothing while nothing has."""
        if self.order is None or self.order.roll is not roll:
            self.order = Order(roll)
            self.order.choose()
            self._fill()
        elif changes:
            stayed = self.order.take(changes)
            if stayed is None:
                self._fill()
            else:
                self._draw_again(stayed)

    def choose(self, *, only: Only | None = None, by: By | None = None, text: str | None = None) -> None:
        """Show other shards, or in another order."""
        if self.order is not None:
            self.order.choose(only=only, by=by, text=text)
            self._fill()
            self.go(self.at)

    @property
    def rows(self) -> list[str]:
        """The shards that are shown, in order."""
        order = self.order
        return [order.roll.names[order.place(row)] for row in range(len(order))] if order is not None else []

    @property
    def place(self) -> int | None:
        """The shard under the cursor; None where none is shown."""
        return self.order.place(self.at) if self.order is not None and self.at < len(self.order) else None

    def point(self, place: int) -> bool:
        """Put the cursor on a shard; tell whether it is shown."""
        row = None if self.order is None else self.order.row(place)
        if row is not None and row != self.at:
            self.go(row)
        return row is not None

    def next_trouble(self, step: int) -> bool:
        """Go to the next shard in trouble; tell whether there is one among those shown."""
        row = None if self.order is None else self.order.next_trouble(self.at, step)
        if row is None:
            return False
        self.go(row)
        return True

    def _draw_again(self, places: list[int]) -> None:
        """Draw the rows of some shards again, as far as they are in sight."""
        assert self.order is not None
        top = int(self.scroll_offset.y)
        ys = (row - top + self.HEADS for place in places if (row := self.order.row(place)) is not None)
        dirty = [Region(0, y, self.size.width, 1) for y in ys if self.HEADS <= y < self.size.height]
        if dirty:
            self.refresh(*dirty)

    def _fill(self) -> None:
        """Show the rows; the cursor stays on its shard where that is shown, else it takes the one in its row."""
        assert self.order is not None
        row = None if self._place is None else self.order.row(self._place)
        moved = row is not None and row != self.at
        self._name_wide = self._widest_name()
        self.fill(len(self.order), row)
        if self._place is not None and row is None:
            self._place = self.place
        if moved:
            self._keep_in_sight()

    def _widest_name(self) -> int:
        """Return the width of the widest name among those in sight: to ask all of them would take too long."""
        assert self.order is not None
        top = int(self.scroll_offset.y)
        rows = range(top, min(len(self.order), top + max(1, self.size.height)))
        names = (self.order.roll.names[self.order.place(row)] for row in rows)
        return max(self._name_wide, max(map(cell_len, names), default=0))

    def go(self, at: int) -> None:
        """Put the cursor on a row; it stays on that shard from then on, but in the first row it stays there."""
        super().go(at)
        self._place = self.place if self.at else None

    # Drawing.

    def _columns(self, width: int) -> tuple[int, tuple[bool, bool, bool]]:
        """Share a width out: first the name, then size, clips and time, as far as each has room; a long name last."""
        ends = (_SIZE, _SIZE + _CLIPS, _SIZE + _CLIPS + _TIME)
        room = width - _STATE - 2
        name = max(_NAME_LEAST, min(self._name_wide, room, max(_NAME_MOST, room - ends[-1] - _NOTE_WANTED)))
        left = room - name + 1  # the last column wants no gap behind it
        return name, (left >= ends[0], left >= ends[1], left >= ends[2])

    def head(self, y: int, width: int) -> list[Part]:
        """Draw the columns' names, with an arrow at the one that is sorted by."""
        del y
        by = self.order.by if self.order is not None else By.PLACE
        arrow = "▲" if ASCENDS[by] else "▼"
        told = {each: f"{name} {arrow}" if each is by else name for each, name in _HEADS.items()}
        name_wide, shown = self._columns(width)
        rest = _figures((told[By.SIZE], "clips", told[By.TIME]), shown)
        line = f"{told[By.STATE]:<{_STATE}}{told[By.PLACE]:<{name_wide}}  {rest}"
        note = told[By.NEWEST] if by is By.NEWEST else "note"
        return [(cut(line + note if width - len(line) >= _NOTE_LEAST else line.rstrip(), width), inks.QUIET)]

    def parts(self, at: int, width: int) -> list[Part]:
        """Draw one shard."""
        assert self.order is not None
        roll, place = self.order.roll, self.order.place(at)
        shard, kind = roll.names[place], roll.shown(place)
        name_wide, shown = self._columns(width)
        name = f"{set_cell_size(short_name(printable(shard), name_wide), name_wide)}  "
        told = noted(roll.view, shard)
        if roll.is_trouble(place):  # why, before any figure
            size = _figures((told.size, "", ""), (shown[0] and self.order.by is By.SIZE, False, False))
            room = width - _STATE - name_wide - 2 - len(size)
            return [_state(roll, shard, kind), (name, ""), (size + cut(printable(told.note), room), "")]
        if not (told.clips or told.seconds):  # of one that was not converted, the note has the room of the figures
            shown = (shown[0], False, False)
        figures = _figures((told.size, told.clips, told.seconds), shown)
        room = width - _STATE - name_wide - 2 - len(figures)
        note = cut(printable(told.note), room) if room >= _NOTE_LEAST else ""  # a part of a number is worse than none
        return [_state(roll, shard, kind), (name, ""), (f"{figures}{note}", "")]

    def empty(self) -> str:
        """Say what else can be shown."""
        some = self.order is not None and len(self.order.roll)
        other, find = key_for("run.filter", "f"), key_for("run.search", "/")
        return f"no shard is so: {other} shows others, {find} looks for others" if some else "no shard yet"

    def action_open(self) -> None:
        """Show the shard in full."""
        if self.order is not None and self.place is not None:
            self.post_message(self.Opened(self.order.roll.names[self.place]))


def _state(roll: Roll, shard: str, kind: Shown) -> Part:
    sign = SIGNS[kind]
    worker = roll.view.in_hand.get(shard)
    word = f"worker {worker}" if kind is Shown.IN_HAND and worker is not None else sign.word
    return f"{f'{sign.glyph} {word}':<{_STATE}}", sign.ink


def _figures(texts: tuple[str, str, str], shown: tuple[bool, bool, bool]) -> str:
    size, clips, time = texts
    columns = (f"{size:<{_SIZE}}", f"{clips:>{_CLIPS - 1}} ", f"{time:>{_TIME - 1}} ")
    return "".join(column for column, wanted in zip(columns, shown, strict=True) if wanted)
