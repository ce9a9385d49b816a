"""The console of a run."""

from __future__ import annotations

from pathlib import Path

from app.console.base import ConsoleApp
from app.console.run_screen import RunScreen
from app.console.watch import Watch


class Console(ConsoleApp):
    """A viewer of one run."""

    CSS_PATH = Path(__file__).with_name("console.tcss")

    def __init__(self, watch: Watch, budget_s: float | None = None) -> None:
        super().__init__(RunScreen(watch, budget_s))
