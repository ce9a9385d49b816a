"""R11: steps per second against the run's own median, from logged rates or from the times of records."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from statistics import median
from typing import Final

from engine.watch.alerts import Level, Verdict
from engine.watch.curve import Curve
from engine.watch.records import LOSS, STEPS_PER_S, Record
from engine.watch.rules.base import NOTHING, green
from engine.watch.rules.running import Window
from engine.watch.thresholds import Throughput

_ADVICE: Final = "Look at GPU clocks and temperature, at data loading, and at what else runs on the machine."
_GREEN: Final = green("R11")
_BASELINE: Final = 512
"""Rates of the baseline; older ones go, so that a run that moved to a slower machine becomes its own measure."""


class Slower:
    """Judges the median of the newest rates against the baseline before them."""

    def __init__(self, numbers: Throughput) -> None:
        self._numbers = numbers
        self._baseline = Window(_BASELINE)
        self._recent: deque[float] = deque(maxlen=numbers.recent_blocks)
        self._stands: Sequence[Verdict] = NOTHING
        self._segment = -1
        self._begin: tuple[int, float] | None = None
        self._count = 0
        self._logged: list[float] = []

    def look(self, curve: Curve, record: Record) -> Sequence[Verdict]:
        """Judge whenever a rate is complete; in between, what stands stands."""
        logged = record.values.get(STEPS_PER_S)
        if logged is None and (record.time_s is None or LOSS not in record.values):
            return NOTHING
        rate = self._of_logged(logged) if logged is not None else self._of_times(record)
        if rate is not None:
            self._stands = self._judge(rate, record.step)
        return self._stands

    def _of_logged(self, rate: float) -> float | None:
        if rate > 0:
            self._logged.append(rate)
        if len(self._logged) < self._numbers.block_records:
            return None
        values, self._logged = self._logged, []
        return median(values)

    def _of_times(self, record: Record) -> float | None:
        assert record.time_s is not None
        if self._logged or self._begin is None or record.segment != self._segment:
            # The pause before a resume is no step time; and a run that logs its rate is judged by that alone.
            self._segment, self._begin, self._count = record.segment, (record.step, record.time_s), 0
            return None
        self._count += 1
        step, time_s = self._begin
        passed_s = record.time_s - time_s
        if self._count < self._numbers.block_records or passed_s < self._numbers.block_s:
            return None
        self._begin, self._count = (record.step, record.time_s), 0
        return (record.step - step) / passed_s if record.step > step else None

    def _judge(self, rate: float, step: int) -> Sequence[Verdict]:
        numbers = self._numbers
        if len(self._recent) == numbers.recent_blocks:
            self._baseline.add(self._recent[0])
        self._recent.append(rate)
        if len(self._baseline) < numbers.baseline_blocks:
            return NOTHING
        usual, now = self._baseline.median(), median(self._recent)
        share = now / usual
        if share >= numbers.yellow_share:
            return _GREEN
        level = Level.RED if share < numbers.red_share else Level.YELLOW
        limit = usual * (numbers.red_share if level is Level.RED else numbers.yellow_share)
        told = f"{now:.3g} steps/s, {share:.0%} of the run's own median of {usual:.3g}."
        window = f"{numbers.recent_blocks} times {numbers.block_records} records"
        return (Verdict("R11", level, step, now, limit, window, told, _ADVICE),)
