"""The screens that a console can open beside its first, each made when it is wanted."""

from __future__ import annotations

from typing import Protocol

from app.console.frame import Frame


class Rooms(Protocol):
    """Makes screens for one place: a corpus and its state."""

    def make(self, name: str) -> Frame | str:
        """Return one of :data:`app.console.tabs.NAMES`; a sentence that says why there is none, else."""

    def open(self, kind: str, ref: str) -> Frame | str:
        """Return the screen of one thing: a run, a window, a checklist; a sentence that says why not, else."""
