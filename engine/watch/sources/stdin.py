"""Standard input as a source: ``trainer | gonogo watch -``; read without waiting."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterator, Sequence
from typing import Final

from engine.watch.sources.lines import LineSource
from engine.watch.sources.patterns import PATTERNS, Pattern
from engine.watch.sources.text import AnyTextReader
from engine.watch.tail import CHUNK_BYTES, Restart

NAME: Final = "-"


class PipeTail:
    """A descriptor that is read as far as it has something; its flags are left alone, others share them."""

    def __init__(self, fd: int = 0) -> None:
        self.problem = ""
        self.newest_s: float | None = None
        self.ended = False
        """Whether the other side has closed it: nothing more will come."""
        self._fd = fd

    def read(self, limit_bytes: int | None = None) -> Iterator[bytes | Restart]:
        """Yield what is there; never waits."""
        taken = 0
        while not self.ended and (limit_bytes is None or taken < limit_bytes) and self._is_ready():
            try:
                data = os.read(self._fd, CHUNK_BYTES)
            except BlockingIOError:
                return
            except OSError as error:
                self.problem, self.ended = f"standard input cannot be read: {error.strerror}", True
                return
            if not data:
                self.ended = True
                return
            taken += len(data)
            self.newest_s = time.time()
            yield data

    def close(self) -> None:
        """Nothing was opened here."""
        self.ended = True

    def _is_ready(self) -> bool:
        poller = select.poll()
        poller.register(self._fd, select.POLLIN | select.POLLHUP | select.POLLERR)
        return bool(poller.poll(0))


class StdinSource(LineSource):
    """Whatever a pipe brings; a :class:`~engine.watch.sources.base.Source`."""

    def __init__(self, fd: int = 0, name: str = NAME, patterns: Sequence[Pattern] = PATTERNS) -> None:
        """Read descriptor ``fd``."""
        self.pipe = PipeTail(fd)
        super().__init__(name, NAME, self.pipe, AnyTextReader(patterns))
