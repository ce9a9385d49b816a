"""A followed file that gives its handle back while nothing happens: folders of logs hold thousands of old files."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from engine.watch.tail import Cursor, FileTail, Restart

_REST_AFTER_S: Final = 600.0
"""A file that has not changed for so long is closed; its cursor finds the place again. Writers flush every 2 minutes
(SummaryWriter's default), and a process has 1,024 handles."""


class RestingTail:
    """One path, followed piece by piece."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.newest_s: float | None = None
        """The file's own time of its last change."""
        self._tail: FileTail | None = FileTail(path)
        self._cursor: Cursor | None = None
        self._left_as: tuple[int, int, int] | None = None

    @property
    def problem(self) -> str:
        """Why nothing can be read at the moment; "" for nothing."""
        return "" if self._tail is None else self._tail.problem

    def piece(self) -> Iterator[bytes | Restart]:
        """Yield at most one chunk of what was appended, and before it what happened to the file."""
        tail = self._awake()
        if tail is None:
            return
        read = False
        for piece in tail.read(limit_bytes=1):
            read = True
            yield piece
        self.newest_s = tail.newest_s
        if not read and tail.newest_s is not None and time.time() - tail.newest_s > _REST_AFTER_S:
            self._rest(tail)

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        if self._tail is not None:
            self._tail.close()

    def _awake(self) -> FileTail | None:
        if self._tail is None and self._state() != self._left_as:
            self._tail = FileTail(self.path, self._cursor)
        return self._tail

    def _rest(self, tail: FileTail) -> None:
        self._left_as = self._state()
        if self._left_as is not None:
            self._cursor, self._tail = tail.cursor, None
            tail.close()

    def _state(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self.path)  # noqa: PTH116 (several times a second for every file)
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns
