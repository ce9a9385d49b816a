"""The C library's heap: what a process that frees and takes the same buffers again and again tells it."""

from __future__ import annotations

import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1  # malloc.h
_MMAP_THRESHOLD: Final = -3
_KEPT_BYTES: Final = 128 << 20
_LARGEST_BYTES: Final = 32 << 20
"""As large as glibc takes it; larger blocks are mapped, and given back when they are freed."""


def keep_freed_memory() -> bool:
    """Have the heap keep what is freed for the next who asks, in place of giving it back to the kernel.

    A page that is taken anew is cleared by the kernel first: a third of the system time of a conversion, whose buffers
    of some 100 kB to 1 MB come and go with every clip. The peak is the same.

    Returns:
        Whether there is such a setting: glibc has it (mallopt(3)).
    """
    try:
        set_option = ctypes.CDLL(None).mallopt
    except AttributeError:
        return False
    return bool(set_option(_TRIM_THRESHOLD, _KEPT_BYTES)) and bool(set_option(_MMAP_THRESHOLD, _LARGEST_BYTES))
