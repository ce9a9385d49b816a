"""Files of lines that are only ever added to: one writer at a time, each line durable before anybody is told of it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from engine.errors import GonogoError, SafetyStopError
from engine.run.log import append_whole
from engine.run.read_only import refuse_changes

_WAIT_S: Final = 10.0
"""A writer holds the lock for one fsync; one that takes longer is stuck."""
_BETWEEN_LOOKS_S: Final = 0.02


class LockedLines:
    """A file in the hands of its only writer; given by :func:`locked_lines`."""

    def __init__(self, path: Path, fd: int, what: str) -> None:
        self._path = path
        self._fd = fd
        self._what = what

    def append(self, line: bytes) -> None:
        """Add one line, given without its newline; it is durable when this returns.

        Raises:
            SafetyStopError: when it cannot be written; the file then ends with the line before it.
        """
        assert b"\n" not in line, "a line is one line"
        try:
            append_whole(self._fd, line + b"\n")
            os.fsync(self._fd)
        except OSError as fault:
            raise _refused(self._path, fault, self._what) from fault

    def empty(self) -> None:
        """Throw away all that is there.

        Raises:
            SafetyStopError: when the system refuses.
        """
        try:
            os.ftruncate(self._fd, 0)
        except OSError as fault:
            raise _refused(self._path, fault, self._what) from fault


@contextlib.contextmanager
def locked_lines(path: Path, what: str = "file", *, keeps_torn: bool = False) -> Iterator[LockedLines]:
    """Open a file for appending, made with its folders where it is missing; nobody else appends meanwhile.

    Args:
        path: the file.
        what: what it is, for complaints: ``ledger``.
        keeps_torn: what becomes of a last line without its end, which a crash leaves and nobody was promised. True
            closes it, and it stays in its place; else it is cut off, so that it never becomes a middle one.

    Raises:
        GonogoError: when another writer does not let go.
        SafetyStopError: when the file cannot be opened or written.
        ReadOnlyError: when this program changes nothing.
    """
    refuse_changes(f"{path} (the {what}) would be written")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    except OSError as fault:
        raise _refused(path, fault, what) from fault
    try:
        _wait_for_lock(path, fd)
        try:
            _settle(path, fd, keeps_torn=keeps_torn)
        except OSError as fault:
            raise _refused(path, fault, what) from fault
        yield LockedLines(path, fd, what)
    finally:
        os.close(fd)


def whole_lines(content: bytes) -> list[bytes]:
    """Return the lines of a file that is being written; one without its end is not there yet."""
    return content.split(b"\n")[:-1]


def _settle(path: Path, fd: int, *, keeps_torn: bool) -> None:
    """Make the name of a new file durable, and close or cut off a torn tail."""
    end = os.fstat(fd).st_size
    if not end:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    elif os.pread(fd, 1, end - 1) == b"\n":
        return
    elif keeps_torn:
        append_whole(fd, b"\n")
    else:
        os.ftruncate(fd, path.read_bytes().rfind(b"\n") + 1)


def _wait_for_lock(path: Path, fd: int) -> None:
    give_up = time.monotonic() + _WAIT_S
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up:
                told = f"{path}: another program has been writing for {_WAIT_S:.0f} s; end it and try again"
                raise GonogoError(told) from None
            time.sleep(_BETWEEN_LOOKS_S)
        else:
            return


def _refused(path: Path, fault: OSError, what: str) -> SafetyStopError:
    return SafetyStopError(f"{path}: the {what} cannot be written ({fault.strerror}); make room there and try again")
