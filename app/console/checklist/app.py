"""The Textual application that walks one checklist: theme, signals, and its one screen."""

from __future__ import annotations

import signal
from pathlib import Path, PurePath
from typing import ClassVar

from textual.events import Key
from textual.widgets import Input

from app.console.base import ConsoleApp
from app.console.checklist.hand import Hand
from app.console.checklist.screen import ChecklistScreen
from engine.checklist.walk import Walk


class ChecklistConsole(ConsoleApp):
    """Walks a checklist.

    Args:
        walk: the list, in its corpus.
        who: the name to answer and sign as; "" for the one that the key has.
        key: the key to sign with; None for the one that is set, or the user's own.
    """

    CSS_PATH: ClassVar[list[str | PurePath]] = [
        Path(__file__).parents[1] / "console.tcss",
        Path(__file__).with_name("checklist.tcss"),
    ]

    def __init__(self, walk: Walk, who: str, key: Path | None) -> None:
        self.hand = Hand(walk, who, key)
        super().__init__(ChecklistScreen(walk, self.hand))

    def on_key(self, event: Key) -> None:
        """Give what was typed ahead to the question that it is for, and let the list refuse a key.

        Both here, where keys come one after the other: what was typed before this one has been done by now. A field
        keeps the letters that it gets, so one that comes here was typed before the field was there.
        """
        field = self.focused
        if isinstance(field, Input) and event.is_printable and event.character is not None:
            field.insert_text_at_cursor(event.character)
            event.prevent_default()
        elif isinstance(self.screen, ChecklistScreen) and self.screen.refuses(event.key):
            event.prevent_default()

    def end_by(self, which: signal.Signals) -> None:
        """End as any console does, but for Ctrl-C at the question for a passphrase: that is for ssh-keygen alone."""
        if which is signal.SIGINT and self.hand.is_typing:
            return
        self.hand.let_go()
        super().end_by(which)
