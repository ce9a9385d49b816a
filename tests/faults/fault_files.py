"""File systems that fail on purpose: the process is killed, a call errs, or the disk gives back other bytes.

Each wraps another ``Files`` and counts the calls that reach it, so that a test can strike the 1st, the 2nd, … call
until a run comes through.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

import msgspec

from engine.shards.files import Facts, Files, Reader, ReadFailedError, Writer

EFFECTS = frozenset(
    {"create", "write", "sync", "close", "link", "move", "rename", "unlink", "sync_file", "sync_folder"}
)
"""The calls that change the disk, or what is durable on it; a kill before any other call is a kill before the next of
these."""


class Harm(StrEnum):
    """What a strike does."""

    KILL = "kill"
    """SIGKILL to the own process, before the call."""
    ERROR_BEFORE = "error before"
    """The call is refused."""
    ERROR_AFTER = "error after"
    """The call is done and says that it was not, as over a network that lost the answer."""
    ERRORS_FROM_HERE = "errors from here"
    """This call and all that change something are refused from now on, as by a disk that became read-only."""


class Strike(msgspec.Struct, frozen=True):
    """Which call is struck, counted from 1, and how."""

    at: int
    harm: Harm
    errno: int = 0


class FaultFiles:
    """A file system that is struck once, and remembers every call as ``what name``."""

    def __init__(self, files: Files, strike: Strike | None = None) -> None:
        self.calls: list[str] = []
        self._files = files
        self._strike = strike

    def facts(self, path: Path) -> Facts | None:
        with self._call("facts", path):
            return self._files.facts(path)

    @contextlib.contextmanager
    def open(self, path: Path, *, uncached: bool = False) -> Iterator[Reader]:
        with contextlib.ExitStack() as stack:
            with self._call("open", path):
                reader = stack.enter_context(self._files.open(path, uncached=uncached))
            yield _FaultReader(reader, lambda: self._call("read_at", path))

    @contextlib.contextmanager
    def create(self, path: Path) -> Iterator[Writer]:
        with contextlib.ExitStack() as stack:
            with self._call("create", path):
                writer = stack.enter_context(self._files.create(path))
            yield _FaultWriter(writer, lambda what: self._call(what, path))
            with self._call("close", path):
                stack.close()

    def resemble(self, path: Path, model: Path) -> None:
        with self._call("resemble", path):
            self._files.resemble(path, model)

    def link(self, old: Path, new: Path) -> None:
        with self._call("link", new):
            self._files.link(old, new)

    def move(self, old: Path, new: Path) -> None:
        with self._call("move", new):
            self._files.move(old, new)

    def rename(self, old: Path, new: Path) -> None:
        with self._call("rename", new):
            self._files.rename(old, new)

    def unlink(self, path: Path) -> None:
        with self._call("unlink", path):
            self._files.unlink(path)

    def sync_file(self, path: Path) -> None:
        with self._call("sync_file", path):
            self._files.sync_file(path)

    def sync_folder(self, folder: Path) -> None:
        with self._call("sync_folder", folder):
            self._files.sync_folder(folder)

    @contextlib.contextmanager
    def _call(self, what: str, path: Path) -> Iterator[None]:
        self.calls.append(f"{what} {path.name}")
        harm = self._harm(what)
        if harm is Harm.KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        if harm in (Harm.ERROR_BEFORE, Harm.ERRORS_FROM_HERE):
            raise self._error(what)
        yield
        if harm is Harm.ERROR_AFTER:
            raise self._error(what)

    def _harm(self, what: str) -> Harm | None:
        strike, number = self._strike, len(self.calls)
        if strike is None or number < strike.at:
            return None
        if number == strike.at:
            return strike.harm
        return strike.harm if strike.harm is Harm.ERRORS_FROM_HERE and what in EFFECTS else None

    def _error(self, what: str) -> OSError:
        assert self._strike is not None
        kind = ReadFailedError if what == "read_at" else OSError
        return kind(self._strike.errno, os.strerror(self._strike.errno))


class _FaultReader:
    def __init__(self, reader: Reader, call: Callable[[], contextlib.AbstractContextManager[None]]) -> None:
        self._reader, self._call = reader, call
        self.size_bytes, self.facts = reader.size_bytes, reader.facts

    def read_at(self, offset: int, size: int) -> bytes:
        with self._call():
            return self._reader.read_at(offset, size)


class _FaultWriter:
    def __init__(self, writer: Writer, call: Callable[[str], contextlib.AbstractContextManager[None]]) -> None:
        self._writer, self._call = writer, call

    def write(self, data: bytes | memoryview) -> None:
        with self._call("write"):
            self._writer.write(data)

    def sync(self) -> None:
        with self._call("sync"):
            self._writer.sync()


class LyingFiles(FaultFiles):
    """A disk that took what it was given and gives back something else; what is cached still looks right."""

    def __init__(self, files: Files, lies_about: Callable[[Path], bool], *, cached_too: bool = False) -> None:
        super().__init__(files)
        self._lies_about = lies_about
        self._cached_too = cached_too

    @contextlib.contextmanager
    def open(self, path: Path, *, uncached: bool = False) -> Iterator[Reader]:
        with super().open(path, uncached=uncached) as reader:
            lies = (uncached or self._cached_too) and self._lies_about(path)
            yield _LyingReader(reader) if lies else reader


class _LyingReader:
    """One bit in the middle of the file is another."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.size_bytes, self.facts = reader.size_bytes, reader.facts

    def read_at(self, offset: int, size: int) -> bytes:
        data = bytearray(self._reader.read_at(offset, size))
        at = self.size_bytes // 2 - offset
        if 0 <= at < len(data):
            data[at] ^= 1
        return bytes(data)
