"""A log read on from look to look, for whoever shows a run while it works: what keeps it from being read is told."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Final, TypeVar

from engine.errors import GonogoError
from engine.run.events import Event
from engine.run.reading import Block, EventParser, Logged, LogTail

T = TypeVar("T")

_BETWEEN_CLOCKS: Final = 200
"""Events between two looks at the clock: a millisecond or two."""
_LITTLE_BYTES: Final = 1 << 20
"""What is written while it is read is no backlog."""


class Following:
    """One log, from one thread at a time: by its events, each with its time, or by blocks of them, which is quicker.

    A damaged line ends it for good. What a disk refuses is tried again at the next look.

    Args:
        path: the log; it need not be there yet.
        types: the events that are wanted.
    """

    def __init__(self, path: Path, types: UnionType) -> None:
        parser: EventParser[Event] = EventParser(types)
        self._path = path
        self._tail: LogTail[Event] = LogTail(path, parser)
        self._unread: Iterator[Logged[Event]] | None = None
        self._is_damaged = self._is_cut_short = False
        self.problem = ""
        """Why the last look could not read it, if so."""

    @property
    def is_drained(self) -> bool:
        """Tell whether everything was read that was there at the last look, or ever can be."""
        return self._is_damaged or not (self._is_cut_short or self.problem)

    @property
    def read_share(self) -> float | None:
        """How much of a long log was read; None where the rest is little, or will never be read."""
        if self.problem:
            return None
        left, read = self._tail.behind_bytes, self._tail.read_bytes
        return read / (read + left) if left > _LITTLE_BYTES else None

    def events(self, until_s: float = math.inf) -> Iterator[Logged[Event]]:
        """Yield what is new, until a moment of the monotonic clock; what is left then comes with the next look."""
        unread = self._unread = self._unread or self._tail.unread()
        self._is_cut_short = True
        for count in itertools.count(1):
            logged = self._next(unread)
            if logged is None:
                break
            yield logged
            if count % _BETWEEN_CLOCKS == 0 and time.monotonic() > until_s:
                return
        self._unread, self._is_cut_short = None, False

    def blocks(self, until_s: float = math.inf) -> Iterator[Block[Event]]:
        """Yield what :meth:`events` would, many at a time; a log is read in one of the two ways."""
        self._is_cut_short = False
        unread = self._tail.blocks(lambda: self._cut_short(until_s))
        while (block := self._next(unread)) is not None:
            yield block

    def _cut_short(self, until_s: float) -> bool:
        self._is_cut_short = time.monotonic() > until_s
        return self._is_cut_short

    def _next(self, unread: Iterator[T]) -> T | None:
        """Return what comes next; None where there is nothing more, or it cannot be read."""
        if self._is_damaged:
            return None
        self.problem = ""
        try:
            return next(unread, None)
        except GonogoError as error:
            self.problem, self._is_damaged = str(error), True
        except OSError as error:
            self.problem = f"{self._path}: {error.strerror or error}"
        return None
