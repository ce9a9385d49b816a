"""The line in which a text is typed that shards are to have."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class Search(Input):
    """Shows what it finds while it is typed; Enter keeps it, Escape takes it back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "forget", "All again", id="search.forget"),
        Binding("enter,down", "keep", "Keep", id="search.keep"),
    ]

    class Closed(Message):
        """Nothing more is typed."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id, classes="line", placeholder="shard, state or reason; Enter keeps it, Esc shows all")
        self.display = False

    def open(self, text: str) -> None:
        """Take what is typed from now on."""
        self.display = True
        self.value = text
        self.focus()

    def action_keep(self) -> None:
        """Keep what it found."""
        self.display = False
        self.post_message(self.Closed())

    def action_forget(self) -> None:
        """Show all again."""
        self.value = ""
        self.action_keep()
