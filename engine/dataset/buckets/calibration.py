"""Batch sizes by trial: the largest batch of each bucket with which a real training step still fits into memory.

The search is that of NeMo's OOMptimizer (scripts/speech_recognition/oomptimizer.py): from the longest bucket to the
shortest; double or halve until one batch fits and one does not, then bisect until they are near. Two things are other.
What fitted a longer bucket fits a shorter one, and is not tried again. And where OOMptimizer begins each bucket with
the last answer doubled, here it begins where the answers so far foretell the next one. For 30 buckets that takes 70
steps, not 200; with a command each of them loads a model.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import msgspec

from engine.dataset.buckets.batches import LARGEST_BATCH, check_fraction
from engine.errors import GonogoError, UsageError

FIRST_BATCH: Final = 32
"""OOMptimizer's: where the search of the longest bucket begins."""
GAP: Final = 0.05
"""OOMptimizer's: a batch that fails and one that fits are near when they differ by 5 % of the one that fails."""
MEMORY_FRACTION: Final = 0.9
"""OOMptimizer's: the rest is for what training holds beside its step."""


class CalibrationError(GonogoError):
    """Raised when a trial says neither that a batch fits nor that it does not, or no batch fits at all."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One step to try."""

    batch: int
    """Clips."""
    seconds: float
    """Of each: the bucket's upper edge."""
    memory_fraction: float
    """The share of the device's memory that the step may take; whoever takes the step sees to it."""


class Outcome(msgspec.Struct, frozen=True):
    """What came of it."""

    fits: bool
    said: str = ""
    """The step's last words."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step that was tried."""

    seconds: float
    batch: int
    fits: bool
    wall_s: float
    said: str = ""


Step = Callable[[Trial], Outcome]
"""Takes one real step. Raises CalibrationError where it cannot tell whether the batch fits."""


class Calibrated(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: a batch size for each bucket, and every step that led to it."""

    batches: list[int]
    """In the order of the edges."""
    memory_fraction: float
    tried: list[Evidence]

    @property
    def steps(self) -> int:
        """How many steps it took."""
        return len(self.tried)


@dataclass(frozen=True, slots=True)
class Bracket:
    """What is known of one bucket."""

    fitting: int = 0
    """The largest batch that is known to fit; 0 before there is one."""
    failing: int | None = None
    """The smallest that is known not to."""

    def narrowed(self, batch: int, *, fits: bool) -> Bracket:
        """Return what is known after one more step."""
        return replace(self, fitting=batch) if fits else replace(self, failing=batch)

    @property
    def is_near(self) -> bool:
        """Tell whether the two are near enough, or the largest batch of all fits."""
        if self.failing is None:
            return self.fitting >= LARGEST_BATCH
        difference = self.failing - self.fitting
        return difference <= 1 or (self.fitting > 0 and difference <= GAP * self.failing)

    def next_batch(self, stride: int) -> int:
        """Return what to try next: more while nothing failed, half as many while nothing fitted, or the middle."""
        if self.failing is None:
            return min(self.fitting + stride, LARGEST_BATCH)
        return self.failing // 2 if not self.fitting else (self.fitting + self.failing) // 2


def calibrate(
    edges_s: Sequence[float],
    step: Step,
    *,
    first_batch: int = FIRST_BATCH,
    memory_fraction: float = MEMORY_FRACTION,
    on_try: Callable[[Evidence], None] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
) -> Calibrated:
    """Find the largest batch of each bucket by trying.

    Args:
        edges_s: upper edges of the buckets, rising.
        step: takes one step.
        first_batch: where the search of the longest bucket begins.
        memory_fraction: handed to each step.
        on_try: told each step that was tried.
        clock: in seconds.

    Raises:
        CalibrationError: when a step cannot tell, or a single clip of the longest bucket does not fit.
        UsageError: when there is no bucket, or a number is none.
    """
    check_fraction(memory_fraction)
    if not edges_s or list(edges_s) != sorted(set(edges_s)) or edges_s[0] <= 0 or not 1 <= first_batch <= LARGEST_BATCH:
        raise UsageError(f"buckets {list(edges_s)}, first batch {first_batch}: wanted rising edges and a batch above 0")
    tried: list[Evidence] = []

    def fits(seconds: float, batch: int) -> bool:
        started = clock()
        outcome = step(Trial(batch=batch, seconds=seconds, memory_fraction=memory_fraction))
        wall_s = clock() - started
        evidence = Evidence(seconds=seconds, batch=batch, fits=outcome.fits, wall_s=wall_s, said=outcome.said)
        tried.append(evidence)
        on_try(evidence)
        return outcome.fits

    found: list[tuple[float, int]] = []
    for seconds in reversed(edges_s):
        known = search(partial(fits, seconds), *begin(found, seconds, first_batch))
        if not known.fitting:
            raise CalibrationError(
                f"not even one clip of {seconds:g} s fits: wanted a step that fits; lower max_duration, or use a "
                f"device with more memory; the step said: {tried[-1].said or 'nothing'}"
            )
        found.append((seconds, known.fitting))
    batches = [batch for _, batch in reversed(found)]
    return Calibrated(batches=batches, memory_fraction=memory_fraction, tried=tried)


def begin(found: Sequence[tuple[float, int]], seconds: float, first_batch: int) -> tuple[Bracket, int, int]:
    """Return what is known of the next bucket, the batch to try first, and how much more to try if that fits.

    A clip's memory grows with its seconds to a power between 1 and 2 (attention). The power shows in the answers so
    far, and with it the next batch can be foretold; it is tried, and then one that is larger by the gap.

    Args:
        found: the buckets that were searched, longest first: seconds and batch.
        seconds: of the next bucket, shorter than all of them.
        first_batch: where the very first search begins; it doubles.
    """
    if not found:
        return Bracket(), first_batch, first_batch
    (longest_s, least), (last_s, last) = found[0], found[-1]
    power = math.log(last / least) / math.log(longest_s / last_s) if len(found) > 1 else 1.0
    foretold = int(last * (last_s / seconds) ** min(max(power, 1.0), 2.0))
    start = min(max(foretold, last + 1), LARGEST_BATCH)
    return Bracket(last), start, max(1, int(start * GAP / (1 - GAP)))


def search(fits: Callable[[int], bool], known: Bracket, start: int, stride: int) -> Bracket:
    """Narrow one bucket's bracket until its ends are near.

    Args:
        fits: tells of one batch size.
        known: what is known before.
        start: tried first.
        stride: how much more is tried next if that fits; doubled each time.
    """
    batch = start
    while not known.is_near:
        known = known.narrowed(batch, fits=fits(batch))
        batch = known.next_batch(stride)
        stride *= 2
    return known
