"""R10: no new record for much longer than usual, or the process is gone. Looks at the clock, not at records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.units import show_seconds
from engine.watch.alerts import Level, Verdict
from engine.watch.records import Record
from engine.watch.rules.base import NOTHING, green
from engine.watch.rules.running import Window
from engine.watch.thresholds import Silence

_ADVICE: Final = (
    "Else see whether the trainer still lives and where it hangs (py-spy dump), and whether its disk is full."
)
_FINISHED: Final = "If the run has finished, all is well: set planned_steps, and the plan's end is no alarm."
_DEAD: Final = "Else start it again from the newest checkpoint, once the log tells why it ended."
_GREEN: Final = green("R10")
_RAN_OUT: Final = ", where the learning rate had run out"
_INTERVALS: Final = 50
"""Intervals whose median is the usual one."""


class Silent:
    """Remembers when records came: by their own times where they have them, else by when we saw them."""

    def __init__(self, numbers: Silence) -> None:
        self._numbers = numbers
        self._intervals = Window(_INTERVALS)
        self._logged_s: float | None = None
        self._seen_s: float | None = None
        self._came = 0
        self._step: int | None = None

    def take(self, record: Record) -> None:
        """Take the next record."""
        self._came += 1
        self._step = record.step
        if record.time_s is None:
            return
        if self._logged_s is not None and record.time_s > self._logged_s:
            self._intervals.add(record.time_s - self._logged_s)
        self._logged_s = record.time_s

    def tick(
        self, now_s: float, *, newest_s: float | None, alive: bool | None, done: bool, ended: bool = False
    ) -> Sequence[Verdict]:
        """Judge at ``now_s``; ``newest_s`` is when the log last grew, ``done`` that the plan's last step came.

        ``ended`` says that the learning rate had come down to its end: probably the run's own.
        """
        if done:
            return _GREEN
        if alive is False:
            told = f"The process has ended{self._where()}{_RAN_OUT if ended else ''}."
            level = Level.YELLOW if ended else Level.RED
            return (Verdict("R10", level, self._step, None, None, "now", told, f"{_FINISHED} {_DEAD}"),)
        if self._came:
            self._arrive(now_s, newest_s)
        if self._seen_s is None:
            return NOTHING
        silent_s = now_s - self._seen_s
        usual_s = self._intervals.median() if len(self._intervals) else 0.0
        limit_s = max(self._numbers.intervals * usual_s, self._numbers.least_s)
        if silent_s <= limit_s:
            return _GREEN
        level = Level.RED if silent_s > self._numbers.red_factor * limit_s else Level.YELLOW
        told = (
            f"No new record for {show_seconds(silent_s)}{self._where()}; at most {show_seconds(limit_s)} is usual. "
            "Either the run has finished, or it hangs."
        )
        window = show_seconds(limit_s)
        if ended:
            # A schedule that has come down to its end is how a run ends that nobody told us the length of.
            level = Level.YELLOW
            told = f"No new record for {show_seconds(silent_s)}{self._where()}{_RAN_OUT}."
        return (Verdict("R10", level, self._step, silent_s, limit_s, window, told, f"{_FINISHED} {_ADVICE}"),)

    def _arrive(self, now_s: float, newest_s: float | None) -> None:
        """Note when the newest records came.

        The first look finds what was there before us, so the log's own times count; later we saw them come ourselves,
        which no clock of another machine can bend.
        """
        if self._seen_s is None:
            told = self._logged_s if self._logged_s is not None else newest_s
            self._seen_s = min(now_s, told) if told is not None else now_s
        else:
            if self._logged_s is None:
                self._intervals.add((now_s - self._seen_s) / self._came)
            self._seen_s = now_s
        self._came = 0

    def _where(self) -> str:
        return "" if self._step is None else f" after step {self._step:,}"
