"""The lines of a log that are wanted, found from the newest back, a little at a time; what was found stays found."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.log_events import Kind, may_be
from app.log_reading import GrowingLines, LogLine
from app.log_words import Row

FOUND_MOST: Final = 200_000
"""Lines that are kept as found: nobody reads more, and each costs eight bytes."""
_AT_ONCE: Final = 256
"""Lines between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are wanted."""

    kind: Kind = Kind.OTHER
    """One of the kinds; ``OTHER`` for all."""
    text: str = ""
    """What a line must hold, in its words or as it stands in the file; capitals make no difference."""

    @property
    def is_all(self) -> bool:
        """Tell whether every line is wanted."""
        return self.kind is Kind.OTHER and not self.text

    def holds(self, line: LogLine, row_of: Callable[[LogLine], Row]) -> bool:
        """Tell whether a line is wanted."""
        if self.kind is not Kind.OTHER and not may_be(line.content, self.kind):
            return False
        text = self.text.casefold()
        is_said = not text or text in line.content.decode("utf-8", "replace").casefold()
        if is_said and self.kind is Kind.OTHER:
            return True
        row = row_of(line)
        return (is_said or text in row.text.casefold()) and (self.kind is Kind.OTHER or bool(row.kind & self.kind))


class Found:
    """What was found of one log so far.

    Args:
        wanted: which lines.
        row_of: puts a line into words.
    """

    def __init__(self, wanted: Wanted, row_of: Callable[[LogLine], Row]) -> None:
        self.wanted = wanted
        self._row_of = row_of
        self._newer = array("q")
        """Numbers from the first line looked at, upwards."""
        self._older = array("q")
        """Numbers from there down."""
        self._top: int | None = None
        """The newest line that was looked at …"""
        self._bottom = 0
        """… and the oldest."""

    def look(self, lines: GrowingLines, enough: int, most_s: float) -> bool:
        """Look at the lines that came, then back until enough are found; return whether there is more to look at now.

        Args:
            lines: the log.
            enough: how many are wanted by now.
            most_s: how long it may take.
        """
        until = time.monotonic() + most_s
        if self._top is None:
            self._top = lines.newest
            self._bottom = lines.newest + 1
        while self._top < lines.newest:
            last = min(lines.newest, self._top + _AT_ONCE)
            self._newer.extend(line.number for line in lines.lines(self._top + 1, last) if self._is_wanted(line))
            self._top = last
            if time.monotonic() > until:
                return True
        while len(self) < min(enough, FOUND_MOST) and self._bottom > lines.oldest:
            first = max(lines.oldest, self._bottom - _AT_ONCE)
            batch = [line.number for line in lines.lines(first, self._bottom - 1) if self._is_wanted(line)]
            self._older.extend(reversed(batch))
            self._bottom = first
            if time.monotonic() > until:
                return len(self) < enough
        return False

    def _is_wanted(self, line: LogLine) -> bool:
        return self.wanted.holds(line, self._row_of)

    def __len__(self) -> int:
        return len(self._newer) + len(self._older)

    @property
    def bottom(self) -> int:
        """The oldest line that was looked at."""
        return self._bottom

    def up_to(self, top: int) -> int:
        """Return how many were found that are not newer than a line."""
        return len(self._older) - self._newer_than(top, self._older) + bisect_right(self._newer, top)

    @staticmethod
    def _newer_than(top: int, falling: array[int]) -> int:
        """Return how many of falling numbers are greater."""
        low, high = 0, len(falling)
        while low < high:
            middle = (low + high) // 2
            if falling[middle] > top:
                low = middle + 1
            else:
                high = middle
        return low

    def number(self, at: int, top: int) -> int:
        """Return the number of one of those that are not newer than a line, 0 for the newest of them."""
        of_newer = bisect_right(self._newer, top)
        if at < of_newer:
            return self._newer[of_newer - 1 - at]
        return self._older[at - of_newer + self._newer_than(top, self._older)]
