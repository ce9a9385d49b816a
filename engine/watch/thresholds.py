"""Every number of every rule, as data: what a settings file may override and what ``explain`` prints.

The rules and most numbers come from the operational checklist and from measurements on real training curves; the
docstring under a field tells its reason. Windows are in optimizer steps unless a field says records.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from engine.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Noise:
    """How the noise and the level of a curve are measured."""

    near_records: int = 20
    """Records of the running median that stands for the level: at 20, its error is a quarter of a record's noise."""
    spread_records: int = 100
    """Differences between neighbours that tell the noise: enough for a 95th percentile, few enough to follow."""
    block_records: int = 5
    """Records of one entry in the long history."""


@dataclass(frozen=True, slots=True)
class NonFinite:
    """R1 and R8: losses that are no numbers, and losses that hide it."""

    known_after: int = 3
    """Finite losses before a run may be called green."""
    hidden_records: int = 3
    """The same float so often in a row, with a gradient norm that is no number, is a masked NaN; zeros likewise."""
    zero_from: float = 0.05
    """Level above which a loss cannot fall to exactly 0: trainers round to 4 digits, this is 500 times as much …"""
    zero_digits: float = 50.0
    """… or so many times the last digit of this log, if that is less."""
    zero_z: float = 2.5
    """Zeros are within the noise of a level that is not so many deviations above: hinge losses are 0 now and then …"""
    zero_records: int = 20
    """… but not so often in a row."""
    same_records: int = 10
    """The same float so often in a row is no training, whatever the gradient norm, where it was noisy before."""
    same_digits: float = 5.0
    """Noisy: one of the newest differences was so many times the last digit of the log."""
    collapse: float = 0.1
    """R8 yellow where a settled loss falls to less than this share: too good to be true."""
    collapse_errors: float = 10.0
    """And by so many standard errors."""


@dataclass(frozen=True, slots=True)
class Absolute:
    """R2 and R3: levels that are wrong for a cross entropy in nats whatever the curve did before."""

    high_loss: float = 10.0
    """R2 yellow above; the checklist's number. ln(card) where that is more: guessing costs as much."""
    high_z: float = 4.0
    """R2 yellow: so many noise deviations above the level, unless the level is that high itself: small batches of a
    loss of 8 are above 10 again and again."""
    high_after_step: int = 100
    """R2 looks only after: healthy runs start at 16 or 22."""
    guess_margin: float = 0.5
    """R2 red: the median is so many nats above ln(card), which is worse than guessing."""
    slow_loss: float = 5.0
    """R3 yellow: the median is above at ``slow_after_step``; the checklist's number."""
    slow_after_step: int = 500
    """R3 looks from here on."""
    slow_clear: float = 0.02
    """R3 is over once the median is below by this share: a level that hovers at 5 is one alert …"""
    slow_errors: float = 4.0
    """… and by so many standard errors."""
    nats_below: float = 25.0
    """First losses above are no cross entropy in nats where no card is told (guessing among 256,000 costs 12.5): R2,
    R3 and R5 are silent then."""
    span_steps: int = 100
    """The median is over so many steps, 5 to 20 records: older losses of a falling curve would not be fair."""
    least_records: int = 5
    """Records that a median needs."""


@dataclass(frozen=True, slots=True)
class Rising:
    """R4: the level climbs away from the best that it had."""

    yellow_rise: float = 0.10
    """Share of the best level."""
    red_rise: float = 0.20
    """Share of the best level."""
    voted_rise: float = 0.06
    """Yellow already here where the Page-Hinkley test votes too: two statistics that agree may ask for less."""
    eval_rise: float = 0.10
    """Yellow where the validation loss is above its best by this share, and ``voted_errors`` times its own noise …"""
    eval_records: int = 3
    """… in so many evaluations in a row."""
    come_back: float = 1.25
    """A rise must be so many times what the run has come back from twice lately: what oscillates
    (adversarial losses, epochs, restarts) is told by its own past."""
    clear_share: float = 0.5
    """It is over below this share of the rise that raised it."""
    errors: float = 6.0
    """The rise must also be so many standard errors of the level: over thousands of looks the best is lucky by two to
    three of them, and the level now unlucky by as many."""
    voted_errors: float = 4.0
    """So many suffice where Page-Hinkley agrees."""
    range_share: float = 0.03
    """And this share of what the run has gained: a loss of 0.0002 that becomes 0.0003 has lost nothing."""
    rate_factor: float = 1.5
    """A learning rate so many times above all it was until the best level is a witness: restarts of a cycle only come
    back to the old peak."""
    rate_rise: float = 0.04
    """Red already at this share with that witness: cause and effect are both in sight …"""
    rate_errors: float = 2.5
    """… and at so many standard errors."""
    rate_sure_factor: float = 4.0
    """No schedule quadruples its peak long after the warm-up: the learning rate itself is then the mishap …"""
    rate_sure_errors: float = 2.0
    """… and so many standard errors of a rise since it began are enough for red …"""
    rate_wild_factor: float = 8.0
    """… and from so many times the peak on, a loss that no longer falls."""
    span_steps: int = 100
    """Red also for the median over so many steps where 20 records are more: a rise must not wait for a log."""
    least_records: int = 7
    """Records that such a median needs."""
    settled_steps: int = 200
    """Where the best level came so long after the start: before, a growing learning rate is the warm-up."""
    strong_vote: float = 2.0
    """Red already at ``yellow_rise`` where Page-Hinkley's sum is so many times ``vote_lambda``."""
    vote_delta: float = 0.5
    """Page-Hinkley: drift that is let pass, in standard errors of a block's median."""
    vote_lambda: float = 5.0
    """Page-Hinkley: the sum at which it votes, in the same unit. 0.5 and 5 are the textbook's design of a CUSUM
    (Montgomery, Introduction to Statistical Quality Control): a false vote in some 500 medians."""


