"""The Textual application that watches training runs: theme, signals, and its one screen."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import ClassVar

from app.console.base import ConsoleApp
from app.console.training.facts import Facts
from app.console.training.looks import Looks
from app.console.training.screen import TrainingScreen


class TrainingConsole(ConsoleApp):
    """Watches training runs.

    Args:
        looks: looks at them.
        facts: what else is known.
    """

    CSS_PATH: ClassVar[list[str | PurePath]] = [
        Path(__file__).parents[1] / "console.tcss",
        Path(__file__).with_name("training.tcss"),
    ]

    def __init__(self, looks: Looks, facts: Facts) -> None:
        super().__init__(TrainingScreen(looks, facts))
