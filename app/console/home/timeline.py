"""A window as one line: what is done, what is under way, what is forecast, and the slack up to its end. Pure."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Final

from app.console.look import inks
from app.console.pane import Part
from engine.jobs.window.events import StepState
from engine.jobs.window.shape import Row, Timetable

_SLACK: Final = ("·", inks.QUIET)
_OVER: Final = ("!", inks.BAD)
_NOW: Final = ("┃", inks.STRONG)
_END: Final = ("│", inks.STRONG)
_STEPS: Final = {
    StepState.DONE: ("█", inks.GOOD),
    StepState.UNDER_WAY: ("▓", inks.ACTIVE),
    StepState.VERIFYING: ("▓", inks.ACTIVE),
    StepState.FAILED: ("x", inks.BAD),
    StepState.STOPPED: ("=", inks.WARN),
    StepState.WAITING: ("▒", inks.PLAIN),
}


def timeline(table: Timetable, width: int, *, is_alive: bool) -> tuple[Part, ...]:
    """Draw a window to a width: its whole length, and what is forecast beyond its end."""
    length_s = max((max(table.ends, table.forecast_end) - table.began).total_seconds(), 1.0)

    def column(moment: datetime) -> int:
        return max(0, min(width - 1, int((moment - table.began).total_seconds() / length_s * width)))

    cells: list[Part] = [_SLACK] * width
    for row in table.rows:
        if row.state in _STEPS:
            _draw(cells, row, column(row.forecast_start), column(row.forecast_end))
    end = column(table.ends)
    if table.forecast_end > table.ends:
        cells[end:] = [_OVER] * (width - end)
    cells[end] = _END
    if is_alive:
        cells[column(table.now)] = _NOW
    return tuple(("".join(sign for sign, _ in run), ink) for ink, run in groupby(cells, key=lambda cell: cell[1]))


def _draw(cells: list[Part], row: Row, start: int, end: int) -> None:
    """Draw a step; one that is shorter than a column is seen all the same."""
    for at in range(start, max(start + 1, end)):
        cells[at] = _STEPS[row.state]
