"""The few file-system calls that the swap and its recovery are made of, behind one small interface.

Everything that touches a shard on disk goes through :class:`Files`, so that a simulated file system, an injected error
or a kill before the n-th call can stand in for the real one (:class:`RealFiles`).

``fsync`` is never tried twice: after a failed write-back the kernel marks the pages clean, the second call says yes and
the data are gone (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from engine.host.pages import begin_to_write, reads_far_ahead
from engine.host.rename import rename_new

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_AHEAD_BYTES = 8 << 20
"""How far a disk reads on before its reader, where the kernel does not see to it, and how much waits to be written: on
the disk that was measured, reading was 1.3 times as fast with it, and writing 1.6 times."""
_SEQUENTIAL_BYTES = 256 << 10
"""Reads of this size, one behind the other, are taken for a walk through the whole file."""


class ReadFailedError(OSError):
    """Raised when bytes of a file cannot be read: a fault of that file, where a refused write is one of the disk."""


class Identity(msgspec.Struct, frozen=True):
    """What ``lstat`` says of one version of one file; while all of it is unchanged, so is the content."""

    device: int
    inode: int
    size_bytes: int
    mtime_ns: int
    ctime_ns: int


class Facts(msgspec.Struct, frozen=True):
    """What ``lstat`` says of a path that is there."""

    identity: Identity
    is_file: bool
    """A regular file: no symbolic link, folder, device or fifo."""
    links: int


class Reader(Protocol):
    """An open file, read by position."""

    size_bytes: int
    facts: Facts

    def read_at(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes at ``offset``, fewer only at the end of the file."""


class Writer(Protocol):
    """A new file that is being written."""

    def write(self, data: bytes | memoryview) -> None:
        """Append all of ``data``."""

    def sync(self) -> None:
        """Bring everything written to the disk (fsync)."""


class Files(Protocol):
    """What the swap needs of a file system. Every method may raise ``OSError``."""

    def facts(self, path: Path) -> Facts | None:
        """Return what stands at ``path`` itself (no link followed), None when nothing does."""

    def open(self, path: Path, *, uncached: bool = False) -> contextlib.AbstractContextManager[Reader]:
        """Open a file for reading; ``uncached`` drops its pages from the cache first, so that the disk answers."""

    def create(self, path: Path) -> contextlib.AbstractContextManager[Writer]:
        """Create a file that must not be there yet."""

    def resemble(self, path: Path, model: Path) -> None:
        """Give a file of ours the mode and, where that is allowed, the owner of another."""

    def link(self, old: Path, new: Path) -> None:
        """Give a file a second name; fails when ``new`` is there."""

    def move(self, old: Path, new: Path) -> None:
        """Give a file another name; fails when ``new`` is there."""

    def rename(self, old: Path, new: Path) -> None:
        """Put ``old`` in the place of ``new`` in one step."""

    def unlink(self, path: Path) -> None:
        """Take a name away."""

    def sync_file(self, path: Path) -> None:
        """Bring a file's content to the disk."""

    def sync_folder(self, folder: Path) -> None:
        """Bring the names in a folder to the disk."""


class RealFiles:
    """The file system of this machine."""

    def facts(self, path: Path) -> Facts | None:
        """See :meth:`Files.facts`."""
        try:
            return _facts(path.lstat())
        except FileNotFoundError:
            return None

    @contextlib.contextmanager
    def open(self, path: Path, *, uncached: bool = False) -> Iterator[_RealReader]:
        """See :meth:`Files.open`."""
        descriptor = os.open(path, _READ)
        try:
            if uncached:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            yield _RealReader(descriptor, path)
        finally:
            _close_read(descriptor, path)

    @contextlib.contextmanager
    def create(self, path: Path) -> Iterator[_RealWriter]:
        """See :meth:`Files.create`. An error of close is an error: NFS tells of lost writes there."""
        descriptor = os.open(path, _CREATE, 0o600)
        try:
            yield _RealWriter(descriptor, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.close(descriptor)
            raise
        with _naming(path):
            os.close(descriptor)

    def resemble(self, path: Path, model: Path) -> None:
        """See :meth:`Files.resemble`. The owner first: a change of it takes mode bits away."""
        status = model.lstat()
        with contextlib.suppress(PermissionError):  # only root may give files away; the mode is what protects them
            os.chown(path, status.st_uid, status.st_gid, follow_symlinks=False)
        path.chmod(stat.S_IMODE(status.st_mode))

    def link(self, old: Path, new: Path) -> None:
        """See :meth:`Files.link`."""
        os.link(old, new, follow_symlinks=False)

    def move(self, old: Path, new: Path) -> None:
        """See :meth:`Files.move`."""
        rename_new(old, new)

    def rename(self, old: Path, new: Path) -> None:
        """See :meth:`Files.rename`."""
        os.rename(old, new)  # noqa: PTH104  # the system call by its name

    def unlink(self, path: Path) -> None:
        """See :meth:`Files.unlink`."""
        path.unlink()

    def sync_file(self, path: Path) -> None:
        """See :meth:`Files.sync_file`."""
        _sync(path, _READ)

    def sync_folder(self, folder: Path) -> None:
        """See :meth:`Files.sync_folder`."""
        _sync(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


class _RealReader:
    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self._path = path
        with _naming(path):
            self.facts = _facts(os.fstat(descriptor))
        self.size_bytes = self.facts.identity.size_bytes
        self._next = self._asked = 0
        self._reads_ahead = not reads_far_ahead(self.facts.identity.device)

    def read_at(self, offset: int, size: int) -> bytes:
        self._read_ahead(offset, size)
        parts = []
        while size > 0:  # Linux hands out at most 2 GiB a call, and a signal may cut one short
            try:
                data = os.pread(self._descriptor, size, offset)
            except OSError as error:
                raise ReadFailedError(error.errno, error.strerror, str(self._path)) from error
            if not data:
                break
            parts.append(data)
            offset, size = offset + len(data), size - len(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _read_ahead(self, offset: int, size: int) -> None:
        """Have the disk read on while the caller works, where it reads the file from one end to the other."""
        follows, self._next = offset == self._next, offset + size
        if follows and size >= _SEQUENTIAL_BYTES and self._next < self.size_bytes:
            start = max(self._asked, self._next)
            if start < self._next + _AHEAD_BYTES // 2:
                self._asked = self._next + _AHEAD_BYTES
                os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL) if not start else None


class _RealWriter:
    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self._path = path
        self._written = self._begun = 0

    def write(self, data: bytes | memoryview) -> None:
        view = memoryview(data).cast("B")
        self._written += len(view)
        with _naming(self._path):
            while view:
                view = view[os.write(self._descriptor, view) :]
        if self._written - self._begun >= _AHEAD_BYTES:
            begin_to_write(self._descriptor, self._begun, self._written - self._begun)
            self._begun = self._written

    def sync(self) -> None:
        with _naming(self._path):
            os.fsync(self._descriptor)


def _facts(status: os.stat_result) -> Facts:
    identity = Identity(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return Facts(identity, stat.S_ISREG(status.st_mode), status.st_nlink)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    with _naming(path):
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _close_read(descriptor: int, path: Path) -> None:
    try:
        os.close(descriptor)
    except OSError as error:
        raise ReadFailedError(error.errno, error.strerror, str(path)) from error


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Put the file's name into an error of a call that knows only its descriptor."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
