"""The Page-Hinkley test on the level: a second vote that never raises an alert by itself.

Page 1954 (Continuous inspection schemes) and Hinkley 1971: the sum of what lies above a running mean plus a drift that
is let pass, against its own minimum. Here over medians of 20 records without overlap, in their own standard errors, so
that the two numbers mean the same for every run; the mean forgets, because a loss falls.
"""

from __future__ import annotations

from typing import Final

from engine.watch.curve import Curve
from engine.watch.thresholds import Rising

_MEMORY: Final = 0.2
"""Weight of the newest median in the running mean: it follows a falling loss within five medians."""
_CUT: Final = 6.0
"""One median counts at most so many errors: a single bad stretch is the spike rules' matter."""


class PageHinkley:
    """Votes while the level drifts up."""

    def __init__(self, numbers: Rising) -> None:
        self._numbers = numbers
        self._mean: float | None = None
        self._sum = 0.0

    @property
    def votes(self) -> bool:
        """The level drifts up."""
        return self._sum > self._numbers.vote_lambda

    @property
    def votes_strongly(self) -> bool:
        """The level drifts up beyond doubt."""
        return self._sum > self._numbers.vote_lambda * self._numbers.strong_vote

    def look(self, curve: Curve) -> None:
        """Take the level where it is the next without overlap."""
        level = curve.drift_closed
        if level is None:
            return
        if self._mean is None:
            self._mean = level
            return
        error = curve.error or abs(level) * 1e-6 or 1e-9
        above = max(-_CUT, min(_CUT, (level - self._mean) / error)) - self._numbers.vote_delta
        self._sum = max(0.0, self._sum + above)
        self._mean += _MEMORY * (level - self._mean)
