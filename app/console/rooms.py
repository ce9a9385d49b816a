"""The screens that a console can open beside its first, each made when it is wanted."""

from __future__ import annotations

from typing import Protocol

from app.console.frame import Frame
from engine.convert.view import Level


class Rooms(Protocol):
    """Makes screens for one place: a corpus and its state."""

    @property
    def run_id(self) -> str:
        """The run that the console is about; "" for none."""

    def attention(self) -> tuple[int, Level]:
        """Return how many alerts nobody has seen, and the worst level of these; blocks, for it reads logs."""

    def make(self, name: str) -> Frame | str:
        """Return one of :data:`app.console.tabs.NAMES`; a sentence that says why there is none, else."""

    def open(self, kind: str, ref: str) -> Frame | str:
        """Return the screen of one thing: a run, a window, a checklist; a sentence that says why not, else."""
