"""The console of a run, or of a window and the runs of its steps."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from app.console.base import ConsoleApp
from app.console.run_screen import RunScreen
from app.console.watch import Watch
from app.console.window.screen import WindowScreen
from app.console.window.source import WindowSource

_HERE = Path(__file__).parent


class Console(ConsoleApp):
    """A viewer of one run.

    Args:
        watched: the run; of a window, its timeline.
        budget_s: what it may take, where somebody said so.
    """

    CSS_PATH: ClassVar = [_HERE / "console.tcss", _HERE / "window" / "window.tcss"]

    def __init__(self, watched: Watch | WindowSource, budget_s: float | None = None) -> None:
        super().__init__(RunScreen(watched, budget_s) if isinstance(watched, Watch) else WindowScreen(watched))
