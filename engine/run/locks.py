"""Locks between processes: flock, whose holder the kernel forgets when it dies; never a pid file.

The content of a lock file names its holder for messages only. The lock belongs to the open file, so children that
are exec'd do not hold it (``O_CLOEXEC``): a worker that writes takes its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import os
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from engine.errors import GonogoError, printable
from engine.run.read_only import refuse_changes
from engine.run.wire import encode

_ATTEMPTS = 5
_BETWEEN_ATTEMPTS_S = 0.01
"""A reader that asks whether a lock is held takes it, shared, for microseconds; holding waits that long."""


class Holder(msgspec.Struct, frozen=True):
    """Who holds a lock, as the holder wrote it; for messages, never for decisions."""

    host: str
    boot_id: str
    pid: int
    started: str
    user: str
    run: str

    def __str__(self) -> str:
        """Tell a person where to look: ``run … (pid 41 of anna on gpu-3, since …)``."""
        what = f"run {self.run} " if self.run else ""
        return printable(f"{what}(pid {self.pid} of {self.user} on {self.host}, since {self.started})")


class LockHeldError(GonogoError):
    """Raised when another process holds a lock; carries its holder where it named itself."""

    def __init__(self, path: Path, holder: Holder | None) -> None:
        super().__init__(f"{path}: held by {holder if holder is not None else 'another process'}")
        self.path = path
        self.holder = holder


class HeldLock:
    """A lock in our hands until :meth:`release`, the end of a ``with`` block, or the end of this process."""

    def __init__(self, path: Path, fd: int, *, named: bool) -> None:
        self.path = path
        self._fd = fd
        self._named = named

    def release(self) -> None:
        """Let go; a second call does nothing. The file stays: removing it would race with the next holder."""
        fd, self._fd = self._fd, -1
        if fd < 0:
            return
        with contextlib.suppress(OSError):  # the name is a courtesy: a full or vanished volume must not keep the lock
            if self._named:
                os.ftruncate(fd, 0)
        os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def hold(path: Path, note: str = "") -> HeldLock:
    """Take the lock at ``path``, made where it is missing, and write there who holds it.

    Args:
        path: the lock file.
        note: the run that holds it.

    Raises:
        LockHeldError: when another process, or another part of this one, holds it.
        ReadOnlyError: when this program changes nothing, and so has nothing to hold.
    """
    refuse_changes(f"{path} would be locked for changes")
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    if not _try_lock(fd, fcntl.LOCK_EX):
        os.close(fd)
        raise LockHeldError(path, read_holder(path))
    content = encode(_ourselves(note)) + b"\n"
    with contextlib.suppress(OSError):  # a full volume costs the name, not the lock
        os.pwrite(fd, content, 0)
        os.ftruncate(fd, len(content))
    return HeldLock(path, fd, named=True)


def hold_folder(path: Path) -> HeldLock:
    """Take the lock of a folder itself; nothing is written, so the holder stays unnamed.

    Raises:
        LockHeldError: when another process holds it.
        ReadOnlyError: when this program changes nothing, and so has nothing to hold.
    """
    refuse_changes(f"{path} would be locked for changes")
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    if not _try_lock(fd, fcntl.LOCK_EX):
        os.close(fd)
        raise LockHeldError(path, None)
    return HeldLock(path, fd, named=False)


def is_held(path: Path) -> bool:
    """Tell whether anybody holds the lock of this file or folder now; what is not there is not held."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def read_holder(path: Path) -> Holder | None:
    """Return who wrote themselves down in a lock file; None where nobody did, or not legibly."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    except (OSError, msgspec.DecodeError):
        return None


def boot_id() -> str:
    """Return the kernel's id of this boot; empty where there is none (not Linux)."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _try_lock(fd: int, mode: int) -> bool:
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_BETWEEN_ATTEMPTS_S)
        try:
            fcntl.flock(fd, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return True
    return False


def _ourselves(note: str) -> Holder:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's uid without a name
        user = f"uid {os.getuid()}"
    started = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Holder(socket.gethostname(), boot_id(), os.getpid(), started, user, note)
