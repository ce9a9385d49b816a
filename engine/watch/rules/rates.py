"""Learning rate and gradient norm as rules about the loss need them: newest, peak, and since when they are 0."""

from __future__ import annotations

import math
from typing import Final

from engine.watch.records import GRAD_NORM, LEARNING_RATE, Record

_RUN_OUT: Final = 0.01
"""Of the peak: linear and cosine schedules end at 0; those that end at a tenth do not say that they end."""
_SETTLED: Final = 20
"""Records without a new peak of the learning rate that end the warm-up."""


class Rates:
    """Follows both, record by record."""

    def __init__(self) -> None:
        self.newest: float | None = None
        """The learning rate; None where it is not logged."""
        self.peak = 0.0
        self.settled = False
        """The learning rate has once stayed at or below its peak: the warm-up is over."""
        self.zero_since: int | None = None
        """Since when the learning rate is exactly 0, in a run where it was not."""
        self.norm_zero_since: int | None = None
        """The same of the gradient norm."""
        self._steady = 0
        self._norm_seen = False

    @property
    def ran_out(self) -> bool:
        """The learning rate has come down to nearly nothing, as schedules do at their end."""
        return self.settled and self.newest is not None and self.newest <= _RUN_OUT * self.peak

    def take(self, record: Record) -> None:
        """Take what the next record says of them."""
        rate = record.values.get(LEARNING_RATE)
        if rate is not None and math.isfinite(rate):
            self._take_rate(rate, record.step)
        norm = record.values.get(GRAD_NORM)
        if norm:
            self._norm_seen, self.norm_zero_since = True, None
        elif norm is not None and self._norm_seen and self.norm_zero_since is None:
            self.norm_zero_since = record.step

    def _take_rate(self, rate: float, step: int) -> None:
        self._steady = self._steady + 1 if rate <= self.peak else 0
        self.settled = self.settled or self._steady >= _SETTLED
        self.newest = rate
        self.peak = max(self.peak, rate)
        if rate or not self.peak:
            self.zero_since = None
        elif self.zero_since is None:
            self.zero_since = step
