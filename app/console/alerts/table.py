"""The list of alerts; the cursor stays on its alert whatever comes above it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from app.alerts import Concern
from app.console.alerts.words import head, line_of
from app.console.pane import Lines, Part


class AlertList(Lines):
    """Alerts, newest first, those that somebody has seen below.

    Args:
        id: the widget's.
        now: the clock, whose time zone times are written in.
    """

    HEADS: ClassVar[int] = 1

    def __init__(self, *, id: str, now: Callable[[], datetime]) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self._now = now
        self._concerns: tuple[Concern, ...] = ()
        self.why_empty = "looking"

    @property
    def chosen(self) -> Concern | None:
        """The alert under the cursor."""
        return self._concerns[self.at] if self.at < len(self._concerns) else None

    def show(self, concerns: tuple[Concern, ...]) -> None:
        """Show the alerts as they stand."""
        if concerns == self._concerns and self.count == len(concerns):
            return
        at = self._place_in(concerns)
        self._concerns = concerns
        self.fill(len(concerns), at)

    def _place_in(self, concerns: tuple[Concern, ...]) -> int:
        """Return where the cursor belongs: with its alert, but not where that was just acknowledged: on to the next."""
        chosen = self.chosen
        if chosen is None or not self.at:
            return 0
        place = next((place for place, one in enumerate(concerns) if one.key == chosen.key), self.at)
        is_done = place < len(concerns) and bool(concerns[place].by) and not chosen.by
        return self.at if is_done else place

    def head(self, y: int, width: int) -> list[Part]:
        """Name the columns."""
        del y
        return head(width)

    def parts(self, at: int, width: int) -> list[Part]:
        """Draw one alert."""
        return line_of(self._concerns[at], self._now(), width)

    def empty(self) -> str:
        """Say why nothing is shown."""
        return self.why_empty
