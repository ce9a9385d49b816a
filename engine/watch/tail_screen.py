"""Finding the few lines of a long log that can matter, without looking at each: by the words they must contain.

A log of one gigabyte has some ten million lines, of which one in a hundred is a metric. Splitting all of them costs
as much as Python's own line loop, and a regular expression with alternatives five times that (measured). So a block
is searched as a whole for all words at once, by the Aho-Corasick library's vector search (Teddy), at 4 GB/s.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from ahocorasick_rs import BytesAhoCorasick, MatchKind

_PREFIX_BYTES: Final = 4
"""The vector search compares so many bytes of each word, or fewer where its shortest word has no more."""
_MOST_WORDS: Final = 16
"""It has eight classes of words and looks closely at whatever might be of one: two searches for half of thirty words
each take half as long as one for all (measured)."""
_LARGE_BYTES: Final = 1 << 15
"""From this size on an array is cheaper to count in than bytes are; what a live log grows by is below it."""

Span = tuple[int, int]
"""Where a line begins and where it ends, without its end."""


class Screen:
    """Lines that contain at least one of some anchors."""

    def __init__(self, anchors: Sequence[bytes]) -> None:
        """Look for ``anchors``, none with a line end."""
        # Only the leftmost kinds of match use the vector search. They pass over an anchor that overlaps the one
        # before it; that is on the same line.
        self._searches = [BytesAhoCorasick(words, matchkind=MatchKind.LeftmostFirst) for words in _groups(anchors)]

    def spans(self, block: bytes, first: int = 0) -> Iterator[Span]:
        r"""Yield where the lines with an anchor lie, in order; ``block`` consists of lines that end in ``\n``.

        Args:
            block: whole lines.
            first: where the first line that counts begins.
        """
        done = first
        part = memoryview(block)[first:]
        found = sorted(at for search in self._searches for _, at, _ in search.find_matches_as_indexes(part))
        for at in found:
            if at + first >= done:
                begin = block.rfind(b"\n", 0, at + first) + 1
                done = block.find(b"\n", at + first)
                yield begin, done


def _groups(anchors: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Share the anchors out among searches; the shortest have one of their own, so that they slow no other."""
    words = sorted(set(anchors))
    short = [word for word in words if len(word) < _PREFIX_BYTES]
    if short:
        yield short
    long = [word for word in words if len(word) >= _PREFIX_BYTES]
    size = math.ceil(len(long) / math.ceil(len(long) / _MOST_WORDS)) if long else 1
    yield from (long[start : start + size] for start in range(0, len(long), size))


def every_line(block: bytes, start: int = 0) -> Iterator[Span]:
    """Yield where each line of a block lies, from ``start`` on."""
    for line in (block[start:] if start else block).split(b"\n")[:-1]:
        yield start, start + len(line)
        start += len(line) + 1


def count_lines(block: bytes) -> int:
    """Count the lines of a block: five times as fast as ``bytes.count`` where the block is large."""
    if len(block) < _LARGE_BYTES:
        return block.count(b"\n")
    import numpy as np  # noqa: PLC0415 - heavy, and only a long log needs it

    return int(np.count_nonzero(np.frombuffer(block, np.uint8) == ord("\n")))
