"""A named pipe as a source: ``mkfifo log; trainer > log``, or ``gonogo watch <(ssh machine tail -f log)``."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.errors import printable
from engine.watch.late import LateSource
from engine.watch.sources.base import Source
from engine.watch.sources.lines import LineSource
from engine.watch.sources.patterns import PATTERNS, Pattern
from engine.watch.sources.stdin import StdinSource
from engine.watch.sources.text import AnyTextReader
from engine.watch.tail import CHUNK_BYTES, Restart


class FifoTail:
    """A pipe that is read as far as it has something; writers may come and go."""

    def __init__(self, path: Path) -> None:
        self.problem = ""
        self.newest_s: float | None = None
        self.has_writer = False
        """Whether somebody holds its other end, as far as the last read told."""
        self._path = path
        self._fd: int | None = None
        self._is_torn = False

    def read(self, limit_bytes: int | None = None) -> Iterator[bytes | Restart]:
        """Yield what is there; never waits, for a writer neither."""
        taken = 0
        while limit_bytes is None or taken < limit_bytes:
            data = self._next()
            if not data:
                break
            taken += len(data)
            self.newest_s, self._is_torn = time.time(), not data.endswith(b"\n")
            yield data
        if self._is_torn and not self.has_writer:  # what its writer left half said is no beginning of the next one's
            self._is_torn = False
            yield b"\n"

    def close(self) -> None:
        """Let go of it; a second call does nothing."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        self.has_writer = False

    def _next(self) -> bytes:
        try:
            fd = self._opened()
            data = os.read(fd, CHUNK_BYTES)
            if not data and self._was_replaced(fd):
                self.close()
                data = os.read(self._opened(), CHUNK_BYTES)
            self.has_writer, self.problem = bool(data), ""
        except BlockingIOError:
            self.has_writer, self.problem = True, ""
            return b""
        except OSError as error:
            self.problem = f"{printable(str(self._path))} cannot be read: {error.strerror}: waiting for it"
            self.close()
            return b""
        return data

    def _opened(self) -> int:
        if self._fd is None:
            self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        return self._fd

    def _was_replaced(self, fd: int) -> bool:
        now, ours = self._path.stat(), os.fstat(fd)
        return (now.st_dev, now.st_ino) != (ours.st_dev, ours.st_ino)


class PipeSource(LineSource):
    """What comes through a named pipe; a :class:`~engine.watch.sources.base.Source`."""

    def __init__(
        self, name: str, path: Path, patterns: Sequence[Pattern] = PATTERNS, *, logging_steps: int = 1
    ) -> None:
        """Read the pipe at ``path``."""
        self.pipe = FifoTail(path)
        super().__init__(name, str(path), self.pipe, AnyTextReader(patterns, logging_steps=logging_steps))


def may_go_on(source: Source) -> bool:
    """Tell whether a source is a stream whose other side is open: its end is not what was read so far."""
    if isinstance(source, LateSource):
        return source.source is not None and may_go_on(source.source)
    if isinstance(source, StdinSource):
        return not source.pipe.ended
    return isinstance(source, PipeSource) and source.pipe.has_writer
