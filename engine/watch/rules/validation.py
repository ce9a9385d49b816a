"""The validation loss: whether it climbs while the training loss does not, which is how overfitting looks."""

from __future__ import annotations

import math
from typing import Final

from engine.watch.alerts import Level, Verdict
from engine.watch.records import EVAL_LOSS, Record
from engine.watch.rules.running import Window
from engine.watch.thresholds import Rising

_ADVICE: Final = "The model learns its training data by heart: keep the checkpoint of the best evaluation, and stop."
_EVALUATIONS: Final = 32
"""Evaluations whose differences tell the noise."""


class Validation:
    """Compares each evaluation with the best one; yellow only, because the best checkpoint is still there."""

    def __init__(self, numbers: Rising) -> None:
        self._numbers = numbers
        self._jumps = Window(_EVALUATIONS)
        self._last = math.nan
        self._best = math.inf
        self._best_step = 0
        self._above = 0
        """Evaluations in a row that are worse than the best by more than noise explains."""
        self._stands: Verdict | None = None

    def look(self, record: Record) -> Verdict | None:
        """Return what stands: nothing, or yellow."""
        loss = record.values.get(EVAL_LOSS)
        if loss is not None and math.isfinite(loss):
            self._take(loss, record.step)
        return self._stands

    def _take(self, loss: float, step: int) -> None:
        numbers, best = self._numbers, self._best
        noise = self._jumps.spread() / math.sqrt(2)
        if math.isfinite(self._last):
            self._jumps.add(loss - self._last)
        self._last = loss
        if loss <= best:
            self._best, self._best_step, self._above, self._stands = loss, step, 0, None
            return
        # A share of a loss that may be negative says nothing: noise alone judges it.
        limit = best + max(numbers.eval_rise * max(best, 0.0), numbers.voted_errors * noise)
        self._above = self._above + 1 if loss > limit else 0
        if self._above >= numbers.eval_records:
            told = f"The validation loss rose from {best:.4g} (step {self._best_step:,}) to {loss:.4g}."
            window = f"{numbers.eval_records} evaluations"
            self._stands = Verdict("R4", Level.YELLOW, step, loss, limit, window, told, _ADVICE)
        elif not self._above:
            self._stands = None
