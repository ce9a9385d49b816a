"""The lines of a log as a list: time, sign, words; whatever is in sight was read before it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from app.console.log.source import LogSeen, Sight
from app.console.look import inks
from app.console.pane import Lines, Part
from app.console.words import LEVEL_GLYPHS
from app.log_words import clock, is_today
from engine.convert.view import Level

INKS: Final = {Level.GREEN: inks.GOOD, Level.YELLOW: inks.WARN, Level.RED: inks.BAD, Level.UNKNOWN: inks.UNKNOWN}
_NEITHER: Final = "·"


class LogList(Lines):
    """A log, newest first.

    Args:
        id: the widget's.
        missing: called where a line is in sight that was not read.
        now: the clock, whose time zone times are written in.
    """

    def __init__(self, *, id: str, missing: Callable[[], object], now: Callable[[], datetime]) -> None:  # noqa: A002
        super().__init__(id=id)
        self._missing, self._now = missing, now
        self.seen = LogSeen(Sight())
        self.why_empty = ""
        self._with_day = False
        """A line in sight is of another day than today."""

    @property
    def follows(self) -> bool:
        """Tell whether what comes is shown at once: the cursor is at the top, and the top is in sight."""
        return self.at == 0 and int(self.scroll_offset.y) == 0

    @property
    def chosen(self) -> int | None:
        """The number of the line under the cursor."""
        row = self.seen.rows.get(self.at)
        return None if row is None else row.number

    def show(self, seen: LogSeen) -> None:
        """Show a log as it is now."""
        before, self.seen = self.seen, seen
        now = self._now()
        self._with_day = not all(row.time is None or is_today(row.time, now) for row in seen.rows.values())
        if (before.count, before.top, before.rows, before.generation) != (
            seen.count,
            seen.top,
            seen.rows,
            seen.generation,
        ):
            self.fill(seen.count)

    def parts(self, at: int, width: int) -> list[Part]:
        """Draw one line."""
        del width
        row = self.seen.rows.get(at)
        if row is None:
            self._missing()
            return [(_NEITHER, inks.QUIET)]
        now = self._now()
        sign = _NEITHER if row.level is None else LEVEL_GLYPHS[row.level]
        ink = inks.QUIET if row.level is None else INKS[row.level]
        loud = row.level is not None and row.level is not Level.GREEN
        return [
            (f"{clock(row.time, now, with_day=self._with_day)} ", inks.QUIET),
            (f"{sign} ", ink),
            (row.text, ink if loud else inks.PLAIN),
        ]

    def empty(self) -> str:
        """Say why nothing is shown."""
        return self.why_empty
