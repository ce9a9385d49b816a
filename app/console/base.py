"""What every console of ours is: an application that gives the terminal back, whatever signal ends it."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import ClassVar, Final

from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen

_ENDS_S: Final = 5.0
"""Textual gives the terminal back within half a second."""
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
        self._last_resort: threading.Timer | None = None

    def on_mount(self) -> None:
        """Leave the terminal as it was, whatever signal comes: Textual handles none of these itself."""
        loop = asyncio.get_running_loop()
        for which in _SIGNALS:
            loop.add_signal_handler(which, self.end_by, which)
        self.push_screen(self._first)

    def end_by(self, which: signal.Signals) -> None:
        """End as a program that this signal ended; where the terminal is gone, Textual is not waited for for ever.

        Its thread that writes may have died with a full queue, which its shutdown then wants to write to.
        """
        if self._last_resort is None:
            self._last_resort = threading.Timer(_ENDS_S, os._exit, (128 + which,))
            self._last_resort.daemon = True
            self._last_resort.start()
        self.exit(return_code=128 + which)

    def has_ended(self) -> None:
        """Say that it came to its end: what is done from here on may take its time."""
        if self._last_resort is not None:
            self._last_resort.cancel()
