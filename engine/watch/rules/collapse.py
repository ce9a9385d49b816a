"""A loss that falls too well to be true: the same batch over and over, labels in the inputs, a mask over everything."""

from __future__ import annotations

from typing import Final

from engine.watch.alerts import Level, Verdict
from engine.watch.curve import Curve
from engine.watch.rules.base import steps
from engine.watch.thresholds import NonFinite

_ADVICE: Final = "See whether the loader still brings new batches, and whether inputs hold their own labels."
_SETTLED: Final = 0.5
"""The level was settled where its last part was no lower than this share of the part before …"""
_LEARNED: Final = 0.3
"""… and the fall is at least this share of all that was learned before: a loss that crosses 0 on its way is none."""
_LEAST_RECORDS: Final = 100
"""A settled level needs a history: most curves fall to a tenth at their start."""


class Collapse:
    """Compares the level with that of the run's middle; yellow only, for some tasks are learned all at once."""

    def __init__(self, numbers: NonFinite) -> None:
        self._numbers = numbers
        self._from: float | None = None

    def look(self, curve: Curve) -> Verdict | None:
        """Judge whenever a stretch of records is complete; what was found stands while the level stays down."""
        if self._from is not None and curve.level > 2 * self._numbers.collapse * self._from:
            self._from = None
        if self._from is None and curve.block_closed and curve.count >= _LEAST_RECORDS:
            self._from = self._find(curve)
        if self._from is None:
            return None
        limit = self._numbers.collapse * self._from
        told = f"The loss fell from a settled {self._from:.4g} to {curve.level:.4g} at once: too good to be true."
        window = steps(20 * curve.interval)
        return Verdict("R8", Level.YELLOW, curve.step, curve.level, limit, window, told, _ADVICE)

    def _find(self, curve: Curve) -> float | None:
        numbers, passed = self._numbers, curve.step - curve.first_step
        # Far from the start, the newest fifth is still enough to settle: the last eighth is left aside.
        if not 0 <= curve.level < numbers.collapse * curve.first:
            return None
        middle, late = curve.first_step + passed / 4, curve.first_step + passed * 5 / 8
        before = curve.history.mean(middle, late)
        after = curve.history.mean(late, curve.first_step + passed * 7 / 8)
        if before is None or after is None or curve.level >= numbers.collapse * after.level:
            return None
        settled = after.level >= _SETTLED * before.level and curve.level < after.level - numbers.collapse_errors * (
            curve.error
        )
        fell = after.level - curve.level >= _LEARNED * (curve.first - after.level)
        return after.level if settled and fell else None
