"""A log as a screen needs it: which lines are shown, and the words of those in sight, read away from the loop."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.log_page import page_of
from app.log_reading import GrowingLines, LogLine
from app.log_search import FOUND_MOST, Found, Wanted
from app.log_words import Row, plain_row

SEARCH_S: Final = 0.1
"""How long one look searches: the screen draws in between."""
_ROWS_KEPT: Final = 2_000
_PAGE_BYTES: Final = 1 << 20
_PAGES_BEFORE: Final = 1
_PAGES_BEHIND: Final = 3
"""What is read beside what is in sight, in pages: whoever turns one sees the next at once."""


EVERYTHING: Final = Wanted()


@dataclass(frozen=True, slots=True)
class Sight:
    """What a screen wants to see."""

    wanted: Wanted = EVERYTHING
    top: int | None = None
    """The newest line that is shown; None to follow."""
    first: int = 0
    """The first line in sight, 0 for the newest that is shown."""
    rows: int = 50
    """How many there is room for."""


@dataclass(frozen=True, slots=True)
class LogSeen:
    """A log at one moment."""

    sight: Sight
    generation: int = 0
    top: int = -1
    """The newest line that is shown."""
    count: int = 0
    """How many are shown, as far as is known."""
    newer: int = 0
    """How many came since that would be shown above."""
    lines: int = 0
    """How many the log has, as far as is known."""
    is_whole: bool = True
    """All of it was looked at."""
    has_most: bool = False
    """More were found than are kept."""
    searched: float = 1.0
    """The share of the lines that was searched."""
    torn_bytes: int = 0
    alive: bool = False
    is_there: bool = True
    rows: Mapping[int, Row] = field(default_factory=dict)
    """The lines near what is in sight, by their place from the newest shown."""


class LogSource:
    """One log, read by one thread at a time.

    Args:
        name: what it is the log of.
        path: its file.
        row: puts a line into words.
        is_alive: tells whether somebody still writes to it.
    """

    def __init__(
        self, name: str, path: Path, row: Callable[[LogLine], Row] = plain_row, is_alive: Callable[[], bool] = bool
    ) -> None:
        self.name, self.path = name, path
        self._row_of, self._is_alive = row, is_alive
        self._lines = GrowingLines(path)
        self._found: Found | None = None
        self._generation = 0
        self._rows: OrderedDict[int, Row] = OrderedDict()
        self._lock = threading.Lock()

    def look(self, sight: Sight) -> tuple[LogSeen, bool]:
        """Read what is new and what is to be seen; return it, and whether there is more to read at once."""
        with self._lock:
            more = self._lines.look()
            if self._lines.generation != self._generation:
                self._generation, self._found = self._lines.generation, None
                self._rows.clear()
            top = self._lines.newest if sight.top is None else min(sight.top, self._lines.newest)
            if sight.wanted.is_all:
                self._found = None
                return self._seen_all(sight, top), more
            return self._seen_found(sight, top, more=more)

    def _seen_all(self, sight: Sight, top: int) -> LogSeen:
        lines = self._lines
        count = top + 1 - lines.oldest
        places = _near(sight, count)
        if places:
            self._read(top - places[-1], top - places[0])
        return self._seen(sight, top, count, {at: top - at for at in places}, newer=lines.newest - top)

    def _seen_found(self, sight: Sight, top: int, *, more: bool) -> tuple[LogSeen, bool]:
        lines = self._lines
        if self._found is None or self._found.wanted != sight.wanted:
            self._found = Found(sight.wanted, self._row_of)
        found = self._found
        enough = sight.first + (1 + _PAGES_BEHIND) * sight.rows + max(0, len(found) - found.up_to(top))
        more = found.look(lines, enough, SEARCH_S) or more
        count = found.up_to(top)
        numbers = {at: found.number(at, top) for at in _near(sight, count)}
        for number in numbers.values():
            self._read(number, number)
        return self._seen(sight, top, count, numbers, newer=len(found) - count), more

    def _seen(self, sight: Sight, top: int, count: int, numbers: Mapping[int, int], *, newer: int) -> LogSeen:
        lines, found = self._lines, self._found
        looked = lines.newest + 1 - found.bottom if found is not None else 0
        return LogSeen(
            sight,
            self._generation,
            top,
            count,
            newer,
            lines.count,
            lines.is_whole and (found is None or found.bottom <= lines.oldest),
            found is not None and len(found) >= FOUND_MOST,
            1.0 if found is None or not lines.count else looked / lines.count,
            lines.torn_bytes,
            self._is_alive(),
            self.path.exists(),
            {at: row for at, number in numbers.items() if (row := self._rows.get(number)) is not None},
        )

    def _read(self, first: int, last: int) -> None:
        """Put lines into words that are not yet."""
        missing = []
        for number in range(first, last + 1):
            if number in self._rows:
                self._rows.move_to_end(number)
            else:
                missing.append(number)
        if missing:
            for line in self._lines.lines(missing[0], missing[-1]):
                self._rows[line.number] = self._row_of(line)
        while len(self._rows) > _ROWS_KEPT:
            self._rows.popitem(last=False)

    @property
    def size_bytes(self) -> int:
        """The size of the file at the last look."""
        return self._lines.size_bytes

    def page(self, number: int) -> str:
        """Tell all that one line holds; reads the file."""
        with self._lock:
            line = self._lines.line(number)
            if line is None:
                return "This line is not there any more."
            whole = self._lines.read(line.offset, min(line.size, _PAGE_BYTES)) if line.is_cut else line.content
        return "\n".join(page_of(line, whole, str(self.path)))

    def close(self) -> None:
        """Let go of the file; where a look is under way, it goes with the program."""
        if self._lock.acquire(blocking=False):
            try:
                self._lines.close()
            finally:
                self._lock.release()


def _near(sight: Sight, count: int) -> range:
    """Return the places of the lines to be read: those in sight, and some beside them."""
    first = max(0, min(sight.first, count - 1) - _PAGES_BEFORE * sight.rows)
    return range(first, min(count, sight.first + (1 + _PAGES_BEHIND) * sight.rows))
