"""What every console of ours is: an application that gives the terminal back, whatever signal ends it."""

from __future__ import annotations

import asyncio
import signal
from typing import ClassVar, Final

from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen

_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT)


class ConsoleApp(App[int]):
    """Opens on one screen and ends on any signal.

    Args:
        first: the screen.
    """

    ENABLE_COMMAND_PALETTE = False
    TITLE = "gonogo"
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, first: Screen[None]) -> None:
        super().__init__()
        self._first = first

    def on_mount(self) -> None:
        """Leave the terminal as it was, whatever signal comes: Textual handles none of these itself."""
        loop = asyncio.get_running_loop()
        for which in _SIGNALS:
            loop.add_signal_handler(which, self.end_by, which)
        self.push_screen(self._first)

    def end_by(self, which: signal.Signals) -> None:
        """End as a program that this signal ended."""
        self.exit(return_code=128 + which)
