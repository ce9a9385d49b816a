"""The best level that a run had, told from levels that share no record with the level now."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Kept:
    """The level at a step, until it may count as best."""

    step: int
    level: float
    rate: float | None
    """Learning rate then, where it is logged …"""
    rate_peak: float
    """… and the highest until then; 0 where it is not."""

    def __deepcopy__(self, memo: object) -> Self:
        """Return itself: it never changes, and copies of a curve hold many."""
        return self


class Best:
    """The lowest level, as a mean over up to three stretches of records that do not overlap."""

    def __init__(self, near: int) -> None:
        self._near = near
        """Records of one level."""
        self._levels: deque[Kept] = deque()
        self._highest = -math.inf
        self.level = math.inf
        self.step = 0
        self.rate: float | None = None
        self.rate_peak = 0.0
        self.learned = 0.0
        """From the highest level before it to the best."""

    def take(self, now: Kept) -> None:
        """Let a level count as best only once none of its records is part of the level now."""
        self._highest = max(self._highest, now.level)
        levels, near = self._levels, self._near
        levels.append(now)
        if len(levels) <= near:
            return
        kept = levels[-1 - near]
        level = kept.level
        if len(levels) > 3 * near:
            level = (level + levels[-1 - 2 * near].level + levels[0].level) / 3
            levels.popleft()
        if level < self.level:
            self.level, self.step, self.learned = level, kept.step, self._highest - level
            self.rate, self.rate_peak = kept.rate, kept.rate_peak

    def gained(self, now: float) -> float:
        """Return the range from the highest level to the best, or to the level now if that is lower."""
        return max(0.0, self._highest - min(self.level, now)) if self._highest > -math.inf else 0.0
