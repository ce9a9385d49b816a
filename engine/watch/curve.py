"""The curve of one run as rules see it: level, noise, best, history; fed record by record, for microseconds each."""

from __future__ import annotations

import itertools
import math
from collections import deque
from dataclasses import dataclass
from typing import Final, Self

from engine.watch.records import LOSS, Record
from engine.watch.rules.best import Best, Kept
from engine.watch.rules.rates import Rates
from engine.watch.rules.running import History, Window, spread
from engine.watch.scale import SLOPE_STEPS, UNDECIDED, Inferred, Mode, Setting, Slope, from_slope, from_start
from engine.watch.thresholds import Noise

_MEDIAN_ERROR: Final = 1.2533
"""The standard error of a median of normal noise, in standard errors of the mean: sqrt(pi/2)."""
_LARGEST: Final = 1e30
"""Losses are cut to this size: beyond, differences overflow."""
_STEEP_START: Final = 5
"""Records whose median is the first level: few, because a curve falls fastest at its start."""
_RECENT_BLOCKS: Final = 256
"""Blocks that are kept unmerged for windows of some hundred steps."""
_RESOLVED: Final = 8
"""Differences that are not 0 before the smallest of them says how finely a log is written."""
_WANDERING: Final = 64
"""Levels of stretches that do not overlap, from whose differences slow wandering is told."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A few records in a row."""

    first_step: int
    last_step: int
    level: float
    rate: float | None
    """Learning rate at its end, where it is logged."""

    def __deepcopy__(self, memo: object) -> Self:
        """Return itself: it never changes, and copies of a curve hold hundreds."""
        return self


