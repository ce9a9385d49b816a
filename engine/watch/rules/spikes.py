"""R6a and R6b: a record far above the level, and a run that does not come back from it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from engine.watch.alerts import Level, Verdict
from engine.watch.curve import Curve
from engine.watch.records import Record
from engine.watch.rules.base import NOTHING, green
from engine.watch.thresholds import Spikes

_WATCH: Final = "Look at the next records and at the batches of this step; a high spike that recovers is harmless."
_REWIND: Final = "Stop; resume from a checkpoint before the spike, skip its batches or lower the learning rate."
_GREEN_A: Final = green("R6a")
_GREEN: Final = (*_GREEN_A, *green("R6b"))
_RANGE_SHARE: Final = 0.02
"""A spike must give back this share of what the run has gained: jumps of a loss near 0 are none."""
_SMALL_SAMPLE: Final = 10.0
"""A deviation told from n differences is trusted less: z is asked for 1 + 10/n times."""
_CLEAR_Z: Final = 3.0
"""Below so many deviations nothing more is asked."""
_SAID_Z: Final = 1000
"""More deviations than these are no figure that says anything."""


@dataclass(frozen=True, slots=True)
class _Pending:
    """A spike that may or may not come back."""

    step: int
    base: float
    """The level before it …"""
    deviation: float
    """… and its noise."""
    size: float
    """What shares are taken of."""
    peak: float
    yellow: bool
    common: bool = False
    """As high as this are common here: only one that does not come back is news."""
    age: int = 0
    """Records since."""

    def share(self, loss: float) -> float:
        return (loss - self.base) / self.size if self.size else 0.0


def _deviations(curve: Curve, spike: _Pending, loss: float) -> float:
    """Return how many noise deviations a loss lies above the level: the fewer of linear and logarithmic ones."""
    z = (loss - spike.base) / spike.deviation if spike.deviation else math.inf
    if spike.base <= 0 or z < _CLEAR_Z:
        return z
    shares = curve.log_deviation()
    return min(z, math.log(loss / spike.base) / shares) if shares else z


class Spiking:
    """Judges each loss against the level before it."""

    def __init__(self, numbers: Spikes) -> None:
        self._numbers = numbers
        self._pending: _Pending | None = None
        self._yellow_steps: deque[int] = deque(maxlen=numbers.often)
        self._high: deque[tuple[int, float]] = deque()
        """Records that were high: the how many-th record, and the share."""

    def look(self, curve: Curve, record: Record) -> Sequence[Verdict]:
        """Follow a spike that is open, or find a new one."""
        numbers, loss = self._numbers, curve.loss
        if not curve.finite or loss is None or curve.count <= numbers.least_records:
            return NOTHING
        if self._pending is not None:
            return self._follow(self._pending, loss, record.step)
        base, deviation = curve.level_before, curve.deviation_before
        if loss <= base or record.step < numbers.after_step:
            return _GREEN
        found = _Pending(record.step, base, deviation, curve.size(base), loss, yellow=False)
        if found.share(loss) < numbers.rise or loss - base < _RANGE_SHARE * curve.gained:
            return _GREEN
        again = bool(self._high) and self._high[-1][0] == curve.count - 1
        common = self._is_common(curve.count, found.share(loss))
        z, trust = _deviations(curve, found, loss), 1 + _SMALL_SAMPLE / min(curve.count, 100)
        if z < numbers.z * trust:
            return _GREEN
        if common:
            self._pending = replace(found, common=True) if again else None
            return _GREEN
        self._pending = found
        sharp = z > numbers.sharp_z * trust and found.share(loss) > numbers.sharp_rise
        if sharp or found.share(loss) > numbers.yellow_rise:
            return self._tell(replace(found, yellow=True))
        return _GREEN

    def _is_common(self, count: int, share: float) -> bool:
        """Tell whether records as high as this are common in this run, and remember this one."""
        numbers, high = self._numbers, self._high
        while high and high[0][0] <= count - numbers.tail_records:
            high.popleft()
        common = len(high) >= numbers.tail_count and share <= numbers.tail_rise * max(each for _, each in high)
        high.append((count, share))
        return common

    def _tell(self, spike: _Pending) -> Sequence[Verdict]:
        """Say yellow, and red where it happens too often."""
        self._pending, numbers = spike, self._numbers
        z = (spike.peak - spike.base) / spike.deviation if spike.deviation else float("inf")
        deviations = f" (z = {z:.0f})" if z < _SAID_Z else ""
        told = f"The loss jumped from {spike.base:.4g} to {spike.peak:.4g} at step {spike.step:,}{deviations}."
        wanted = numbers.yellow_rise if spike.share(spike.peak) > numbers.yellow_rise else numbers.sharp_rise
        limit = spike.base + wanted * spike.size
        raised = Verdict("R6a", Level.YELLOW, spike.step, spike.peak, limit, "1 record", told, _WATCH)
        self._yellow_steps.append(spike.step)
        often = self._yellow_steps
        if len(often) == numbers.often and often[-1] - often[0] <= numbers.often_steps:
            seen = f"{numbers.often} spikes within {often[-1] - often[0]:,} steps, the last at step {spike.step:,}."
            window = f"{numbers.often_steps:,} steps"
            return raised, Verdict("R6b", Level.RED, spike.step, spike.peak, limit, window, seen, _REWIND)
        return (raised,)

    def _follow(self, spike: _Pending, loss: float, step: int) -> Sequence[Verdict]:
        numbers, age = self._numbers, spike.age + 1
        back = spike.base + max(3 * spike.deviation, numbers.back_rise * spike.size)
        if loss <= back:
            self._pending = None
            return _GREEN
        fallen = spike.peak - numbers.half_back_fall * (spike.peak - spike.base)
        at_once = age == 1 and spike.yellow and loss < fallen and spike.share(loss) > numbers.half_back_rise
        if age >= numbers.back_records or at_once:
            self._pending = None
            window = f"{age} record{'' if age == 1 else 's'}"
            told = (
                f"The loss went from {spike.base:.4g} to {spike.peak:.4g} at step {spike.step:,} and is still "
                f"{loss:.4g} {window} later."
            )
            return (Verdict("R6b", Level.RED, step, loss, back, window, told, _REWIND),)
        if not spike.yellow and not spike.common and spike.share(loss) > numbers.yellow_rise:
            # A log of means shows the first part of a jump small: the second record tells.
            return self._tell(replace(spike, step=step, peak=loss, yellow=True, age=age))
        self._pending = replace(spike, age=age)
        return _GREEN_A
