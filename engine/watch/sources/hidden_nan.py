"""Trainers that print a number where the loss was none."""

from __future__ import annotations

import math
from collections.abc import Mapping

from engine.watch.records import GRAD_NORM, LOSS


class HiddenNan:
    """Sees a trainer that prints zeros or repeats where the loss was NaN: the gradient norm tells."""

    def __init__(self) -> None:
        self.seen = False
        self._before: float | None = None

    def look(self, values: Mapping[str, float]) -> None:
        """Take one row, under canonical names."""
        loss, norm = values.get(LOSS), values.get(GRAD_NORM)
        if loss is not None and norm is not None and math.isnan(norm) and loss in (0.0, self._before):
            self.seen = True
        self._before = loss if loss is not None else self._before
