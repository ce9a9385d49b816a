"""The event log: facts appended to a JSON Lines file, each line written whole, and told to listeners.

A line is ``{"type":…,"time":…,"run":…,…}``. The one writer is the engine; any number of readers follow the file
(:mod:`engine.run.reading`).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from engine.errors import SafetyStopError
from engine.run.events import Event
from engine.run.wire import encode, join_objects

Listener = Callable[[Event, bytes], None]
"""Called with each event and its line (newline included), after the line is in the file."""


def utc_now() -> datetime:
    """Return the wall clock, which records use; durations come from the monotonic clock."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """Write a moment as RFC 3339 in UTC, with milliseconds and a Z: ``2026-01-31T09:30:00.125Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Head(msgspec.Struct, frozen=True):
    type: str
    time: str
    run: str | None


def encode_event(event: Event, *, moment: datetime, run_id: str | None) -> bytes:
    """Encode one event as its line: type first, then time and run, then its own fields."""
    tag = event.type_name()
    own = encode(event)
    fields = b"{" + own[len(b'{"type":') + len(encode(tag)) :].removeprefix(b",")
    return join_objects(encode(_Head(tag, rfc3339(moment), run_id)), fields) + b"\n"


class EventLog:
    """The log of one run, for its one writer.

    Args:
        path: the file; None for a job that leaves nothing behind, whose events reach the listeners alone.
        run_id: what each line names as its run; None where no run was made.
        now: the wall clock.
    """

    def __init__(self, path: Path | None, run_id: str | None, now: Callable[[], datetime] = utc_now) -> None:
        self.listeners: list[Listener] = []
        self._path = path
        self._run_id = run_id
        self._now = now
        self._fd = None if path is None else _open_at_line_start(path)

    @property
    def run_id(self) -> str | None:
        """The run that each line names; None where no run was made."""
        return self._run_id

    def append(self, event: Event, durable: bool = False) -> bytes:
        """Write one event and tell the listeners; return its line.

        Args:
            event: what happened.
            durable: fsync before returning, where a promise rests on this line.

        Raises:
            SafetyStopError: when the line cannot be written. The file then ends with the line before it.
        """
        line = encode_event(event, moment=self._now(), run_id=self._run_id)
        if self._fd is not None:
            try:
                append_whole(self._fd, line)
                if durable:
                    os.fsync(self._fd)
            except OSError as fault:
                raise SafetyStopError(
                    f"{self._path}: cannot record what happens ({fault.strerror}); make room there and run it again"
                ) from fault
        for listener in tuple(self.listeners):
            listener(event, line)
        return line

    def close(self) -> None:
        """Close the file; events after this reach the listeners alone."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _open_at_line_start(path: Path) -> int:
    """Open for appending; a torn last line of an earlier writer is cut off, so that it never becomes a middle one."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    end = os.fstat(fd).st_size
    if end and os.pread(fd, 1, end - 1) != b"\n":
        os.ftruncate(fd, path.read_bytes().rfind(b"\n") + 1)
    return fd


def append_whole(fd: int, line: bytes) -> None:
    """Append a line in one write; one that did not fit is taken back before the fault goes up.

    Raises:
        OSError: when the system refuses it.
    """
    start = os.fstat(fd).st_size
    try:
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(fd, rest) :]
    except OSError:
        with contextlib.suppress(OSError):  # the first fault is the one to tell; the next opening cuts what is left
            os.ftruncate(fd, start)
        raise