@dataclass(frozen=True, slots=True)
class Plateau:
    """R5 and R7: nothing is learned."""

    stuck_loss: float = 4.5
    """R5: the checklist's number."""
    stuck_steps: int = 500
    """R5: the checklist's number."""
    stuck_gain: float = 0.01
    """R5 red where the last fifth of the window is not better than the first by this share."""
    start_steps: int = 1000
    """R7 judges from here on; the checklist's number."""
    start_gain: float = 0.02
    """R7 red in a run from scratch that has gained less than this share since its first losses."""
    doubling_gain: float = 0.01
    """R7 yellow where doubling the steps brought less: curves are power laws, each doubling brings its part."""
    bent_share: float = 0.1
    """R7 yellow where the last ``start_steps`` brought less than this share of what the curve before promised."""
    bent_errors: float = 6.0
    """The promise must be worth so many standard errors, else nothing can be said: curves wander with their data."""
    bent_gain: float = 0.02
    """And this share of the level, else the plateau costs nothing."""
    worse_share: float = 0.01
    """R7 yellow in a fine-tune that is surely worse than at its start by this share: it should never be."""
    worse_errors: float = 4.0
    """Standard errors that make it sure."""
    red_steps: int = 3000
    """R7 red after so many steps without gain, where the learning rate is logged and above ``rate_share``."""
    rate_share: float = 0.1
    """Share of the peak learning rate below which a flat curve is the end of a schedule."""
    tune_steps: int = 3000
    """R7 judges a fine-tune from here on: 1,000 flat steps are normal there."""
    tune_gain: float = 0.005
    """R7 yellow in a fine-tune that is surely no better than at its start by this share."""
    spent_share: float = 0.05
    """No plateau below this share of the first losses: nothing is left to learn."""
    zero_rate_steps: int = 200
    """R7 yellow where the learning rate has been 0 for so long, red after ``start_steps``."""


@dataclass(frozen=True, slots=True)
class Spikes:
    """R6a and R6b: a record far above the level, and whether the run comes back."""

    z: float = 6.0
    """A spike is so many noise deviations above the level …"""
    rise: float = 0.15
    """… and this share of it."""
    yellow_rise: float = 0.50
    """R6a yellow: half again. Real batches of healthy runs reach 42 %, the checklist's example 62 %."""
    sharp_z: float = 15.0
    """R6a yellow also beyond so many deviations …"""
    sharp_rise: float = 0.25
    """… and this share."""
    back_rise: float = 0.10
    """It has come back below the level before it plus this share, or 3 deviations."""
    back_records: int = 3
    """R6b red where it has not come back within so many records."""
    half_back_rise: float = 0.20
    """R6b red at once where the next record after a yellow spike has fallen, but is still so far up: 4.2, 6.8, 5.3.
    A bad batch is over at once or goes on at full height; halfway back is how a damaged model recovers."""
    half_back_fall: float = 0.25
    """Fallen: by this share of the jump."""
    often: int = 3
    """R6b red at so many yellow spikes …"""
    often_steps: int = 1000
    """… within so many steps."""
    tail_count: int = 4
    """So many high records among the last ``tail_records`` are the tail of this loss's noise …"""
    tail_records: int = 200
    """… of which 100 differences know too little."""
    tail_rise: float = 1.25
    """A spike is then what is so many times as high as all of them."""
    after_step: int = 10
    """Not before: the first steps of a warm-up jump."""
    least_records: int = 5
    """Not before."""


@dataclass(frozen=True, slots=True)
class MixedPrecision:
    """R9: gradients that overflow more often than loss scaling explains."""

    in_a_row: int = 10
    """Yellow: a loss scale is halved at each, so ten in a row are a factor of 1,000."""
    share: float = 0.20
    """Yellow: of the last ``of_records``. Single ones are how loss scaling works."""
    of_records: int = 100
    """Records of that share."""
    scale_floor: float = 1.0
    """Yellow: the loss scale fell to it: every step is skipped, training stands still."""


