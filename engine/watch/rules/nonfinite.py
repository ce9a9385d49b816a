"""R1 and R8: a loss that is no number, and a loss that hides it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Final

from engine.watch.alerts import Level, Verdict
from engine.watch.curve import Curve
from engine.watch.records import EVAL_LOSS, GRAD_NORM, LOSS, LOSS_SCALE, Record
from engine.watch.rules.base import NOTHING, green
from engine.watch.rules.collapse import Collapse
from engine.watch.thresholds import NonFinite

_STOP: Final = "Stop the run; go back to the last good checkpoint with a lower learning rate or without the bad data."
_UNMASK: Final = "Stop the run and look at the gradients; for Hugging Face's Trainer set logging_nan_inf_filter=False."
_GREEN_1: Final = green("R1")
_GREEN_8: Final = green("R8")
_OFTEN: Final = 0.05
"""A log whose losses are rounded so much that neighbours are equal this often tells nothing by repeating."""
_BOTH_WAYS: Final = 2
"""Of eight differences so many go up and so many down where there is noise."""
_BESTS: Final = ("best", "min")
"""Trackers of the best start at infinity: that is no news."""


def _is_loss(name: str) -> bool:
    """Tell whether a metric is a loss.

    >>> _is_loss("val/loss"), _is_loss("loss_scale"), _is_loss("best_loss")
    (True, False, False)
    """
    low = name.lower()
    return low.endswith("loss") and not any(word in low for word in _BESTS) and name != LOSS_SCALE


class NotANumber:
    """R1: any loss, of training or validation, is NaN or infinite."""

    def __init__(self, numbers: NonFinite) -> None:
        self._numbers = numbers
        self._seen = 0
        self._names: dict[str, bool] = {}

    def look(self, curve: Curve, record: Record) -> Sequence[Verdict]:
        """Say red at the very record."""
        finite = False
        for name, value in record.values.items():
            known = self._names.get(name)
            if known is None:
                known = self._names[name] = _is_loss(name)
            if not known:
                continue
            if not math.isfinite(value):
                told = f"{name} is {value} at step {record.step:,}; a finite number was wanted."
                return (Verdict("R1", Level.RED, record.step, value, None, "1 record", told, _STOP),)
            finite = True
        if not finite:
            return NOTHING
        self._seen += 1
        if self._seen >= self._numbers.known_after:
            return _GREEN_1
        told = f"{self._seen} finite losses were seen; {self._numbers.known_after} are wanted before all can be well."
        return (Verdict("R1", Level.UNKNOWN, record.step, None, None, "1 record", told, "Wait for more records."),)


class Masked:
    """R8: a trainer's filter shows NaN as zero or as the same number again."""

    def __init__(self, numbers: NonFinite) -> None:
        self._numbers = numbers
        self._last = math.nan
        self._same = 0
        self._same_bad = 0
        """Of the same in a row, the newest that all had a gradient norm that is no number."""
        self._pairs = 0
        self._equal = 0
        """Neighbours with sound gradient norms, and how many of them were equal."""
        self._level = 0.0
        self._deviation = 0.0
        """Level and noise before the loss that repeats."""
        self._jumps: deque[float] = deque(maxlen=8)
        """The newest differences that were not 0."""
        self._collapse = Collapse(numbers)

    def look(self, curve: Curve, record: Record) -> Sequence[Verdict]:
        """Say red where a finite loss cannot be true."""
        loss = record.values.get(LOSS)
        if loss is None:
            return self._of_validation(curve, record)
        norm = record.values.get(GRAD_NORM)
        bad_norm = norm is not None and not math.isfinite(norm)
        self._count(loss, curve, bad_norm=bad_norm)
        if not math.isfinite(loss):
            return NOTHING  # R1's
        if loss == 0 and (bad_norm or self._cannot_be_zero(curve)):
            was = f" after {self._level:.3g}" if self._level else ""
            return self._red(record, loss, f"The loss is exactly 0{was}")
        if self._repeats(curve):
            return self._red(record, loss, f"The loss is {loss!r} for the {self._same}th time in a row")
        collapsed = self._collapse.look(curve)
        return _GREEN_8 if collapsed is None else (collapsed,)

    def _cannot_be_zero(self, curve: Curve) -> bool:
        numbers = self._numbers
        least = min(numbers.zero_from, numbers.zero_digits * curve.resolution or math.inf)
        if self._same < numbers.hidden_records or self._level <= least:
            return False
        return self._same >= numbers.zero_records or self._level > numbers.zero_z * self._deviation

    def _repeats(self, curve: Curve) -> bool:
        numbers = self._numbers
        if self._equal > _OFTEN * self._pairs:
            return False
        if self._same_bad >= numbers.hidden_records:
            return True
        # Without a gradient norm: a curve that falls to its limit without noise ends in equal losses as well.
        if self._same < numbers.same_records:
            return False
        ups = sum(each > 0 for each in self._jumps)
        noisy = max(self._jumps, default=0.0) > numbers.same_digits * curve.resolution > 0
        return noisy and min(ups, len(self._jumps) - ups) >= _BOTH_WAYS

    def _count(self, loss: float, curve: Curve, *, bad_norm: bool) -> None:
        same = loss == self._last
        self._same = self._same + 1 if same else 1
        self._same_bad = (self._same_bad + 1 if same else 1) if bad_norm else 0
        if not same:
            self._level, self._deviation = curve.level_before, curve.deviation_before
            self._jumps.append(loss - self._last)
        if not bad_norm:
            self._pairs += 1
            self._equal += same and self._same <= self._numbers.hidden_records
        self._last = loss

    def _of_validation(self, curve: Curve, record: Record) -> Sequence[Verdict]:
        value = record.values.get(EVAL_LOSS)
        if value is None or math.isfinite(value) or not curve.count:
            return NOTHING
        return self._red(record, value, f"The validation loss is {value} while the training loss looks finite")

    def _red(self, record: Record, value: float, seen: str) -> Sequence[Verdict]:
        norm = record.values.get(GRAD_NORM)
        beside = "" if norm is None else f" with a gradient norm of {norm}"
        why = "the trainer hides NaN" if norm is None or not math.isfinite(norm) else "this is no training"
        told = f"{seen}{beside} at step {record.step:,}: {why}."
        window = f"{self._numbers.hidden_records} records"
        return (Verdict("R8", Level.RED, record.step, value, None, window, told, _UNMASK),)
