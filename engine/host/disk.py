"""Room on the volume that a path lies on."""

from __future__ import annotations

import os
from pathlib import Path

FLOOR_SHARE = 0.05
FLOOR_BYTES_MAX = 10 * 10**9
"""The default floor: enough for file systems that slow down or fragment when full, never more than 10 GB."""


def free_bytes(path: Path) -> int:
    """Return what an ordinary user may still write on the volume of ``path``, which need not exist yet."""
    found = os.statvfs(existing(path))
    return found.f_bavail * found.f_frsize


def volume_bytes(path: Path) -> int:
    """Return the size of the volume of ``path``."""
    found = os.statvfs(existing(path))
    return found.f_blocks * found.f_frsize


def free_inodes(path: Path) -> int | None:
    """Return how many files can still be made; None where the file system does not count (btrfs, network)."""
    found = os.statvfs(existing(path))
    return found.f_favail if found.f_files else None


def default_floor(path: Path) -> int:
    """Return the free space that a conversion keeps where nothing is configured, in bytes."""
    return floor_of(volume_bytes(path))


def floor_of(volume: int) -> int:
    """Return the smaller of 5 % of a volume of this many bytes and 10 GB.

    >>> floor_of(100 * 10**9)
    5000000000
    """
    return min(int(volume * FLOOR_SHARE), FLOOR_BYTES_MAX)


def device_of(path: Path) -> int:
    """Return the device number of the volume of ``path``: two paths with the same one share room and can be linked."""
    return existing(path).stat().st_dev


def existing(path: Path) -> Path:
    """Return ``path`` or its nearest ancestor that exists."""
    path = path.absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
