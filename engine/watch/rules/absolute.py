"""R2 and R3: levels that are wrong for a cross entropy in nats, whatever came before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.watch.alerts import Level, Verdict
from engine.watch.curve import Curve
from engine.watch.records import Record
from engine.watch.rules.base import NOTHING, green, steps
from engine.watch.thresholds import Absolute

_CHECK: Final = "Check the learning rate and its warm-up, the labels, and the scale of the logged loss."
_GREEN_2: Final = green("R2")
_GREEN_3: Final = green("R3")


class TooHigh:
    """R2: yellow for one loss above 10, red for a median that is worse than guessing."""

    def __init__(self, numbers: Absolute) -> None:
        self._numbers = numbers
        self._after = 0
        """Records after the step from which on the rule looks."""

    def look(self, curve: Curve, record: Record) -> Sequence[Verdict]:
        """Judge the newest loss and the median."""
        numbers, loss, guess = self._numbers, curve.loss, curve.setting.guess
        if not curve.finite or loss is None or record.step <= numbers.high_after_step:
            return NOTHING
        if not curve.in_nats(numbers.nats_below):
            return NOTHING
        self._after += 1
        count = _fair(curve, numbers)
        if guess is not None and self._after >= count:
            median, limit = curve.near(count), guess + numbers.guess_margin
            if median > limit:
                told = f"The median loss is {median:.4g}; guessing costs ln {curve.setting.card} = {guess:.4g}."
                window = steps(count * curve.interval)
                return (Verdict("R2", Level.RED, record.step, median, limit, window, told, _CHECK),)
        limit = max(numbers.high_loss, guess or 0.0)
        if loss > limit and (curve.level > limit or loss - curve.level > numbers.high_z * curve.deviation_before):
            told = f"The loss is {loss:.4g} at step {record.step:,}; at most {limit:.4g} was wanted."
            return (Verdict("R2", Level.YELLOW, record.step, loss, limit, "1 record", told, _CHECK),)
        return _GREEN_2


class SlowStart:
    """R3: the median is still above 5 at step 500."""

    def __init__(self, numbers: Absolute) -> None:
        self._numbers = numbers
        self._stands = False

    def look(self, curve: Curve, record: Record) -> Sequence[Verdict]:
        """Judge the median of the last 100 steps."""
        numbers = self._numbers
        if not curve.finite or record.step < numbers.slow_after_step or curve.count < numbers.least_records:
            return NOTHING
        if not curve.in_nats(numbers.nats_below):
            return NOTHING
        count = _fair(curve, numbers)
        median = curve.near(count)
        clear = max(numbers.slow_clear * numbers.slow_loss, numbers.slow_errors * curve.error)
        self._stands = median > numbers.slow_loss - (clear if self._stands else 0.0)
        if not self._stands:
            return _GREEN_3
        told = f"The median loss is {median:.4g} at step {record.step:,}; at most {numbers.slow_loss:g} was wanted."
        window = steps(count * curve.interval)
        return (Verdict("R3", Level.YELLOW, record.step, median, numbers.slow_loss, window, told, _CHECK),)


def _fair(curve: Curve, numbers: Absolute) -> int:
    """Return how many records make a median over the last 100 steps."""
    return max(numbers.least_records, min(20, round(numbers.span_steps / curve.interval)))
