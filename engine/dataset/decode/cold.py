"""Getting clips out of the page cache without being root, and looking whether they are gone.

Source: posix_fadvise(2): POSIX_FADV_DONTNEED leaves pages that are only partly in the range, dirty ones, and those
that another process has mapped; mincore(2) tells which pages are there.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

import numpy as np

from engine.dataset.decode.clip import Clip, Tars

_PAGE: Final = mmap.PAGESIZE
_FOLIO: Final = 1 << 21
"""The kernel keeps files in folios of up to 2 MiB, by whose size they are aligned, and drops none of them in part."""


def drop_from_cache(clips: Sequence[Clip], tars: Tars) -> list[str]:
    """Advise the kernel to forget the clips' pages.

    A file system in memory keeps all of its files, and one on the network may. Their neighbours in the tar, up to
    2 MiB away, are forgotten along with them.

    Returns:
        The tars of which something is still there, each once; reads of these are not cold.
    """
    for clip in clips:
        with contextlib.suppress(OSError):  # a tar that is gone: the pass that follows says so
            os.posix_fadvise(tars.descriptor(clip.tar), *_widened(clip, _FOLIO), os.POSIX_FADV_DONTNEED)
    return sorted({clip.tar for clip in clips if _is_cached(clip, tars)})


def _is_cached(clip: Clip, tars: Tars) -> bool:
    with contextlib.suppress(OSError):
        return cached_pages(tars.descriptor(clip.tar), clip) > 0
    return False


def cached_pages(descriptor: int, clip: Clip) -> int:
    """Return how many of a clip's pages are in the cache; all of them where the kernel does not tell.

    Linux tells nobody but the owner of a file, and those who may write it, and says "all" to others.

    Raises:
        OSError: when the file cannot be mapped.
    """
    start, length = _widened(clip, _PAGE)
    length = min(length, os.fstat(descriptor).st_size - start)
    if length <= 0:
        return 0
    pages = -(-length // _PAGE)
    there = (ctypes.c_ubyte * pages)()
    with mmap.mmap(descriptor, length, mmap.MAP_SHARED, mmap.PROT_READ, offset=start) as mapped:
        address = int(np.frombuffer(mapped, np.uint8).ctypes.data)
        if _mincore()(address, length, there):
            return pages
    return sum(flags & 1 for flags in there)


def _widened(clip: Clip, unit: int) -> tuple[int, int]:
    """Return where the whole units begin that hold a clip, and their length."""
    start = clip.offset_bytes // unit * unit
    return start, -(-(clip.offset_bytes + clip.size_bytes) // unit) * unit - start


@cache
def _mincore() -> Callable[..., int]:
    call = ctypes.CDLL(None, use_errno=True).mincore
    call.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.POINTER(ctypes.c_ubyte))
    answer: Callable[..., int] = call
    return answer
