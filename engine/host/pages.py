"""Advice to the page cache, so that a disk works while a program computes; what it answers changes nothing.

Source: sync_file_range(2), posix_fadvise(2).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

_WRITE: Final = 2
"""SYNC_FILE_RANGE_WRITE: begin to write these pages, and do not wait."""
_FAR_KB: Final = 1024
"""The kernel's own default is 128, with which a disk that answers after a millisecond waits most of the time."""


@cache
def _sync_file_range() -> Callable[[int, int, int, int], int] | None:
    """Return the call of that name: Python has none; other systems than Linux have not."""
    try:
        call = ctypes.CDLL(None).sync_file_range
    except AttributeError:
        return None
    call.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    answer: Callable[[int, int, int, int], int] = call
    return answer


def begin_to_write(descriptor: int, offset: int, size_bytes: int) -> None:
    """Have pages of a file written now that would wait for its fsync.

    An error is not looked at: the file's fsync tells it again.
    """
    call = _sync_file_range()
    if call is not None:
        call(descriptor, offset, size_bytes, _WRITE)


@cache
def reads_far_ahead(device: int) -> bool:
    """Tell whether the kernel reads far ahead of who reads a file on this device, as it was set up there.

    Then advice only costs: pages that are asked for by advice come one by one, the kernel's own in large pieces.

    Args:
        device: as ``st_dev`` names it.
    """
    setting = Path(f"/sys/class/bdi/{os.major(device)}:{os.minor(device)}/read_ahead_kb")
    try:
        return int(setting.read_text(encoding="ascii")) >= _FAR_KB
    except (OSError, ValueError):
        return False


def read_ahead(descriptor: int, offset: int, size_bytes: int) -> None:
    """Have pages of a file read that will be wanted soon."""
    with contextlib.suppress(OSError):  # no file system needs to follow advice
        os.posix_fadvise(descriptor, offset, size_bytes, os.POSIX_FADV_WILLNEED)
