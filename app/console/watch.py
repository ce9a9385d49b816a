"""What a console knows of a run: its events folded, and the newest snapshot, read a few times a second."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

import msgspec

from app.console.attending import Attending
from app.endings import ending_lines
from engine.convert.view import VIEWED, RunView
from engine.crew.crew import Snapshot
from engine.errors import GonogoError
from engine.run.events import Event
from engine.run.reading import EventParser, LogTail

_READS_S = 0.2
"""Of a long log at a time: in between it is drawn how far it is."""
_LITTLE_BYTES = 1 << 20
"""What is written while it is read is no backlog."""
_RATES_KEPT = 7_200
"""Half an hour at four looks a second: as much history as a plot can show."""


@dataclass(slots=True)
class Watch(Attending):
    """One run, watched. Reading it touches files and a socket: not for an event loop's own thread."""

    view: RunView = field(default_factory=RunView)
    snapshot: Snapshot | None = None
    alive: bool = True
    rates: deque[float] = field(default_factory=lambda: deque(maxlen=_RATES_KEPT))
    """Bytes of originals a second, between looks."""
    changes: int = 0
    """Grows with every event: whoever shows shards looks whether there is anything new."""
    ending: tuple[str, ...] = ()
    """How it ended, once it has."""
    problem: str = ""
    """Why the log cannot be read on, if so."""
    read_share: float | None = None
    """How much of a long log was read; None where it was read to its end, and what is known of the run is all of it."""
    _tail: LogTail[Event] | None = None

    def look(self) -> None:
        """Read what is new."""
        self.alive = self.folder.is_alive()
        self._read_events()
        if not self.alive and not self.ending:
            self.ending = tuple(ending_lines(self.folder))
        told = self._ask(alive=self.alive)
        before, self.snapshot = self.snapshot, None if told is None else msgspec.json.decode(told, type=Snapshot)
        if before is not None and self.snapshot is not None:
            passed_s = self.snapshot.elapsed_s - before.elapsed_s
            if passed_s > 0:
                self.rates.append(max(0.0, (self.snapshot.bytes_done - before.bytes_done) / passed_s))

    def _read_events(self) -> None:
        if self._tail is None:
            parser: EventParser[Event] = EventParser(VIEWED)
            self._tail = LogTail(self.folder.events_path, parser)
        try:
            until = time.monotonic() + _READS_S
            for block in self._tail.blocks(lambda: time.monotonic() > until):
                self.view.take(block)
                self.changes += len(block.events)
        except GonogoError as error:
            self.problem = str(error)
        left, read = self._tail.behind_bytes, self._tail.read_bytes
        self.read_share = read / (read + left) if left > _LITTLE_BYTES and not self.problem else None
