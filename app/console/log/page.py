"""One line of a log in full: all that it holds, as plain text, wrapped or as it stands."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from app.console.actions import Action, bindings
from app.console.log.keys import PAGE
from app.console.modals import Reading


class EventPage(ModalScreen[None]):
    """A page of text of any width."""

    DEFAULT_CSS = """
    EventPage { align: center middle; }
    EventPage .box { width: 95%; max-width: 120; }
    EventPage Reading { overflow-x: auto; }
    EventPage.unwrapped #event { width: auto; text-wrap: nowrap; }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = PAGE
    BINDINGS: ClassVar[list[BindingType]] = bindings(PAGE)

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """Show it."""
        with Vertical(classes="box"):
            with Reading():
                yield Static(Text(self._text), id="event", markup=False)
            yield Static("escape  close        w  wrap        j/k  read on", classes="keys", markup=False)

    def action_wrap(self) -> None:
        """Break long lines, or let them run on."""
        self.toggle_class("unwrapped")
