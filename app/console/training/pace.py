"""How fast a run goes: steps over the time of its last records. Pure."""

from __future__ import annotations

from collections import deque
from typing import Final

_SPAN_S: Final = 120.0
"""Over so long: an evaluation in between lowers it for two minutes and no longer."""
_MOST: Final = 600


class Pace:
    """Steps per second."""

    def __init__(self) -> None:
        self._marks: deque[tuple[int, float]] = deque(maxlen=_MOST)

    def add(self, step: int | None, at_s: float) -> None:
        """Take a step and its time; where either went back, a new start was made."""
        if step is None:
            return
        if self._marks and (step < self._marks[-1][0] or at_s < self._marks[-1][1]):
            self._marks.clear()
        self._marks.append((step, at_s))
        while len(self._marks) > 2 and self._marks[1][1] < at_s - _SPAN_S:
            self._marks.popleft()

    @property
    def steps_per_s(self) -> float | None:
        """The rate; None where too little was seen."""
        if len(self._marks) < 2:
            return None
        (first, since_s), (last, until_s) = self._marks[0], self._marks[-1]
        return (last - first) / (until_s - since_s) if until_s > since_s and last > first else None
