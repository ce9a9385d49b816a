"""On which scale a loss is logged, and whether a run starts from scratch or tunes what is trained: given or inferred.

A trainer may log its loss divided by the steps of gradient accumulation; thresholds in nats then mean something else.
And what is an alarm for a run from scratch (no gain in 1,000 steps) is a healthy fine-tune.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import Final

from engine.errors import ConfigError


class Mode(enum.StrEnum):
    """Where a run starts."""

    FROM_SCRATCH = "from-scratch"
    FINE_TUNE = "fine-tune"


@dataclass(frozen=True, slots=True)
class Setting:
    """What the operator tells of a run; everything may be left to be inferred."""

    scale: float = 1.0
    """Logged losses are multiplied by it: 4 where the trainer divides by 4 steps of accumulation."""
    card: int | None = None
    """Size of the vocabulary or codebook: guessing costs ln(card) nats. MusicGen: 2048."""
    mode: Mode | None = None
    """None: infer it."""
    planned_steps: int | None = None
    """Where the run is meant to end; silence after that is no alarm."""

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            ConfigError: when the scale is not a positive number, or the card or the plan too small.
        """
        if not 0 < self.scale < math.inf:
            raise ConfigError(f"scale = {self.scale!r}: wanted a positive number, such as 4 for 4 accumulated steps")
        if self.card is not None and self.card < 2:
            raise ConfigError(f"card = {self.card!r}: wanted the size of the vocabulary or codebook, such as 2048")
        if self.planned_steps is not None and self.planned_steps < 1:
            raise ConfigError(f"planned_steps = {self.planned_steps!r}: wanted the last step of the plan")

    @property
    def guess(self) -> float | None:
        """What guessing costs, in nats; None where the card is not known."""
        return None if self.card is None else math.log(self.card)


@dataclass(frozen=True, slots=True)
class Inferred:
    """What is believed of a run."""

    mode: Mode | None
    """None while nothing can be said."""
    sure: bool
    """Given, or seen from the card; otherwise only the slope spoke."""
    note: str
    """One sentence for the operator; "" while there is nothing to say."""


UNDECIDED: Final = Inferred(None, sure=False, note="")
_NEAR_GUESS: Final = 0.85
"""First losses above this share of ln(card) are a model that guesses: a fine-tune of MusicGen starts at 0.46."""
_FAR_FROM_GUESS: Final = 0.70
"""First losses below this share are a model that has learned before."""
_DIVISORS: Final = (2, 4, 8, 16, 32, 64)
"""Steps of gradient accumulation as people choose them."""
_DIVIDED_WITHIN: Final = 0.05
"""How near ln(card)/divisor the first losses must be before a division is suspected."""
SLOPE_STEPS: Final = 200
"""Over so many first steps the slope is looked at: from scratch, most of what is ever gained falls into them."""
_STEEP: Final = 0.10
"""A loss that falls by this share in the first steps is a run from scratch; a fine-tune gains 3 % in 12 hours …"""
_STEEP_DEVIATIONS: Final = 2.5
"""… and by so many deviations of one loss: four standard errors of the medians of 5 and 20 that are compared."""
_PLUNGE: Final = 0.20
"""Below the very first loss by this share: a run that logs each tenth step has its fall behind it at the second …"""
_PLUNGE_DEVIATIONS: Final = 4.0
"""… and by so many deviations, because one loss alone may lie anywhere."""
_FLAT: Final = 0.05
"""Below, it is taken for a fine-tune."""
_LATE_FALL: Final = 0.30
"""A run that was taken for a fine-tune and falls by this share after all had a long warm-up."""


def from_start(setting: Setting, first: float) -> Inferred:
    """Judge by the setting and the first losses (their median, scaled)."""
    if setting.mode is not None:
        return Inferred(setting.mode, sure=True, note=f"The run is a {setting.mode} run, as it was told.")
    guess = setting.guess
    if guess is None:
        return UNDECIDED
    start = f"The first losses are {first:.3g}, guessing costs ln {setting.card} = {guess:.3g}"
    if first >= _NEAR_GUESS * guess:
        note = f"{start}: taken for a run from scratch, surely."
        return Inferred(Mode.FROM_SCRATCH, sure=True, note=note)
    for divisor in _DIVISORS:
        if setting.scale == 1 and abs(first * divisor / guess - 1) <= _DIVIDED_WITHIN:
            note = f"{start}: either a fine-tune, or the log is divided by {divisor}; if so, set scale = {divisor}."
            return Inferred(None, sure=False, note=note)
    if first <= _FAR_FROM_GUESS * guess:
        return Inferred(Mode.FINE_TUNE, sure=False, note=f"{start}: taken for a fine-tune, probably.")
    return UNDECIDED


@dataclass(frozen=True, slots=True)
class Slope:
    """The first part of a curve."""

    start: float
    """The very first loss."""
    first: float
    """Median of the first five."""
    now: float
    """Median of the last twenty."""
    noise: float
    """Deviation of one loss."""
    steps: int


def from_slope(slope: Slope, before: Inferred) -> Inferred:
    """Judge by what the first steps brought, where the start left it open; keep what was known otherwise."""
    if before.sure or before.mode is Mode.FROM_SCRATCH:
        return before
    size = abs(slope.first) or 1.0
    gain, plunge = slope.first - slope.now, slope.start - slope.now
    seen = f"The loss went from {slope.first:.3g} to {slope.now:.3g} in its first {slope.steps:,} steps"
    scratch = Inferred(Mode.FROM_SCRATCH, sure=False, note=f"{seen}: taken for a run from scratch, probably.")
    if before.mode is Mode.FINE_TUNE:
        return scratch if gain >= _LATE_FALL * size else before
    if gain >= max(_STEEP * size, _STEEP_DEVIATIONS * slope.noise):
        return scratch
    if plunge >= max(_PLUNGE * size, _PLUNGE_DEVIATIONS * slope.noise):
        return scratch
    if gain < _FLAT * size:
        note = f'{seen}: taken for a fine-tune, probably; set mode = "from-scratch" if it is none.'
        return Inferred(Mode.FINE_TUNE, sure=False, note=note)
    return before
