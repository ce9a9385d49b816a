"""How long a pool was at work: what a pace is reckoned over, for a pause says nothing about the work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class WorkClock:
    """Counts the seconds in which at least one of many is at work.

    Args:
        now: a clock that never goes back, in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._at_work = 0
        self._since = 0.0
        self._before = 0.0

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count one more at work, for as long as this is open."""
        if not self._at_work:
            self._since = self._now()
        self._at_work += 1
        try:
            yield
        finally:
            self._at_work -= 1
            if not self._at_work:
                self._before += self._now() - self._since

    @property
    def seconds(self) -> float:
        """So far."""
        return self._before + (self._now() - self._since if self._at_work else 0.0)
