"""R9: mixed precision skips more steps than loss scaling explains; single overflows are how it works."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Final

from engine.watch.alerts import Level, Verdict
from engine.watch.curve import Curve
from engine.watch.records import GRAD_NORM, LOSS_SCALE, Record
from engine.watch.rules.base import NOTHING, green
from engine.watch.thresholds import MixedPrecision

_ADVICE: Final = "Lower the learning rate, clip gradients or train in bfloat16: skipped steps learn nothing."
_GREEN: Final = green("R9")


class Overflowing:
    """Counts gradient norms that are no numbers, and overflows that the log tells of."""

    def __init__(self, numbers: MixedPrecision) -> None:
        self._numbers = numbers
        self._bad: deque[bool] = deque(maxlen=numbers.of_records)
        self._count = 0
        self._row = 0
        self._scale_peak = 0.0

    def look(self, curve: Curve, record: Record) -> Sequence[Verdict]:
        """Judge the gradient norm or the loss scale, whichever this record has."""
        norm, scale = record.values.get(GRAD_NORM), record.values.get(LOSS_SCALE)
        if norm is None and scale is None:
            return NOTHING
        if norm is not None:
            self._take(bad=not math.isfinite(norm))
        return self._judge(record.step, scale)

    def overflow(self, step: int | None) -> Sequence[Verdict]:
        """Count an overflow that the log told of in words."""
        self._take(bad=True)
        return self._judge(step, None)

    def _take(self, *, bad: bool) -> None:
        if len(self._bad) == self._bad.maxlen:
            self._count -= self._bad[0]
        self._bad.append(bad)
        self._count += bad
        self._row = self._row + 1 if bad else 0

    def _judge(self, step: int | None, scale: float | None) -> Sequence[Verdict]:
        numbers = self._numbers
        if scale is not None:
            self._scale_peak = max(self._scale_peak, scale)
            # A trainer in bfloat16 logs a scale of 1 from the first step on: only a fall says something.
            if scale <= numbers.scale_floor < self._scale_peak:
                told = f"The loss scale fell to {scale:g}: every step is skipped."
                return (Verdict("R9", Level.YELLOW, step, scale, numbers.scale_floor, "1 record", told, _ADVICE),)
        if self._row >= numbers.in_a_row:
            told = f"The gradient norm is no number for {self._row} records in a row."
            window = f"{numbers.in_a_row} records"
            return (Verdict("R9", Level.YELLOW, step, self._row, numbers.in_a_row, window, told, _ADVICE),)
        share = self._count / numbers.of_records
        if share > numbers.share:
            told = f"The gradient norm is no number in {self._count} of the last {len(self._bad)} records."
            window = f"{numbers.of_records} records"
            return (Verdict("R9", Level.YELLOW, step, share, numbers.share, window, told, _ADVICE),)
        return _GREEN
