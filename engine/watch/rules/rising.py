"""R4: the level climbs away from the best that the run had."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Final

from engine.watch.alerts import Level, Verdict
from engine.watch.curve import Curve
from engine.watch.records import Record
from engine.watch.rules.base import NOTHING, green, steps
from engine.watch.rules.page_hinkley import PageHinkley
from engine.watch.rules.validation import Validation
from engine.watch.thresholds import Rising

_ADVICE: Final = "Check learning rate and data since the best step; if it goes on, resume from a checkpoint before it."
_RATE_ADVICE: Final = "Stop and mend the schedule; resume from a checkpoint of before the learning rate rose."
_GREEN: Final = green("R4")
_RESTART: Final = 1.5
"""A learning rate so many times that of the best level has been started again."""
_BACK: Final = 0.5
"""A rise is over below this share of its peak."""
_REMEMBERED: Final = 0.75
"""The newest so much of the run tells what it comes back from: its start was another matter."""
_BEYOND: Final = 2.0
"""Rises of fewer standard errors are never asked about."""
_RISES: Final = 64
"""Rises that are remembered."""


class _ComeBack:
    """Remembers rises above the best level that the run has come back from."""

    def __init__(self) -> None:
        self._peak = 0.0
        self._past: deque[tuple[int, float]] = deque(maxlen=_RISES)
        self._usual: tuple[int, float] | None = None

    def look(self, rise: float, step: int, since: float, error: float) -> float:
        """Return the second largest rise that ended since a step: once may be a mishap."""
        self._peak = max(self._peak, rise)
        if self._peak > 0 and rise <= _BACK * self._peak:
            if self._peak > _BEYOND * error:
                self._past.append((step, self._peak))
                self._usual = None
            self._peak = 0.0
        if self._usual is None or self._usual[0] < since:
            heights = sorted((each, at) for at, each in self._past if at >= since)
            self._usual = (heights[-2][1], heights[-2][0]) if len(heights) > 1 else (step, 0.0)
        return self._usual[1]


class Climbing:
    """Yellow and red by the rise above the best level, beyond what noise explains."""

    def __init__(self, numbers: Rising) -> None:
        self._numbers = numbers
        self._vote = PageHinkley(numbers)
        self._validation = Validation(numbers)
        self._back = _ComeBack()
        self._calm = math.inf
        """The newest level of before a learning rate that is a witness."""
        self._stands = Level.GREEN

    def look(self, curve: Curve, record: Record) -> Sequence[Verdict]:
        """Judge the training loss and the validation loss; the worse counts."""
        validation = self._validation.look(record)
        told = self._training(curve, record)
        if validation is None or (told and told[0].level > Level.GREEN):
            return told
        return (validation,)

    def _training(self, curve: Curve, record: Record) -> Sequence[Verdict]:
        """Compare the level with the best one whose records are all older."""
        self._vote.look(curve)
        if not curve.finite or curve.best.level == float("inf"):
            return NOTHING
        numbers, best = self._numbers, curve.best.level
        rise = curve.level - best
        since = record.step - (record.step - curve.first_step) * _REMEMBERED
        if curve.block_closed and curve.rates.newest is not None and not self._rate_grew(curve, numbers.rate_factor):
            self._calm = curve.near(self._fair(curve))
        usual = numbers.come_back * self._back.look(rise, record.step, since, curve.error)
        if self._rate_is_wild(curve):
            self._stands = Level.RED
            return (self._wild(curve, record.step),)
        if rise <= 0:
            self._stands = Level.GREEN
            return _GREEN
        size = curve.size(best)
        if not size:
            return NOTHING  # the best is 0 in the digits of this log, and nothing was ever learned
        yellow, red, errors = self._limits(curve)
        least = max(numbers.range_share * curve.gained, curve.resolution, usual)
        level = curve.level
        if self._newest_red(curve, red, errors, least):
            self._stands, level = Level.RED, curve.near(self._fair(curve))
        else:
            least = max(least, errors * curve.error)
            self._stands = self._level(rise, least, yellow * size, red * size)
        if self._stands is Level.GREEN:
            return _GREEN
        limit = best + max((red if self._stands is Level.RED else yellow) * size, least)
        told = f"The median loss rose from {best:.4g} (step {curve.best.step:,}) to {level:.4g}."
        window = steps(20 * curve.interval)
        return (Verdict("R4", self._stands, record.step, level, limit, window, told, _ADVICE),)

    def _limits(self, curve: Curve) -> tuple[float, float, float]:
        """Return the shares for yellow and red, and the errors: less is asked for where a second witness agrees."""
        numbers, vote = self._numbers, self._vote
        if self._rate_grew(curve, numbers.rate_factor):
            return numbers.rate_rise, numbers.rate_rise, numbers.rate_errors
        if self._restarted(curve):
            return numbers.yellow_rise, numbers.red_rise, numbers.errors
        # Shares of a range that may be nothing but noise ask for all the errors.
        errors = numbers.voted_errors if min(curve.best.level, curve.level) > 0 else numbers.errors
        if vote.votes_strongly:
            return numbers.voted_rise, numbers.yellow_rise, errors
        if vote.votes:
            return numbers.voted_rise, numbers.red_rise, errors
        return numbers.yellow_rise, numbers.red_rise, numbers.errors

    def _newest_red(self, curve: Curve, red: float, errors: float, least: float) -> bool:
        """Tell whether the newest records alone are so high: 20 records of a sparse log are old news."""
        count = self._fair(curve)
        if count >= 20:
            return False
        error = max(curve.error, curve.single_error * math.sqrt(20 / count))
        return curve.near(count) - curve.best.level > max(red * curve.size(curve.best.level), errors * error, least)

    def _rate_is_wild(self, curve: Curve) -> bool:
        """Tell whether the learning rate itself is the mishap, and the loss has stopped falling or begun to rise."""
        numbers, count = self._numbers, self._fair(curve)
        if not self._rate_grew(curve, numbers.rate_sure_factor):
            return False
        rise = curve.near(count) - min(curve.best.level, self._calm)
        if self._rate_grew(curve, numbers.rate_wild_factor):
            return rise > 0
        error = max(curve.error, curve.single_error * math.sqrt(20 / count))
        return rise > max(numbers.rate_rise * curve.size(curve.best.level), numbers.rate_sure_errors * error)

    def _wild(self, curve: Curve, step: int) -> Verdict:
        level, rate, peak = curve.near(self._fair(curve)), curve.rates.newest, curve.best.rate_peak
        told = f"The learning rate is {rate:.3g}, its peak was {peak:.3g}; the loss no longer falls: {level:.4g}."
        limit = self._numbers.rate_sure_factor * peak
        return Verdict("R4", Level.RED, step, rate, limit, "1 record", told, _RATE_ADVICE)

    def _fair(self, curve: Curve) -> int:
        """Return how many records are judged as the newest: those of some steps."""
        return max(self._numbers.least_records, min(20, round(self._numbers.span_steps / curve.interval)))

    def _rate_grew(self, curve: Curve, factor: float) -> bool:
        """Tell whether the learning rate stands above all it was until the best level, the first warm-up left aside."""
        settled = curve.rates.settled and curve.best.step - curve.first_step >= self._numbers.settled_steps
        return settled and curve.rates.newest is not None and curve.rates.newest > factor * curve.best.rate_peak > 0

    def _restarted(self, curve: Curve) -> bool:
        """Tell whether the learning rate came back up since the best level, though not above its old peak."""
        return (
            curve.rates.newest is not None
            and curve.best.rate is not None
            and curve.rates.newest > _RESTART * curve.best.rate
        )

    def _level(self, rise: float, least: float, yellow: float, red: float) -> Level:
        # What stands is over only well below what raised it: a level that hovers there is one alert.
        if rise > max(red, least) * (self._numbers.clear_share if self._stands is Level.RED else 1.0):
            return Level.RED
        if rise > max(yellow, least):
            return Level.YELLOW
        if self._stands is not Level.GREEN and rise > self._numbers.clear_share * yellow:
            return Level.YELLOW
        return Level.GREEN