@dataclass(frozen=True, slots=True)
class Silence:
    """R10: no new record."""

    intervals: float = 10.0
    """Yellow after so many usual intervals between records …"""
    least_s: float = 300.0
    """… and at least so long: evaluations and checkpoints take minutes."""
    red_factor: float = 3.0
    """Red after so many times that."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """R11: steps per second against the run's own median."""

    yellow_share: float = 0.7
    """Yellow below this share of the run's median."""
    red_share: float = 0.4
    """Red below."""
    block_records: int = 10
    """Records over which one rate is measured …"""
    block_s: float = 10.0
    """… and at least so long: many logs tell whole seconds."""
    recent_blocks: int = 3
    """The median of so many rates is judged: one evaluation in between does not count."""
    baseline_blocks: int = 5
    """Rates that make a baseline."""


@dataclass(frozen=True, slots=True)
class Mishaps:
    """R12: trouble that the log tells in words."""

    over_after_records: int = 20
    """A run that wrote so many records since has survived it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How alerts rise and fall."""

    clear_records: int = 20
    """Verdicts in a row below an alert's level before it falls."""
    clear_s: float = 300.0
    """Or so long, for rules that look at the clock or the machine."""
    latched: tuple[str, ...] = ("R1", "R6b", "R8", "C3")
    """Reds that stay until they are acknowledged."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force."""

    noise: Noise = field(default_factory=Noise)
    """Level and noise, for all rules."""
    nonfinite: NonFinite = field(default_factory=NonFinite)
    """R1, R8."""
    absolute: Absolute = field(default_factory=Absolute)
    """R2, R3."""
    rising: Rising = field(default_factory=Rising)
    """R4."""
    plateau: Plateau = field(default_factory=Plateau)
    """R5, R7."""
    spikes: Spikes = field(default_factory=Spikes)
    """R6a, R6b."""
    amp: MixedPrecision = field(default_factory=MixedPrecision)
    """R9."""
    silence: Silence = field(default_factory=Silence)
    """R10."""
    throughput: Throughput = field(default_factory=Throughput)
    """R11."""
    mishaps: Mishaps = field(default_factory=Mishaps)
    """R12."""
    standing: Standing = field(default_factory=Standing)
    """All alerts."""
    off: tuple[str, ...] = ()
    """Rules that are switched off, such as ``R3``."""


RULE_IDS: Final = ("R1", "R2", "R3", "R4", "R5", "R6a", "R6b", "R7", "R8", "R9", "R10", "R11", "R12")
"""The rules about the log itself."""
FAMILIES: Final = tuple(each.name for each in dataclasses.fields(Rules) if each.name != "off")
"""The tables of ``[watch.rules]``."""

_Made = TypeVar("_Made")
Number = int | float
Table = Mapping[str, Number | list[str] | tuple[str, ...]]


def override(rules: Rules, tables: Mapping[str, Table], off: tuple[str, ...] = ()) -> Rules:
    """Return the rules with numbers replaced: ``{"spikes": {"z": 8}}`` is ``[watch.rules.spikes]`` ``z = 8``.

    Raises:
        ConfigError: when a table, a key or a rule is unknown, or a number is of the wrong kind.
    """
    changed: dict[str, object] = {}
    for name, table in tables.items():
        if name not in FAMILIES:
            raise ConfigError(f"[watch.rules.{name}] is unknown: {_meant(name, FAMILIES)}")
        changed[name] = _with(name, getattr(rules, name), table)
    for rule in off:
        if rule not in RULE_IDS:
            raise ConfigError(f'[watch.rules] off = ["{rule}"] names no rule: {_meant(rule, RULE_IDS)}')
    replaced = {each.name: changed.get(each.name, getattr(rules, each.name)) for each in dataclasses.fields(rules)}
    replaced["off"] = (*rules.off, *off)
    return _rebuilt(rules, replaced)


def _with(name: str, family: object, table: Table) -> object:
    assert dataclasses.is_dataclass(family)
    assert not isinstance(family, type)
    known = {each.name: getattr(family, each.name) for each in dataclasses.fields(family)}
    for key, value in table.items():
        place = f"[watch.rules.{name}] {key} = {value!r}"
        if key not in known:
            raise ConfigError(f"{place}: the key is unknown: {_meant(key, tuple(known))}")
        known[key] = _checked(place, known[key], value)
    return _rebuilt(family, known)


def _rebuilt(like: _Made, values: Mapping[str, object]) -> _Made:
    return type(like)(**values)


def _checked(place: str, default: object, value: Number | list[str] | tuple[str, ...]) -> object:
    if isinstance(default, tuple):
        if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value):
            return tuple(value)
        raise ConfigError(f"{place}: wanted a list of rules, such as {list(default)!r}")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise ConfigError(f"{place}: wanted a number from 0 on, such as {default!r}")
    if isinstance(default, int):
        if value != int(value) or value < 1:
            raise ConfigError(f"{place}: wanted a whole number from 1 on, such as {default}")
        return int(value)
    return float(value)


def _meant(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean {near[0]}?" if near else f"wanted one of {', '.join(known)}"
