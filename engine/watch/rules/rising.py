"""R4: the level climbs away from the best that the run had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.watch.alerts import Level, Verdict
from engine.watch.curve import Curve
from engine.watch.records import Record
from engine.watch.rules.base import NOTHING, green, steps
from engine.watch.rules.page_hinkley import PageHinkley
from engine.watch.thresholds import Rising

_ADVICE: Final = "Check learning rate and data since the best step; if it goes on, resume from a checkpoint before it."
_GREEN: Final = green("R4")


class Climbing:
    """Yellow and red by the rise above the best level, beyond what noise explains."""

    def __init__(self, numbers: Rising) -> None:
        self._numbers = numbers
        self._vote = PageHinkley(numbers)
        self._stands = Level.GREEN

    def look(self, curve: Curve, record: Record) -> Sequence[Verdict]:
        """Compare the level with the best one whose records are all older."""
        self._vote.look(curve)
        if not curve.finite or curve.best == float("inf"):
            return NOTHING
        numbers, best = self._numbers, curve.best
        rise = curve.level - best
        if rise <= 0:
            self._stands = Level.GREEN
            return _GREEN
        size = curve.size(best)
        yellow, red, errors = self._limits(curve)
        least = max(errors * curve.error, numbers.range_share * curve.gained)
        self._stands = self._level(rise, least, yellow * size, red * size)
        if self._stands is Level.GREEN:
            return _GREEN
        limit = best + max((red if self._stands is Level.RED else yellow) * size, least)
        told = f"The median loss rose from {best:.4g} (step {curve.best_step:,}) to {curve.level:.4g}."
        window = steps(20 * curve.interval)
        return (Verdict("R4", self._stands, record.step, curve.level, limit, window, told, _ADVICE),)

    def _limits(self, curve: Curve) -> tuple[float, float, float]:
        """Return the shares for yellow and red, and the errors: less is asked for where a second witness agrees."""
        numbers, vote = self._numbers, self._vote
        if self._rate_grew(curve):
            return numbers.rate_rise, numbers.rate_rise, numbers.rate_errors
        if vote.votes_strongly:
            return numbers.voted_rise, numbers.yellow_rise, numbers.voted_errors
        if vote.votes:
            return numbers.voted_rise, numbers.red_rise, numbers.voted_errors
        return numbers.yellow_rise, numbers.red_rise, numbers.errors

    def _rate_grew(self, curve: Curve) -> bool:
        """Tell whether the learning rate stands above all it was until the best level, the first warm-up left aside."""
        settled = curve.best_step - curve.first_step >= self._numbers.settled_steps
        return settled and curve.rate is not None and curve.rate > self._numbers.rate_factor * curve.best_rate_peak > 0

    def _level(self, rise: float, least: float, yellow: float, red: float) -> Level:
        if rise > max(red, least):
            return Level.RED
        if rise > max(yellow, least):
            return Level.YELLOW
        # An alert that stands is over only well below what raised it: a level that hovers there is one alert.
        if self._stands is not Level.GREEN and rise > self._numbers.clear_share * yellow:
            return Level.YELLOW
        return Level.GREEN
