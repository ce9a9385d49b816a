"""What a console knows of a run: its events folded, and the newest snapshot, read a few times a second."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from app.console.attending import Attending
from app.endings import ending_lines
from app.following import Following
from engine.convert.view import VIEWED, RunView
from engine.crew.crew import Snapshot

_READS_S = 0.2
"""Of a long log at a time: in between it is drawn how far it is."""


@dataclass(slots=True)
class Watch(Attending):
    """One run, watched by one screen or several; a look touches files and a socket: not for an event loop's thread."""

    view: RunView = field(default_factory=RunView)
    snapshot: Snapshot | None = None
    alive: bool = True
    changes: int = 0
    """Grows with every event: whoever shows shards looks whether there is anything new."""
    ending: tuple[str, ...] = ()
    """How it ended, once it has."""
    problem: str = ""
    """Why the log cannot be read, if so."""
    read_share: float | None = None
    """How much of a long log was read; None where it was read to its end, and what is known of the run is all of it."""
    _log: Following = field(init=False, repr=False, compare=False)
    _one_look: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        Attending.__post_init__(self)
        self._log = Following(self.folder.events_path, VIEWED)

    def look(self) -> None:
        """Read what is new; one look at a time, whoever asks."""
        with self._one_look:
            self.alive = self.folder.is_alive()
            self._read_events()
            if not self.alive and not self.ending:
                self.ending = tuple(ending_lines(self.folder))
            self.snapshot = self._ask(Snapshot, alive=self.alive)

    def _read_events(self) -> None:
        for block in self._log.blocks(time.monotonic() + _READS_S):
            self.view.take(block)
            self.changes += len(block.events)
        self.problem, self.read_share = self._log.problem, self._log.read_share
