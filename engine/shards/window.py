"""Small reads out of larger ones: many headers for one call to the file system, where they lie close together."""

from __future__ import annotations

from engine.shards.files import Reader

LEAST_BYTES = 8 << 10
"""One far header, and the head of the clip behind it: two pages, which is what a disk hands out anyway."""
MOST_BYTES = 1 << 20


class Windows:
    """Reads a file by position, and keeps the last piece that was read.

    A piece that follows closely on the one before is twice as long, up to a MiB; after a jump it is small again. So a
    walk over short members reads the file once in large pieces, one over long members only what it needs of them.

    Args:
        reader: the file; it must not change while this is used.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._held = b""
        self._offset = 0
        self._next_bytes = LEAST_BYTES

    def read_at(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes at ``offset``, fewer only at the end of the file."""
        start = offset - self._offset
        if start >= 0 and start + size <= len(self._held):
            return self._held[start : start + size]
        if size >= MOST_BYTES:
            return self._reader.read_at(offset, size)
        follows = 0 <= start <= 2 * len(self._held) > 0
        self._next_bytes = min(MOST_BYTES, 2 * self._next_bytes) if follows else LEAST_BYTES
        self._held = self._reader.read_at(offset, max(size, self._next_bytes))
        self._offset = offset
        return self._held[:size]
