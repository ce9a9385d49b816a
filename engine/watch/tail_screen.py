"""Finding the few lines of a long log that can matter, without looking at each: by the letters they must contain.

A log of one gigabyte has some ten million lines, of which one in a hundred is a metric. Splitting all of them costs
as much as Python's own line loop, and a regular expression with alternatives five times that (measured). So a block
is compared as a whole, two bytes at a time, with one pair of letters of each anchor, the pair that is rarest in the
log itself; only a line in which a pair was found is looked at closely.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LARGE_BYTES: Final = 1 << 15
"""From this size on comparing arrays is cheaper than looping over lines; what a live log grows by is below it."""
_STRIDE_BYTES: Final = 1 << 18
"""Compared at once: two views of it and their results stay in a core's second-level cache."""

_PAIR_COSTS_HITS: Final = 200
"""Comparing a stride with one more pair takes as long as looking closely at so many places in it (measured)."""

Span = tuple[int, int]
"""Where a line begins and where it ends, without its end."""


class Screen:
    """Lines that contain at least one of some anchors."""

    def __init__(self, anchors: Sequence[bytes]) -> None:
        """Look for ``anchors``, each of at least two bytes and none with a line end."""
        self.anchors = tuple(dict.fromkeys(anchors))
        self._search = re.compile(b"|".join(re.escape(anchor) for anchor in self.anchors)).search
        self._pairs: tuple[int, ...] = ()
        self._before: npt.NDArray[np.bool_]
        self._after: npt.NDArray[np.bool_]
        """Which letters may stand before a pair's first and after its second; made with the pairs."""
        self._around: dict[bytes, tuple[tuple[bytes, int], ...]] = {}

    def spans(self, block: bytes, first: int = 0) -> Iterator[Span]:
        r"""Yield where the lines with an anchor lie, in order; ``block`` consists of lines that end in ``\n``.

        Args:
            block: whole lines.
            first: where the first line that counts begins.
        """
        if len(block) - first < LARGE_BYTES:
            yield from (span for span in every_line(block, first) if self._search(block, *span))
            return
        done = first
        for start in range(first, len(block), _STRIDE_BYTES):
            for at in self._places(block, start):
                if at >= done and self._is_anchor(block, at):
                    begin = block.rfind(b"\n", 0, at) + 1
                    done = block.find(b"\n", at)
                    yield begin, done

    def _is_anchor(self, block: bytes, at: int) -> bool:
        """Tell whether the pair found at a place is that of an anchor which stands around it."""
        for anchor, inside in self._around[block[at : at + 2]]:  # noqa: SIM110 - a generator costs as much again
            if block.startswith(anchor, at - inside):
                return True
        return False

    def _places(self, block: bytes, start: int) -> list[int]:
        """Return where a pair begins in one stride, in order, if the letters beside it may be those of its anchor."""
        import numpy as np  # noqa: PLC0415 - heavy, and only a long log needs it

        piece = block[start : start + _STRIDE_BYTES + 1]
        if len(piece) < 2:
            return []
        # The odd places are a copy: an unaligned view is compared element by element.
        views = [np.frombuffer(part, np.uint16, len(part) // 2) for part in (piece, piece[1:])]
        pairs = self._pairs or self._cover(np.bincount(np.concatenate(views), minlength=1 << 16).tolist())
        found = []
        for odd, view in enumerate(views):
            # Arrays made anew for each pair would cost more, in page faults, than the comparisons.
            mask, same = np.empty(len(view), np.bool_), np.empty(len(view), np.bool_)
            np.equal(view, pairs[0], out=mask)
            for pair in pairs[1:]:
                np.equal(view, pair, out=same)
                np.bitwise_or(mask, same, out=mask)
            found.append(np.flatnonzero(mask) * 2 + odd)
        at = np.sort(np.concatenate(found)) + start
        letters = np.frombuffer(block, np.uint8)
        kept = self._before[letters[at], letters[np.maximum(at - 1, 0)]]
        kept &= self._after[letters[at + 1], letters[np.minimum(at + 2, len(letters) - 1)]]
        places: list[int] = at[kept].tolist()
        return places

    def _cover(self, counts: Sequence[int]) -> tuple[int, ...]:
        """Choose pairs so that each anchor has one, by least cost: comparing with it, and looking at what it finds."""
        import numpy as np  # noqa: PLC0415 - as above

        having: dict[int, set[bytes]] = {}
        for anchor in self.anchors:
            for at in range(len(anchor) - 1):
                having.setdefault(int.from_bytes(anchor[at : at + 2], sys.byteorder), set()).add(anchor)
        open_anchors, chosen = set(self.anchors), []
        while open_anchors:
            pair = min(
                (pair for pair in having if having[pair] & open_anchors),
                key=lambda pair: (_PAIR_COSTS_HITS + counts[pair]) / len(having[pair] & open_anchors),
            )
            chosen.append(pair)
            open_anchors -= having[pair]
        self._pairs = tuple(chosen)
        self._before, self._after = np.zeros((256, 256), np.bool_), np.zeros((256, 256), np.bool_)
        for letters in (pair.to_bytes(2, sys.byteorder) for pair in chosen):
            inside = [(anchor, anchor.find(letters)) for anchor in self.anchors]
            self._around[letters] = tuple((anchor, at) for anchor, at in inside if at >= 0)
            for anchor, at in self._around[letters]:
                self._before[letters[0], anchor[at - 1] if at else slice(None)] = True
                self._after[letters[1], anchor[at + 2] if at + 2 < len(anchor) else slice(None)] = True
        return self._pairs


def every_line(block: bytes, start: int = 0) -> Iterator[Span]:
    """Yield where each line of a block lies, from ``start`` on."""
    for line in (block[start:] if start else block).split(b"\n")[:-1]:
        yield start, start + len(line)
        start += len(line) + 1


def count_lines(block: bytes) -> int:
    """Count the lines of a block: five times as fast as ``bytes.count`` where the block is large."""
    if len(block) < LARGE_BYTES:
        return block.count(b"\n")
    import numpy as np  # noqa: PLC0415 - heavy, and only a long log needs it

    return int(np.count_nonzero(np.frombuffer(block, np.uint8) == ord("\n")))
