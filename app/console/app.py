"""The Textual application: theme, signals, and the one screen of a run."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import ClassVar

from textual.app import App
from textual.binding import BindingType

from app.console.run_screen import RunScreen
from app.console.watch import Watch

_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT)


class Console(App[int]):
    """A viewer of one run."""

    CSS_PATH = Path(__file__).with_name("console.tcss")
    ENABLE_COMMAND_PALETTE = False
    TITLE = "gonogo"
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, watch: Watch, budget_s: float | None = None) -> None:
        if os.environ.get("NO_COLOR"):
            # Chosen before the App exists: a theme changed later is black on black there.
            os.environ["TEXTUAL_THEME"] = "ansi-dark"
        super().__init__()
        self._watch = watch
        self._budget_s = budget_s

    def on_mount(self) -> None:
        """Leave the terminal as it was, whatever signal comes: Textual handles none of these itself."""
        loop = asyncio.get_running_loop()
        for which in _SIGNALS:
            loop.add_signal_handler(which, self._end, which)
        self.push_screen(RunScreen(self._watch, self._budget_s))

    def _end(self, which: signal.Signals) -> None:
        self.exit(return_code=128 + which)
