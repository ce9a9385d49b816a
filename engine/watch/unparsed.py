"""The first few kinds of lines that hold no metric: what an operator looks at to see whether a pattern is missing."""

from __future__ import annotations

import re
from typing import Final

from engine.errors import printable
from engine.watch.records import UnparsedLine
from engine.watch.tail_lines import clean

LOOKED_AT: Final = 2_000
"""Lines that are sorted into kinds: most lines of a log are passed over unread, and a banner, a configuration and the
lines of a trainer come within the first thousand."""
KINDS: Final = 5
"""Kinds that are shown: as many as a glance takes in."""
_SHOWN: Final = 200
_NUMBERS: Final = re.compile(r"[-+]?\d[\d.,:]*(?:e[-+]?\d+)?%?", re.IGNORECASE)


class UnparsedLines:
    """Sorts lines into kinds that differ in their numbers alone, until it has seen enough."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._texts: dict[str, str] = {}
        self._looked_at = 0

    @property
    def is_full(self) -> bool:
        """Whether more lines would not be looked at."""
        return self._looked_at >= LOOKED_AT

    def look(self, block: bytes) -> None:
        """Take in whole lines that nobody has read."""
        for line in block.split(b"\n", LOOKED_AT - self._looked_at)[:-1]:
            self.take(clean(line))

    def take(self, line: str) -> None:
        """Take in one line that was not understood; an empty one is none."""
        if self.is_full or not line.strip():
            return
        self._looked_at += 1
        kind = _NUMBERS.sub("#", line[:_SHOWN])
        if kind in self._counts:
            self._counts[kind] += 1
        elif len(self._counts) < KINDS:
            self._counts[kind], self._texts[kind] = 1, printable(line.strip()[:_SHOWN])

    def shown(self) -> tuple[UnparsedLine, ...]:
        """Return the first kinds, in the order in which they came."""
        return tuple(UnparsedLine(self._texts[kind], count) for kind, count in self._counts.items())
