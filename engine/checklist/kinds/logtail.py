"""Following a log: the last part of what is there, then what is added, across cuts and new files."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from engine.errors import GonogoError, printable

TAIL_BYTES: Final = 16 << 20
"""So much of what is there is read: days of a training's log, in a tenth of a second."""
_READ_BYTES: Final = 1 << 18
_LINE_BYTES: Final = 1 << 14
"""Longer lines are searched to here: a pattern may take far more time than the line is long."""
_BREAK: Final = re.compile(rb"[\r\n]")


class NoLogError(GonogoError):
    """Raised when what should be a log is a folder, a pipe or a device."""


class LogTail:
    """A log that is followed; one thread at a time may use it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._rest = b""
        self._closed = False
        self.was_there = False
        """Whether there was a file at any time."""
        self.is_cut = False
        """Whether the file was longer than what is read of it."""

    def lines(self, *, last: bool) -> Iterator[str]:
        """Give the lines that came since; with ``last``, also one that is still without its end.

        Raises:
            NoLogError: when it is no regular file.
            OSError: when it cannot be read; one that is not there has no lines.
        """
        if self._file is None:
            self._open(tail=True)
        yield from self._read()
        if self._is_replaced():
            # What the old file still held was read above: its last lines are part of the log.
            yield from self._flush()
            self.close_file()
            self._open(tail=False)
            yield from self._read()
        if last:
            yield from self._flush()

    def close(self) -> None:
        """Let go of the file; a reader on a thread that was left behind finds nothing more."""
        self._closed = True
        self.close_file()

    def close_file(self) -> None:
        """Let go of the file, to open its successor."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def _open(self, *, tail: bool) -> None:
        try:
            # Not to wait for a writer, where it is a pipe.
            handle = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        file = os.fdopen(handle, "rb", 0)
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            file.close()
            raise NoLogError(f"{printable(str(self._path))} is no regular file; wanted a log")
        self.was_there = True
        if tail and state.st_size > TAIL_BYTES:
            self.is_cut = True
            file.seek(state.st_size - TAIL_BYTES)
            # The first line there is most likely half of one.
            self._skip_to_break(file)
        self._file = file

    @staticmethod
    def _skip_to_break(file: BinaryIO) -> None:
        beginning = file.read(_READ_BYTES)
        found = _BREAK.search(beginning)
        file.seek((found.end() if found else len(beginning)) - len(beginning), io.SEEK_CUR)

    def _read(self) -> Iterator[str]:
        if self._file is None:
            return
        if os.fstat(self._file.fileno()).st_size < self._file.tell():
            self._file.seek(0)  # It was cut, and begins again.
            self._rest = b""
        while not self._closed and (chunk := self._file.read(_READ_BYTES)):
            *whole, rest = _BREAK.split(self._rest + chunk)
            self._rest = rest[:_LINE_BYTES]
            yield from map(_text, filter(None, whole))

    def _flush(self) -> Iterator[str]:
        rest, self._rest = self._rest, b""
        if rest:
            yield _text(rest)

    def _is_replaced(self) -> bool:
        if self._file is None:
            return False
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return False
        ours = os.fstat(self._file.fileno())
        return (now.st_dev, now.st_ino) != (ours.st_dev, ours.st_ino)


def _text(line: bytes) -> str:
    return line[:_LINE_BYTES].decode("utf-8", "replace")
