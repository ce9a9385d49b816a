"""A log followed as far as one look has time for: a million events must not hold up what is known already."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import UnionType
from typing import Final

from app.home.files import ABSENT, stamp
from engine.errors import GonogoError
from engine.run.events import Event
from engine.run.reading import EventParser, Logged, LogTail

_BETWEEN_CLOCKS: Final = 200
"""Events between two looks at the clock: a millisecond or two."""


class Following:
    """One log.

    Args:
        path: the log.
        types: the events that are wanted.
        apply: takes each, in order.
    """

    def __init__(self, path: Path, types: UnionType, apply: Callable[[Logged[Event]], None]) -> None:
        parser: EventParser[Event] = EventParser(types)
        self._path, self._apply = path, apply
        self._tail: LogTail[Event] = LogTail(path, parser)
        self._unread: Iterator[Logged[Event]] | None = None
        self._stamp = ABSENT
        self.problem = ""
        """Why it cannot be read on, if so."""

    @property
    def is_drained(self) -> bool:
        """Tell whether everything was read that was there at the last look."""
        return self._unread is None

    def read(self, until_s: float) -> bool:
        """Read what is new, until a moment of the monotonic clock; tell whether anything was."""
        now = stamp(self._path)
        if self.problem or (self._unread is None and now == self._stamp):
            return False
        if self._unread is None:
            self._unread, self._stamp = self._tail.unread(), now
        try:
            self._take(self._unread, until_s)
        except (GonogoError, OSError, KeyError) as error:  # a KeyError: a step that no plan has, of a damaged log
            self._unread, self.problem = None, str(error)
        return True

    def _take(self, unread: Iterator[Logged[Event]], until_s: float) -> None:
        for count, logged in enumerate(unread, 1):
            self._apply(logged)
            if count % _BETWEEN_CLOCKS == 0 and time.monotonic() > until_s:
                return
        self._unread = None
