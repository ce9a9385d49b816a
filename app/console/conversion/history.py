"""A figure over the time of a run, in bounded memory: each bucket holds the lowest, the highest and the last. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.crew.crew import Snapshot

MOST: Final = 1024
"""Buckets; a plot of 200 columns has 400 places. Where they are full, each two become one."""
_FIRST_S: Final = 1.0
"""How long a bucket is at first: a look is four times a second, late ones once."""


@dataclass(slots=True)
class Bucket:
    """What was measured in one stretch of time; ``low`` is more than ``high`` where nothing was."""

    low: float = math.inf
    high: float = -math.inf
    last: float = math.nan
    broken: bool = False
    """Somewhere in it there was no figure to be had: no line leads over it."""

    def take(self, value: float) -> None:
        """Take one figure."""
        if math.isnan(value):
            self.broken = True
            return
        self.low, self.high, self.last = min(self.low, value), max(self.high, value), value

    def with_next(self, after: Bucket) -> Bucket:
        """Return one bucket for this and the next."""
        last = self.last if math.isnan(after.last) else after.last
        return Bucket(min(self.low, after.low), max(self.high, after.high), last, self.broken or after.broken)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was measured in it."""
        return self.low > self.high


class History:
    """One figure over time."""

    def __init__(self) -> None:
        self.step_s = _FIRST_S
        self.first = 0
        """The number of the first bucket, in steps from the beginning of the run."""
        self.buckets: list[Bucket] = []

    def add(self, at_s: float, value: float) -> None:
        """Take a figure.

        Args:
            at_s: when, from the beginning of the run; not before the one before.
            value: the figure; NaN where there was none to be had.
        """
        if not self.buckets:
            self.first = int(at_s / self.step_s)
        at = max(0, int(at_s / self.step_s) - self.first)
        while at >= MOST:
            self._halve()
            at = int(at_s / self.step_s) - self.first
        while len(self.buckets) <= at:
            self.buckets.append(Bucket())
        self.buckets[at].take(value)

    def _halve(self) -> None:
        buckets = [Bucket()] * (self.first % 2) + self.buckets
        buckets += [Bucket()] * (len(buckets) % 2)
        self.buckets = [one.with_next(other) for one, other in zip(buckets[::2], buckets[1::2], strict=True)]
        self.first, self.step_s = self.first // 2, self.step_s * 2

    def __iter__(self) -> Iterator[tuple[float, Bucket]]:
        """Yield when each bucket began, and it."""
        for at, bucket in enumerate(self.buckets, self.first):
            yield at * self.step_s, bucket

    @property
    def values(self) -> list[Bucket]:
        """Those in which something was measured."""
        return [bucket for bucket in self.buckets if not bucket.is_empty]


_PACE_OVER_S: Final = 3.0
"""A worker tells its progress four times a second, and begins anew in each stage: over less, the pace is all spikes."""


class Paces:
    """Throughput and free space of a run, look by look.

    Args:
        keeps_originals: the run leaves originals beside what it converted; what that takes, only the disk tells.
    """

    def __init__(self, *, keeps_originals: bool = False) -> None:
        self.pace = History()
        """Bytes of originals a second."""
        self.free = History()
        """Bytes free on the tightest volume."""
        self.now = math.nan
        """The newest pace."""
        self.first_free: tuple[int, int] | None = None
        """Bytes done and bytes free at the first look, where originals are kept."""
        self._keeps_originals = keeps_originals
        self._at_s = 0.0
        self._marks: list[tuple[float, int]] = []

    def take(self, now: Snapshot | None, *, alive: bool) -> None:
        """Take one look; where an engine is alive and does not answer, a gap."""
        if now is None:
            if alive and self._marks:
                self._marks.clear()
                self.pace.add(self._at_s, math.nan)
                self.free.add(self._at_s, math.nan)
            return
        if now.elapsed_s <= self._at_s and self._marks:
            return  # the same look, or an engine that has just begun
        self._at_s = now.elapsed_s
        self._pace(now)
        if now.free_bytes is not None:
            self.free.add(now.elapsed_s, now.free_bytes)
            if self._keeps_originals and self.first_free is None:
                self.first_free = (now.bytes_done, now.free_bytes)

    def _pace(self, now: Snapshot) -> None:
        done = max([now.bytes_done, *(done for _, done in self._marks[-1:])])  # of a stage that begins, none is done
        self._marks.append((now.elapsed_s, done))
        while len(self._marks) > 2 and now.elapsed_s - self._marks[1][0] >= _PACE_OVER_S:
            self._marks.pop(0)
        since_s, was = self._marks[0]
        if now.elapsed_s - since_s >= _PACE_OVER_S / 3:
            self.now = (done - was) / (now.elapsed_s - since_s)
            self.pace.add(now.elapsed_s, self.now)
