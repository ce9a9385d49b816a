"""Following a file that another program writes: what was appended, once, whatever the writer does to the file.

The place in the file is a :class:`Cursor`: device, inode, offset, and a hash of the first bytes. It is trusted only
while all of them still hold. A file that was cut short or rewritten is read again from its beginning; one that was
replaced (a rotation, a rename over it) is drained to its end through the old handle before the new one is read. Each
new beginning is told between the chunks as a :class:`Restart`, so that whoever splits records drops a torn one.
"""

from __future__ import annotations

import enum
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.errors import printable

CHUNK_BYTES: Final = 3 << 15
"""The largest piece handed on at once. It is copied and looked through several times: from 128 KiB on each copy would
be memory that the system hands out anew and clears first, which takes longer than reading (measured)."""
HEAD_BYTES: Final = 256
"""How much of a file's beginning (and of what lies just before the offset) must be unchanged to go on reading."""


class Restart(enum.StrEnum):
    """Why reading begins again at the first byte."""

    TRUNCATED = "was cut short"
    REWRITTEN = "was written anew in place"
    REPLACED = "was replaced by a new file"


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a file was read, and how to know that it is still the same."""

    device: int
    inode: int
    offset: int
    head_bytes: int
    """How many bytes the hash covers: fewer than 256 where fewer were read."""
    head_sha1: str


class FileTail:
    """One path, followed. An idle poll costs one stat."""

    def __init__(self, path: Path, start: Cursor | None = None) -> None:
        """Follow ``path``, which need not be there yet.

        Args:
            path: the file.
            start: a cursor of an earlier reading; where the file is no longer the one it describes, reading begins
                at the first byte and says so.
        """
        self.path = path
        self.problem = ""
        """Why nothing can be read at the moment; "" for nothing."""
        self.newest_s: float | None = None
        """The file's own time of its last change."""
        self._start = start
        self._fd = -1
        self._identity = (0, 0)
        self._offset = 0
        self._head = b""
        self._before = b""
        self._quiet: tuple[int, int] | None = None
        self._seen_bytes = 0
        """How large the file was when it was last found unchanged; up to there one reading does not look again."""

    @property
    def cursor(self) -> Cursor:
        """How far it has been read."""
        device, inode = self._identity
        # A fingerprint, not a secret: SHA-1 is what the cursor's contract names.
        digest = hashlib.sha1(self._head, usedforsecurity=False).hexdigest()
        return Cursor(device, inode, self._offset, len(self._head), digest)

    def read(self, limit_bytes: int | None = None) -> Iterator[bytes | Restart]:
        """Yield what was appended, in chunks of at most 96 KiB, with a :class:`Restart` where it begins again.

        Args:
            limit_bytes: stop after about so many; the next call goes on there.
        """
        taken = 0
        self._seen_bytes = 0
        while limit_bytes is None or taken < limit_bytes:
            piece = self._next()
            if piece is None:
                return
            taken += len(piece) if isinstance(piece, bytes) else 0
            yield piece

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _next(self) -> bytes | Restart | None:
        if self._offset < self._seen_bytes:
            return self._take(self._seen_bytes)
        found = self._stat()
        if self._fd < 0:
            return None if found is None else self._begin()
        if found is None:
            return self._take(os.fstat(self._fd).st_size)
        if (found.st_dev, found.st_ino) != self._identity:
            # A rotation makes the new file first and tells the writer later: the old one counts until the new grows.
            drained = self._take(os.fstat(self._fd).st_size)
            return drained if drained is not None or not found.st_size else self._change_over()
        if found.st_size < self._offset:
            return self._restart(Restart.TRUNCATED)
        state = (found.st_size, found.st_mtime_ns)
        if state == self._quiet:
            return None
        if not self._is_unchanged(self._fd):
            return self._restart(Restart.REWRITTEN)
        self._seen_bytes = found.st_size
        piece = self._take(found.st_size)
        if piece is None:
            self._quiet = state
        return piece

    def _stat(self) -> os.stat_result | None:
        try:
            found = os.stat(self.path)  # noqa: PTH116 - four times a second for every source: no Path in between
        except FileNotFoundError:
            gone = "is gone" if self._fd >= 0 else "is not there yet"
            self.problem = f"{printable(str(self.path))} {gone}: waiting for it"
            return None
        except OSError as error:
            self.problem = f"{printable(str(self.path))} cannot be looked at: {error.strerror}"
            return None
        self.problem = ""
        self.newest_s = found.st_mtime
        return found

    def _begin(self) -> bytes | Restart | None:
        if not self._open():
            return None
        start, self._start = self._start, None
        if start is None or not start.offset:
            return self._take(os.fstat(self._fd).st_size)
        head = os.pread(self._fd, start.head_bytes, 0)
        same_file = self._identity == (start.device, start.inode) and os.fstat(self._fd).st_size >= start.offset
        if same_file and hashlib.sha1(head, usedforsecurity=False).hexdigest() == start.head_sha1:
            self._move_to(start.offset)
            return self._take(os.fstat(self._fd).st_size)
        return Restart.REPLACED

    def _open(self) -> bool:
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            self.problem = f"{printable(str(self.path))} cannot be opened: {error.strerror}"
            return False
        self.close()
        self._fd = fd
        found = os.fstat(fd)
        self._identity = (found.st_dev, found.st_ino)
        self._quiet = None
        return True

    def _change_over(self) -> bytes | Restart | None:
        offset, head, before = self._offset, self._head, self._before
        if not self._open():
            return None
        if offset and os.fstat(self._fd).st_size >= offset and self._is_unchanged(self._fd):
            # A copy that has grown (rsync writes beside and renames): all that was read stands in it unchanged.
            self._offset, self._head, self._before = offset, head, before
            return self._take(os.fstat(self._fd).st_size)
        return self._restart(Restart.REPLACED)

    def _restart(self, why: Restart) -> Restart:
        self._offset, self._head, self._before, self._quiet = 0, b"", b"", None
        return why

    def _is_unchanged(self, fd: int) -> bool:
        if os.pread(fd, len(self._head), 0) != self._head:
            return False
        return os.pread(fd, len(self._before), self._offset - len(self._before)) == self._before

    def _take(self, size_bytes: int) -> bytes | None:
        if size_bytes <= self._offset:
            return None
        data = os.pread(self._fd, min(CHUNK_BYTES, size_bytes - self._offset), self._offset)
        if not data:  # cut short since we looked: the next poll sees it
            return None
        self._offset += len(data)
        self._before = (self._before + data)[-HEAD_BYTES:] if len(data) < HEAD_BYTES else data[-HEAD_BYTES:]
        if len(self._head) < HEAD_BYTES:
            self._head = (self._head + data)[:HEAD_BYTES]
        return data

    def _move_to(self, offset: int) -> None:
        self._offset = offset
        self._head = os.pread(self._fd, min(HEAD_BYTES, offset), 0)
        self._before = os.pread(self._fd, min(HEAD_BYTES, offset), max(0, offset - HEAD_BYTES))