class Curve:
    """Level, noise and history of one run's training loss."""

    def __init__(self, setting: Setting, noise: Noise) -> None:
        self.setting = setting
        self._numbers = noise
        self._near = Window(noise.near_records)
        self._jumps = Window(noise.spread_records)
        self._intervals = Window(noise.spread_records)
        self._drifts = Window(_WANDERING)
        self._open: list[tuple[int, float]] = []
        self._drift_last: float | None = None
        self._raw: deque[float] = deque(maxlen=noise.spread_records)
        self._quantum = math.inf
        self._unequal = 0
        self.history = History()
        self.recent: deque[Stretch] = deque(maxlen=_RECENT_BLOCKS)
        self.inferred: Inferred = UNDECIDED
        self.step = 0
        """Of the newest record."""
        self.first_step = 0
        """Of the first loss."""
        self.interval = 1.0
        """Steps from one record to the next, as usual."""
        self.count = 0
        """Finite losses so far."""
        self.loss: float | None = None
        """The newest record's, scaled; None where it has none, NaN and infinities as logged."""
        self.finite = False
        """The newest record has a finite loss."""
        self.level_before = 0.0
        """The level without the newest record."""
        self.deviation_before = 0.0
        """The noise without the newest record."""
        self.level = 0.0
        """Median of the last 20 losses."""
        self.error = 0.0
        """Standard error of the level."""
        self.single_error = 0.0
        """The same as neighbours tell it, slow wandering left aside."""
        self.first = 0.0
        """Median of the first losses."""
        self.best = Best(noise.near_records)
        self.rates = Rates()
        self.first_loss = 0.0
        """The very first."""
        self.block_closed = False
        """The newest record closed a block of the history: slow rules look only then."""
        self.drift_closed: float | None = None
        """The level of the newest 20 records where they are the next 20, without overlap; else None."""

    @property
    def resolution(self) -> float:
        """The smallest difference that neighbours ever had: what a log that rounds can show; 0 while none is known."""
        return self._quantum if self._unequal >= _RESOLVED else 0.0

    @property
    def full(self) -> bool:
        """The level rests on its full number of records."""
        return len(self._near) == self._numbers.near_records

    @property
    def gained(self) -> float:
        """From the highest level to the best: what the run has learned so far."""
        return self.best.gained(self.level)

    def in_nats(self, below: float) -> bool:
        """Tell whether the loss may be a cross entropy in nats: a card is told, or the first losses are small."""
        return self.setting.card is not None or self.first <= below

    def size(self, level: float) -> float:
        """Return what a share of a level is taken of: the level, or the range where losses may be negative."""
        if min(level, self.best.level) > self.resolution:
            return level
        return self.best.learned if abs(level) <= self.resolution else max(abs(level), self.gained)

    def near(self, count: int) -> float:
        """Return the median of the last ``count`` losses, at most 20."""
        values = sorted(self._near.last(count))
        half, odd = divmod(len(values), 2)
        return values[half] if odd else (values[half - 1] + values[half]) / 2

    def log_deviation(self) -> float:
        """Return the noise before the newest record as a share, from logarithms; 0 where a loss was not positive.

        A loss whose batches differ by factors (diffusion, small batches) has a long upper tail; its logarithm has none.
        """
        values = list(self._raw)[:-1]
        if min(values, default=0.0) <= 0:
            return 0.0
        logs = [math.log(each) for each in values]
        return spread(sorted(after - before for before, after in itertools.pairwise(logs))) / math.sqrt(2)

    def add(self, record: Record) -> None:
        """Take the next record."""
        self.block_closed = False
        self.drift_closed = None
        self.rates.take(record)
        loss = record.values.get(LOSS)
        self.loss = None if loss is None else loss * self.setting.scale
        self.finite = self.loss is not None and math.isfinite(self.loss)
        if self.finite and self.loss is not None:
            self._take(max(-_LARGEST, min(_LARGEST, self.loss)), record.step)
        self.step = record.step

    def _take(self, loss: float, step: int) -> None:
        self.level_before = self.level
        # Where all losses of a stretch are rounded to the same number, half of its last digit may be noise.
        self.deviation_before = max(self._jumps.spread() / math.sqrt(2), self.resolution / 2)
        if self.count:
            jump = loss - self._raw[-1]
            self._jumps.add(jump)
            if jump:
                self._unequal += 1
                self._quantum = min(self._quantum, abs(jump))
            if step > self.step:
                self._intervals.add(step - self.step)
                self.interval = self._intervals.median()
        else:
            self.first_step, self.first_loss = step, loss
        self._raw.append(loss)
        self.count += 1
        self._near.add(loss)
        self.level = self._near.median()
        if self.count <= _STEEP_START:
            self.first = self.level
        if self.full:
            self._keep_level(step)
        self._stretch(loss, step)
        self._infer(step)

    def _keep_level(self, step: int) -> None:
        self.best.take(Kept(step, self.level, self.rates.newest, self.rates.peak))
        single = self.single_error = self.deviation_before * _MEDIAN_ERROR / math.sqrt(self._numbers.near_records)
        self.error = max(single, self._drifts.spread() / math.sqrt(2) if len(self._drifts) >= 8 else 0.0)
        if self.count % self._numbers.near_records == 0:
            if self._drift_last is not None:
                self._drifts.add(self.level - self._drift_last)
            self._drift_last = self.level
            self.drift_closed = self.level

    def _stretch(self, loss: float, step: int) -> None:
        self._open.append((step, loss))
        if len(self._open) < self._numbers.block_records:
            return
        level = sorted(each for _, each in self._open)[len(self._open) // 2]
        first = self._open[0][0]
        self._open = []
        self.recent.append(Stretch(first, step, level, self.rates.newest))
        self.history.add(first, step, level)
        self.block_closed = True

    def _infer(self, step: int) -> None:
        if self.count == _STEEP_START:
            self.inferred = from_start(self.setting, self.first)
        elif self.block_closed and not self.inferred.sure and self.count > 2 * _STEEP_START:
            passed = step - self.first_step
            if passed >= SLOPE_STEPS and self.inferred.mode is not Mode.FROM_SCRATCH:
                noise = self._jumps.spread() / math.sqrt(2)
                slope = Slope(self.first_loss, self.first, self.level, noise, passed)
                self.inferred = from_slope(slope, self.inferred)
