"""What an error of the system means for a shard and for the others."""

from __future__ import annotations

import errno
from pathlib import Path

from engine.crew.answers import Trouble
from engine.errors import Fault
from engine.shards.files import ReadFailedError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSING = {errno.EROFS, errno.EIO}
"""A disk that has become read-only or failed a write will do so for the next shard as well."""


def trouble_of(error: OSError) -> Trouble:
    """Tell what an error of the system means for the other shards."""
    if error.errno in _FULL:
        return Trouble.SPACE
    if error.errno in _REFUSING and not isinstance(error, ReadFailedError):
        return Trouble.DISK
    return Trouble.SHARD


def fault_of(error: OSError, file: str) -> Fault:
    """Say what the system refuses, on which file, and the way out."""
    name = Path(str(error.filename)).name if error.filename is not None else file
    read = f"{error.strerror} ({errno.errorcode.get(error.errno or 0, error.errno)})"
    way_out = {
        Trouble.SPACE: "make room; a run that waits for it goes on by itself",
        Trouble.DISK: "look at the disk (dmesg) before running again",
        Trouble.SHARD: "see to it, then run again: the shard is as it was",
    }[trouble_of(error)]
    return Fault("the system refuses", file=name, read=read, way_out=way_out)
