"""A clip as the decode benchmark sees it, and the bytes of it."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self

import msgspec

_OPEN_TARS: Final = 64
"""Kept open at once: far below any limit of descriptors, and enough for workers that read a few tars at a time."""


class Clip(msgspec.Struct, frozen=True, kw_only=True):
    """One member of a tar."""

    tar: str
    """Path of the tar."""
    offset_bytes: int
    """Where the member's data begins."""
    size_bytes: int
    codec: str
    source: str
    duration_s: float
    """As the manifest has it."""


class Tars:
    """Reads clips by their place, with few tars open at once; the one that was read longest ago is closed."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, int] = OrderedDict()

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[Self]:
        """Give a reader whose tars are closed at the end."""
        tars = cls()
        try:
            yield tars
        finally:
            tars.close()

    def descriptor(self, tar: str) -> int:
        """Return a descriptor to read a tar with; it stays ours.

        Raises:
            OSError: when it cannot be opened.
        """
        found = self._open.get(tar)
        if found is not None:
            self._open.move_to_end(tar)
            return found
        opened = self._open[tar] = os.open(tar, os.O_RDONLY | os.O_CLOEXEC)
        if len(self._open) > _OPEN_TARS:
            os.close(self._open.popitem(last=False)[1])
        return opened

    def read(self, clip: Clip) -> bytes:
        """Return a clip's file; shorter than it should be where the tar ends before.

        Raises:
            OSError: when it cannot be read.
        """
        return os.pread(self.descriptor(clip.tar), clip.size_bytes, clip.offset_bytes)

    def close(self) -> None:
        """Close all tars."""
        while self._open:
            os.close(self._open.popitem()[1])
