"""The screen of all checklists: those with a gate first, how each stands, and what it waits for."""

from __future__ import annotations

import time
from typing import ClassVar, Final

from rich.cells import set_cell_size
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Static

from app.console.actions import Action, bindings
from app.console.conversion.fitting import cut, wide
from app.console.frame import Frame
from app.console.lists.words import overridden, state_of, told_of
from app.console.look import inks
from app.console.pane import MOVES, Lines, Part
from app.home.lists import Lists
from app.home.values import ListSeen, Place
from engine.convert.view import Level
from engine.errors import printable
from engine.run.off_loop import off_loop

_STATE: Final = 7
"""Columns of the longest word: UNKNOWN."""
_OPEN: Final = Action("lists.open", "enter", "open", "Open", "Walk the list under the cursor", shown_as="⏎")


def about(seen: ListSeen) -> list[str]:
    """Say in three lines what there is to know of a list."""
    gates = f"the gate of {' and '.join(seen.gates)}" if seen.gates else "no gate is bound to it: it stops nothing"
    whose = "the corpus's own" if seen.is_own else "shipped with gonogo"
    told = f"{overridden(seen)}, {told_of(seen)}" if seen.overridden else told_of(seen)
    return [printable(seen.title or seen.id), f"  {gates}; {whose}", f"  {printable(told)}"]


class ListTable(Lines):
    """One line a list: how it stands, its name, its gate, why."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (_OPEN, *MOVES)
    BINDINGS: ClassVar[list[BindingType]] = bindings((_OPEN,))

    class Opened(Message):
        """Somebody wants to walk a list."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self.lists: tuple[ListSeen, ...] = ()

    def show(self, lists: tuple[ListSeen, ...]) -> None:
        """Show lists as they stand; the cursor stays on its list."""
        if lists != self.lists:
            chosen = self.chosen
            self.lists = lists
            names = [each.id for each in lists]
            self.fill(len(lists), names.index(chosen.id) if chosen is not None and chosen.id in names else None)

    @property
    def chosen(self) -> ListSeen | None:
        """The list under the cursor."""
        return self.lists[self.at] if self.at < len(self.lists) else None

    def parts(self, at: int, width: int) -> list[Part]:
        """Draw one list."""
        seen = self.lists[at]
        sign, word, ink = state_of(seen)
        longest = min(max(len(each.id) for each in self.lists), max(16, width // 3))
        name = set_cell_size(printable(seen.id), longest)
        gate = f"[{', '.join(seen.gates)}] " if seen.gates else ""
        bold = inks.STRONG if seen.is_bound else inks.PLAIN
        before: list[Part] = [(f" {sign} {word:<{_STATE}} ", ink), (f"{name}  ", bold), (gate, inks.PLAIN)]
        return [*before, (cut(printable(told_of(seen)), width - wide(before)), "")]

    def empty(self) -> str:
        """Say why nothing is shown."""
        return "looking at the lists"

    def action_open(self) -> None:
        """Walk it."""
        if self.chosen is not None:
            self.post_message(self.Opened(self.chosen.id))


class ListsScreen(Frame):
    """The checklists of one place.

    Args:
        place: where.
    """

    TAB: ClassVar[str] = "checklists"

    def __init__(self, place: Place) -> None:
        super().__init__()
        self._place = place
        self._lists = Lists(place, time.monotonic)

    def compose_body(self) -> ComposeResult:
        """Lay out the table, and what there is to know of one list."""
        yield ListTable(id="lists")
        yield Static(id="about", markup=False)

    def on_unmount(self) -> None:
        """Let go of the thread."""
        self._lists.close()

    @property
    def table(self) -> ListTable:
        """The table."""
        return self.query_one(ListTable)

    async def look(self) -> bool:
        """Look how they stand, from the ledger alone."""
        found = await off_loop(self._lists.newest)
        if found is not None and self.is_attached:
            self.table.show(found)
        return False

    def heading(self) -> str:
        """Name whose lists these are."""
        return f"checklists  {self._place.corpus or 'no corpus'}"

    def status(self) -> tuple[Level, str] | Text:
        """Say whether a gate is shut."""
        bound = [each for each in self.table.lists if each.is_bound]
        shut = [each for each in bound if not each.is_go]
        if not self.table.lists:
            return Text("? looking", style=inks.UNKNOWN)
        if not bound:
            return Level.GREEN, "no gate is bound to a list: gonogo.toml, [gates]"
        if not shut:
            return Level.GREEN, f"GO: {', '.join(each.id for each in bound)}"
        red = any(each.is_red or each.problem for each in shut)
        return Level.RED if red else Level.YELLOW, f"NO-GO: {', '.join(each.id for each in shut)}"

    def show(self) -> None:
        """Say what there is to know of the list under the cursor."""
        chosen = self.table.chosen
        self.put("about", "\n".join(about(chosen)) if chosen is not None else "")

    def on_lines_moved(self, moved: Lines.Moved) -> None:
        """Tell of the list that the cursor went to."""
        moved.stop()
        self.draw()
