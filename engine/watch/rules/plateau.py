"""R5 and R7: nothing is learned. What is normal depends on where the run starts, so the mode decides."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.watch.alerts import Level, Verdict
from engine.watch.curve import Curve, Stretch
from engine.watch.records import Record
from engine.watch.rules.base import NOTHING, green, steps
from engine.watch.scale import Mode
from engine.watch.thresholds import Plateau

_STUCK: Final = "Stop; check that the learning rate is not 0, that gradients flow, and that labels belong to inputs."
_FLAT: Final = "Check the learning rate; if it is as planned, the data or the model is exhausted: consider stopping."
_GREEN_5: Final = green("R5")
_GREEN_7: Final = green("R7")
_LEAST_STRETCHES: Final = 5
"""A fifth of the window must hold at least one stretch of five records."""
_DOUBTLESS: Final = 3.0
"""Standard errors of a gain that nobody doubts."""
_NOISY: Final = 5.0
"""A gain whose standard error is so many times what is asked for is not known at all."""
_AGAIN: Final = 0.25
"""A run that has left a plateau is asked about the next once it is longer by this share."""
_WARMING: Final = 1.5
"""A learning rate that grew by this factor within the window is still warming up: nothing is judged."""


class Stuck:
    """R5: 500 steps at 4.5 and above without gain."""

    def __init__(self, numbers: Plateau, nats_below: float) -> None:
        self._numbers = numbers
        self._nats_below = nats_below
        self._stands: Sequence[Verdict] = NOTHING

    def look(self, curve: Curve, record: Record) -> Sequence[Verdict]:
        """Compare the first and the last fifth of the window whenever a stretch of records is complete."""
        if curve.block_closed:
            self._stands = self._judge(curve, record.step)
        return self._stands if curve.finite else NOTHING

    def _judge(self, curve: Curve, step: int) -> Sequence[Verdict]:
        numbers = self._numbers
        if not curve.in_nats(self._nats_below):
            return NOTHING
        if curve.level < numbers.stuck_loss:
            return _GREEN_5 if step >= numbers.stuck_steps else NOTHING
        span = max(numbers.stuck_steps, _LEAST_STRETCHES * 5 * curve.interval)
        if step - curve.first_step < span - curve.interval:
            return NOTHING
        window = _since(curve, step - span)
        fifth = len(window) // 5
        if fifth == 0 or _warming(window[0].rate, curve.rates.newest):
            return NOTHING
        first, last = _median(window[:fifth]), _median(window[-fifth:])
        gain = (first - last) / first
        error = _error(curve, fifth, fifth)
        # What stands is over only where the gain is sure: a gain that hovers is one alert.
        stands = bool(self._stands) and self._stands[0].level > Level.UNKNOWN
        wanted = numbers.stuck_gain + (2 * error / first if stands else 0.0)
        if min(first, last) < numbers.stuck_loss or gain >= wanted:
            return _GREEN_5
        # A noisy window may look flat: what doubling the steps brought rests on far more records.
        passed = step - curve.first_step
        doubled = _halves(curve, curve.first_step + passed / 4, step, curve.first_step + passed / 2)
        if doubled is not None and doubled.gain >= numbers.stuck_gain * doubled.now + stands * doubled.error:
            return _GREEN_5
        given_tune = curve.inferred.mode is Mode.FINE_TUNE and curve.inferred.sure
        # Too noisy to tell a gain of a few shares: no red before the longer halves are sure.
        unsure = error > _NOISY * numbers.stuck_gain * first
        if unsure and doubled is not None and doubled.gain + 2 * doubled.error < 2 * numbers.stuck_gain * doubled.now:
            unsure = False
        level = Level.YELLOW if given_tune or unsure else Level.RED
        told = f"The loss is stuck: {first:.4g} {steps(span)} ago, {last:.4g} at step {step:,}."
        return (Verdict("R5", level, step, last, numbers.stuck_loss, steps(span), told, _STUCK),)


@dataclass(frozen=True, slots=True)
class _Flat:
    """A flat part that was found."""

    since: int
    level: float
    told: str


class Flat:
    """R7: no gain where there should be one."""

    def __init__(self, numbers: Plateau) -> None:
        self._numbers = numbers
        self._found: _Flat | None = None
        self._again_from = 0.0
        self._stands: Sequence[Verdict] = NOTHING

    def look(self, curve: Curve, record: Record) -> Sequence[Verdict]:
        """Judge whenever a stretch of records is complete; in between, what stands stands."""
        if curve.block_closed:
            self._stands = self._judge(curve, record.step)
        return self._stands if curve.finite else NOTHING

    def _judge(self, curve: Curve, step: int) -> Sequence[Verdict]:
        numbers, mode = self._numbers, curve.inferred.mode
        passed = step - curve.first_step
        if passed < numbers.zero_rate_steps:
            return NOTHING
        for what, since in (("learning rate", curve.rates.zero_since), ("gradient norm", curve.rates.norm_zero_since)):
            zero = self._zero(curve, step, what, since)
            if zero is not None:
                return (zero,)
        # A loss that goes below 0 has no bottom to come near to.
        spent = min(curve.level, curve.best.level) >= 0 and curve.level < numbers.spent_share * curve.first
        if passed < numbers.start_steps - curve.interval or spent:
            self._found = None
            return _GREEN_7 if spent else NOTHING
        if _warming(_rate_at(curve, step - numbers.start_steps), curve.rates.newest):
            return NOTHING
        if mode is Mode.FROM_SCRATCH:
            return self._scratch(curve, step, passed)
        return self._tuned(curve, step, passed)

    @property
    def _alarmed(self) -> bool:
        return bool(self._stands) and self._stands[0].level > Level.UNKNOWN

    def _zero(self, curve: Curve, step: int, what: str, since: int | None) -> Verdict | None:
        numbers = self._numbers
        if since is None or step - since < max(numbers.zero_rate_steps, 20 * curve.interval):
            return None
        halves = _halves(curve, since, step, (since + step) / 2)
        if halves is None:
            return None
        # A rate that is printed as 0 but is none: the loss goes on falling, beyond doubt.
        if halves.gain >= max(numbers.doubling_gain * curve.size(halves.now), _DOUBTLESS * halves.error):
            return None
        level = Level.RED if step - since >= numbers.start_steps else Level.YELLOW
        told = f"The {what} is 0 since step {since:,}: nothing is learned."
        return Verdict("R7", level, step, 0.0, None, steps(step - since), told, _STUCK)

    def _tuned(self, curve: Curve, step: int, passed: int) -> Sequence[Verdict]:
        numbers = self._numbers
        first = curve.history.mean(curve.first_step, curve.first_step + passed / 10)
        last = curve.history.mean(step - passed / 2, step)
        if first is None or last is None:
            return NOTHING
        gain, error = first.level - last.level, _error(curve, first.blocks, last.blocks)
        hold = 0.5 if self._alarmed else 1.0
        if -gain > hold * max(numbers.worse_share * curve.size(first.level), numbers.worse_errors * error):
            told = f"The loss is worse than at the start: {first.level:.4g}, after {passed:,} steps {last.level:.4g}."
            return (Verdict("R7", Level.YELLOW, step, last.level, first.level, steps(passed), told, _FLAT),)
        if passed < numbers.tune_steps:
            return NOTHING
        wanted = numbers.tune_gain * curve.size(first.level)
        # What stands is over only where the gain is sure: a gain that hovers is one alert.
        sure = 2 * error if self._alarmed else 0.0
        if gain >= wanted + sure or gain + 2 * error >= 2 * (wanted + sure):
            return _GREEN_7
        told = f"The fine-tune has gained nothing in {passed:,} steps: {first.level:.4g}, now {last.level:.4g}."
        return (Verdict("R7", Level.YELLOW, step, last.level, first.level - wanted, steps(passed), told, _FLAT),)

    def _scratch(self, curve: Curve, step: int, passed: int) -> Sequence[Verdict]:
        numbers = self._numbers
        late = curve.history.mean(step - max(200, passed / 5), step)
        wanted = numbers.start_gain * curve.size(curve.first)
        if late is not None and self._alarmed:
            wanted += 2 * _error(curve, late.blocks, 1)
        if late is not None and curve.first - late.level < wanted:
            level = Level.RED if curve.inferred.sure else Level.YELLOW
            told = f"The loss has not decreased in {passed:,} steps: {curve.first:.4g} at first, now {late.level:.4g}."
            return (Verdict("R7", level, step, late.level, curve.first, steps(passed), told, _STUCK),)
        if self._found is not None and self._over(curve, step):
            self._found, self._again_from = None, step + passed * _AGAIN
        if self._found is None and step >= self._again_from:
            self._found = self._doubling(curve, step, passed) or self._bent(curve, step, passed)
        return _GREEN_7 if self._found is None else (self._told(self._found, curve, step),)

    def _told(self, found: _Flat, curve: Curve, step: int) -> Verdict:
        numbers, flat = self._numbers, step - found.since
        learning = curve.rates.newest is not None and curve.rates.newest > numbers.rate_share * curve.rates.peak
        # A mode that only the slope told may be wrong: a fine-tune falls fast at first, and is then flat for an epoch.
        sure = curve.inferred.sure and learning
        level = Level.RED if sure and flat >= numbers.red_steps else Level.YELLOW
        return Verdict("R7", level, step, curve.level, found.level, steps(flat), found.told, _FLAT)

    def _over(self, curve: Curve, step: int) -> bool:
        """Tell whether the curve falls again: the last part of it lies surely below the flat part."""
        found = self._found
        assert found is not None
        last = curve.history.mean(step - self._numbers.start_steps / 2, step)
        if last is None:
            return False
        gain = found.level - last.level
        return gain > max(self._numbers.doubling_gain * curve.size(found.level), 2 * _error(curve, last.blocks))

    def _doubling(self, curve: Curve, step: int, passed: int) -> _Flat | None:
        """Compare the second quarter of the run with its second half: one doubling of the steps."""
        begin = curve.first_step
        halves = _halves(curve, begin + passed / 4, step, begin + passed / 2)
        if halves is None:
            return None
        wanted = self._numbers.doubling_gain * curve.size(halves.now)
        if halves.gain >= wanted or halves.gain + halves.error >= 1.5 * wanted:
            return None
        told = (
            f"Doubling the steps to {step:,} brought nothing: the loss was {halves.before:.4g} on average, "
            f"and is {halves.now:.4g}."
        )
        return _Flat(round(begin + passed / 4), halves.now, told)

    def _bent(self, curve: Curve, step: int, passed: int) -> _Flat | None:
        """Compare the last 1,000 steps with what the two doublings before them let expect."""
        numbers, begin = self._numbers, curve.first_step
        span = max(numbers.start_steps, 40 * curve.interval)
        start = step - span
        if passed < 2 * span:
            return None
        before = _halves(curve, begin + (start - begin) / 4, start, begin + (start - begin) / 2)
        window = _halves(curve, start, step, step - span / 2)
        if before is None or window is None:
            return None
        # The halves before lie one doubling apart; those of the window by the logarithm of their middles.
        apart = math.log2((passed - span / 4) / (passed - span * 3 / 4))
        promised = before.gain * apart
        enough = max(numbers.bent_errors * window.error, numbers.bent_gain * curve.size(window.now))
        if promised < enough or window.gain > numbers.bent_share * promised:
            return None
        told = (
            f"The last {span:,.0f} steps brought {window.gain:.2g}; the curve before let expect {promised:.2g}: "
            f"the loss stays at {window.now:.4g}."
        )
        return _Flat(round(start), window.now, told)


@dataclass(frozen=True, slots=True)
class _Halves:
    before: float
    now: float
    error: float
    """Standard error of their difference."""

    @property
    def gain(self) -> float:
        return self.before - self.now


def _halves(curve: Curve, first: float, last: float, middle: float) -> _Halves | None:
    before, now = curve.history.mean(first, middle), curve.history.mean(middle, last)
    if before is None or now is None or min(before.blocks, now.blocks) < 2:
        return None
    return _Halves(before.level, now.level, _error(curve, before.blocks, now.blocks))


def _error(curve: Curve, *blocks: float) -> float:
    return curve.history.noise() * math.sqrt(sum(1 / each for each in blocks))


def _since(curve: Curve, step: float) -> list[Stretch]:
    newest = itertools.takewhile(lambda each: each.first_step > step, reversed(curve.recent))
    return list(newest)[::-1]


def _rate_at(curve: Curve, step: float) -> float | None:
    """Return the learning rate at a step, or the oldest that is kept after it; None where it is not logged."""
    if curve.rates.newest is None:
        return None
    return next((each.rate for each in curve.recent if each.last_step >= step), None)


def _warming(before: float | None, now: float | None) -> bool:
    return before is not None and now is not None and now > _WARMING * before


def _median(stretches: list[Stretch]) -> float:
    levels = sorted(each.level for each in stretches)
    return levels[len(levels) // 2]
