"""What takes long to find is found on a thread of its own; whoever asks gets what was found last, at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Slowly(Generic[T]):
    """One such thing. Its thread is begun when it is first asked for, and is always the same: SQLite insists on that.

    Args:
        name: of the thread.
        find: finds it. A fault of the world is part of what it returns; what it raises is raised again to who asks.
        clock: seconds, of a clock that never goes back.
        least_s: so long it is left alone after a look, whatever changed.
        most_s: after so long it is looked for again, also where nothing changed.
    """

    def __init__(
        self, name: str, find: Callable[[], T], clock: Callable[[], float], *, least_s: float, most_s: float
    ) -> None:
        self._name, self._find, self._clock = name, find, clock
        self._least_s, self._most_s = least_s, most_s
        self._found: T | None = None
        self._began_s: float | None = None
        self._fault: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._asked, self._rests = threading.Event(), threading.Event()
        self._is_closed = False
        self._rests.set()

    def newest(self, *, is_changed: bool = False) -> T | None:
        """Return what was found last, None before anything was; have it looked for anew where that is due.

        Args:
            is_changed: what it rests on is another than when it was looked for last.
        """
        fault, self._fault = self._fault, None
        if fault is not None:
            raise fault
        if self._rests.is_set() and self._is_due(is_changed=is_changed):
            self._began_s = self._clock()
            self._rests.clear()
            self._asked.set()
            if self._thread is None:
                # A daemon: a read from a server that is gone blocks for ever, and no exit may wait for it.
                self._thread = threading.Thread(target=self._work, name=f"home-{self._name}", daemon=True)
                self._thread.start()
        return self._found

    def settle(self, timeout_s: float) -> bool:
        """Wait until it is not being looked for; tell whether that came to be."""
        return self._rests.wait(timeout_s)

    def close(self) -> None:
        """Look for it no more."""
        self._is_closed = True
        self._asked.set()

    def _is_due(self, *, is_changed: bool) -> bool:
        if self._began_s is None:
            return True
        passed_s = self._clock() - self._began_s
        return passed_s >= (self._least_s if is_changed else self._most_s)

    def _work(self) -> None:
        while True:
            self._asked.wait()
            self._asked.clear()
            if self._is_closed:
                return
            try:
                self._found = self._find()
            except BaseException as fault:  # noqa: BLE001  # handed to the one who asks next
                self._fault = fault
            self._rests.set()
