"""Windows that keep themselves sorted, and a history that stays small: what costs microseconds a record."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_IQR: Final = 1.349
"""Interquartile range of a normal distribution, in standard deviations."""
_Q95: Final = 1.645
"""95th percentile of a normal distribution, in standard deviations."""
_MOST_BLOCKS: Final = 512
"""Blocks of the long history; beyond, neighbours are merged, so that any run fits into some kilobytes."""

_GROUPS: Final = (1, 4, 16)
"""Blocks whose means tell the noise of the long history, from single ones to slow wandering."""
_NOISE_GROUPS: Final = 101
"""The newest so many groups tell it."""
_LEAST_BLOCKS: Final = 5
"""Blocks that a spread of neighbours needs."""
_LEAST_MEANS: Final = 12
"""Means that it needs: the largest of several estimates is asked for, so each should be a good one."""


def spread(ordered: Sequence[float]) -> float:
    """Return a standard deviation that a few outliers do not move, but a heavy upper tail does.

    The larger of what the quartiles and what the 95th percentile say, as if the numbers were normal: a loss whose
    batches often jump is noisy, and its jumps are no news.
    """
    size = len(ordered)
    if size < 4:
        return 0.0
    quartiles = (ordered[size * 3 // 4] - ordered[size // 4]) / _IQR
    return max(quartiles, (ordered[min(size - 1, size * 95 // 100)] - ordered[size // 2]) / _Q95)


class Window:
    """The last ``size`` numbers, in order of arrival and sorted: quantiles in no time."""

    def __init__(self, size: int) -> None:
        self._size = size
        # Arrays, not lists: a copy of the state, for resumes, copies them as a whole.
        self._arrived = array("d")
        self._sorted = array("d")

    def __len__(self) -> int:
        return len(self._sorted)

    def add(self, value: float) -> None:
        """Take a finite number; the oldest goes."""
        if len(self._arrived) == self._size:
            gone = self._arrived.pop(0)
            del self._sorted[bisect_left(self._sorted, gone)]
        self._arrived.append(value)
        insort(self._sorted, value)

    def median(self) -> float:
        """Return the median; the window must not be empty."""
        values = self._sorted
        half, odd = divmod(len(values), 2)
        return values[half] if odd else (values[half - 1] + values[half]) / 2

    def spread(self) -> float:
        """Return :func:`spread` of what is in the window."""
        return spread(self._sorted)

    def last(self, count: int) -> list[float]:
        """Return the newest ``count`` numbers, oldest first."""
        return list(self._arrived[-count:])


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean level over a range of steps."""

    level: float
    blocks: float
    """How many blocks, as they were added, it rests on."""


class History:
    """The whole curve as at most 512 blocks: first step, last step, level; all of the same number of records."""

    def __init__(self) -> None:
        self._firsts = array("d")
        self._lasts = array("d")
        self._levels = array("d")
        self._weight = 1
        """How many added blocks make one that is kept."""
        self._open: list[tuple[int, float]] = []
        self._noise: float | None = None

    def add(self, first_step: int, last_step: int, level: float) -> None:
        """Take the newest block: a few records in a row, as one level."""
        self._open.append((first_step, level))
        if len(self._open) < self._weight:
            return
        self._firsts.append(self._open[0][0])
        self._lasts.append(last_step)
        self._levels.append(sum(each for _, each in self._open) / self._weight)
        self._open = []
        self._noise = None
        if len(self._levels) >= _MOST_BLOCKS:
            self._merge()

    def _merge(self) -> None:
        pairs = zip(self._levels[::2], self._levels[1::2], strict=True)
        self._levels = array("d", [(first + second) / 2 for first, second in pairs])
        self._firsts, self._lasts = self._firsts[::2], self._lasts[1::2]
        self._weight *= 2

    def mean(self, first_step: float, last_step: float) -> Mean | None:
        """Return the mean of the blocks that lie wholly within; None where there are none."""
        start, end = bisect_left(self._firsts, first_step), bisect_right(self._lasts, last_step)
        if end <= start:
            return None
        return Mean(sum(self._levels[start:end]) / (end - start), (end - start) * self._weight)

    def noise(self) -> float:
        """Return the standard deviation of an added block around the curve, slow wandering included."""
        if self._noise is None:
            self._noise = max(self._noise_of(group) for group in _GROUPS)
        return self._noise

    def _noise_of(self, group: int) -> float:
        """Return the deviation as the means of so many blocks in a row tell it.

        They would tell what single blocks tell, were blocks independent; a curve that wanders (epochs, shards of the
        data, oscillation) has more noise in long means than its neighbours show: the batch means of simulation.
        """
        levels = self._levels[-_NOISE_GROUPS * group :]
        means = [sum(levels[i : i + group]) / group for i in range(0, len(levels) - group + 1, group)]
        if len(means) < (_LEAST_MEANS if group > 1 else _LEAST_BLOCKS):
            return 0.0
        steps = sorted(second - first for first, second in pairwise(means))
        spread = (steps[len(steps) * 3 // 4] - steps[len(steps) // 4]) / _IQR
        # Neighbours differ by the square root of two deviations; a mean is of so many added blocks.
        return spread * math.sqrt(group * self._weight / 2)
