"""What is shown in a terminal that has no room: how much is wanted, and nothing that a key could hurt."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from app.console.look import inks
from app.terminal import SMALLEST


def is_too_small(columns: int, rows: int) -> bool:
    """Tell whether a terminal has no room for the console: keys would act unseen."""
    return columns < SMALLEST[0] or rows < SMALLEST[1]


class TooSmall(ModalScreen[None]):
    """Covers everything while there is no room; swallows every key but the one that leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "app.leave", "Leave", id="small.leave")]

    def compose(self) -> ComposeResult:
        """Say what is wanted."""
        yield Static(id="small", markup=False)
        yield Static(id="how", markup=False)

    def how(self, told: Text) -> None:
        """Say how it is all the same."""
        self.query_one("#how", Static).update(inks.spanned(told))

    def on_resize(self) -> None:
        """Say how much room there is now."""
        told = f"too small: wanted {SMALLEST[0]}x{SMALLEST[1]}, is {self.size.width}x{self.size.height}"
        self.query_one("#small", Static).update(f"{told}\nkeys rest; q leaves, and what runs goes on")
