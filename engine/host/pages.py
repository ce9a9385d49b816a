"""Advice to the page cache, so that a disk works while a program computes. Advice only: what it answers changes nothing.

Source: sync_file_range(2), posix_fadvise(2).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Callable
from functools import cache
from typing import Final

_WRITE: Final = 2
"""SYNC_FILE_RANGE_WRITE: begin to write these pages, and do not wait."""


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


def read_ahead(descriptor: int, offset: int, size_bytes: int) -> None:
    """Have pages of a file read that will be wanted soon."""
    with contextlib.suppress(OSError):  # no file system needs to follow advice
        os.posix_fadvise(descriptor, offset, size_bytes, os.POSIX_FADV_WILLNEED)
