"""Whether a file is another than at the last look, for the price of one ``stat``; and the end of a log."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

Stamp = tuple[int, int, int, int]
"""Device, inode, size, mtime in nanoseconds."""
ABSENT: Final[Stamp] = (0, 0, -1, 0)
_BLOCK_BYTES: Final = 1 << 16
_LINE_LIMIT_BYTES: Final = 16 << 20
"""A summary with a thousand sources is under a megabyte; what is longer is no line of ours."""


def stamp(path: Path) -> Stamp:
    """Return what tells whether a file or folder changed; :data:`ABSENT` for one that is not there or not to be had."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return ABSENT
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def last_line(path: Path) -> bytes:
    """Return a log's last whole line without its end, reading no more of it than that; nothing of a log without one.

    Raises:
        OSError: when it cannot be read.
    """
    with path.open("rb") as log:
        at = log.seek(0, os.SEEK_END)
        tail = b""
        while at and len(tail) < _LINE_LIMIT_BYTES:
            size = min(_BLOCK_BYTES, at)
            at -= size
            log.seek(at)
            tail = log.read(size) + tail
            end = tail.rfind(b"\n")
            start = tail.rfind(b"\n", 0, max(end, 0))
            if end >= 0 and start >= 0:
                return tail[start + 1 : end]
        return b"" if at else tail[: max(tail.rfind(b"\n"), 0)]
