"""From figures to a verdict. Pure: figures in, GO, NO-GO, CONDITIONAL or HOLD out, with the evidence for each."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from engine.units import counted, show_seconds
from engine.verdict.criteria import Criteria, Criterion
from engine.verdict.quantities import Quantity, Unit
from engine.watch.alerts import Level

_FUTURE_S: Final = 300.0
"""Clocks of two machines differ by seconds; a figure from further ahead has a wrong time, so its age is unknown."""


class Outcome(enum.StrEnum):
    """What follows from all criteria together."""

    GO = "GO"
    """All measured, all met."""
    CONDITIONAL = "CONDITIONAL"
    """All measured and met, one of them within its margin."""
    HOLD = "HOLD"
    """A figure is missing or stale, and none misses its bound."""
    NO_GO = "NO-GO"
    """A figure was measured and misses its bound."""


class Standing(enum.StrEnum):
    """How one criterion stands."""

    MET = "met"
    NEAR = "met, but within its margin"
    MISSED = "missed"
    OPEN = "not measured"
    STALE = "too old"


@dataclass(frozen=True, slots=True)
class Figure:
    """What was found for one criterion."""

    value: Quantity | None
    """None where there is none."""
    source: str
    """Where it comes from, in words: the file and the place in it, or who said so."""
    as_of: datetime | None = None
    """When it was measured."""
    by: str = ""
    """Who measured it, where people did."""
    sha256: str = ""
    """Of the file that it was read from."""
    missing: str = ""
    """Why there is none, and what to do; "" where there is one."""
    details: tuple[str, ...] = ()
    """Sentences that belong to it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One criterion with what it was answered by."""

    criterion: Criterion
    figure: Figure
    standing: Standing
    told: str
    """One sentence: what was read, what was wanted."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict with all that it rests on."""

    outcome: Outcome
    lead: str
    """One sentence: why."""
    judged: tuple[Judged, ...]
    criteria: Criteria
    time: datetime


def judge(criteria: Criteria, figures: Mapping[str, Figure], now: datetime) -> Judgement:
    """Hold figures against criteria.

    Args:
        criteria: what is asked.
        figures: by the criterion's id; one that is not here was not measured.
        now: when it is judged, for the age of figures.
    """
    nothing = Figure(None, "", missing="nobody measured it")
    judged = tuple(_judge(one, figures.get(one.id, nothing), now) for one in criteria.criteria)
    outcome = _outcome({one.standing for one in judged})
    return Judgement(outcome, _lead(outcome, judged), judged, criteria, now)


def _outcome(standings: set[Standing]) -> Outcome:
    if Standing.MISSED in standings:
        return Outcome.NO_GO
    if standings & {Standing.OPEN, Standing.STALE} or not standings:
        return Outcome.HOLD
    return Outcome.CONDITIONAL if Standing.NEAR in standings else Outcome.GO


def _lead(outcome: Outcome, judged: tuple[Judged, ...]) -> str:
    wanted = {
        Outcome.NO_GO: (Standing.MISSED,),
        Outcome.HOLD: (Standing.OPEN, Standing.STALE),
        Outcome.CONDITIONAL: (Standing.NEAR,),
        Outcome.GO: (),
    }[outcome]
    named = ", ".join(one.criterion.id for one in judged if one.standing in wanted)
    match outcome:
        case Outcome.GO:
            return f"all of {counted(len(judged), 'figure')} were measured and are as wanted"
        case Outcome.CONDITIONAL:
            return f"all is as wanted, but nearer to its bound than its margin: {named}"
        case Outcome.HOLD:
            return f"no verdict before this is measured: {named}" if named else "there is nothing to judge by"
        case Outcome.NO_GO:
            return f"not as wanted: {named}"


def _judge(criterion: Criterion, figure: Figure, now: datetime) -> Judged:
    value, wanted = figure.value, f"wanted {criterion.wanted}"
    if value is None:
        told = figure.missing or "nobody measured it"
        return Judged(criterion, figure, Standing.OPEN, f"{told}; {wanted}")
    if value.unit is Unit.LEVEL and value.value == Level.UNKNOWN:
        return Judged(criterion, figure, Standing.OPEN, f"the level is unknown; {wanted}")
    if stale := _stale(criterion, figure, now):
        return Judged(criterion, figure, Standing.STALE, f"{value}, {stale}; {wanted}")
    if not _meets(value.value, criterion):
        return Judged(criterion, figure, Standing.MISSED, f"{value}, {wanted}")
    if _is_near(value.value, criterion):
        told = f"{value}, {wanted}; it is nearer to that than {criterion.margin_quantity}"
        return Judged(criterion, figure, Standing.NEAR, told)
    return Judged(criterion, figure, Standing.MET, f"{value}, {wanted}")


def _stale(criterion: Criterion, figure: Figure, now: datetime) -> str:
    """Say why a figure's age is not good enough; "" where it is."""
    if criterion.max_age_s is None:
        return ""
    if figure.as_of is None:
        return f"of which nobody knows when it was measured, wanted within {criterion.max_age}"
    age_s = (now - figure.as_of).total_seconds()
    if age_s < -_FUTURE_S:
        return f"measured at {figure.as_of:%Y-%m-%d %H:%M}, which is still to come"
    return (
        f"measured {show_seconds(age_s)} ago, wanted within {criterion.max_age}" if age_s > criterion.max_age_s else ""
    )


def _meets(value: Decimal, criterion: Criterion) -> bool:
    """Compare exactly; NaN meets nothing."""
    if value.is_nan():
        return False
    bound = criterion.bound.value
    return value >= bound if criterion.at_least is not None else value <= bound


def _is_near(value: Decimal, criterion: Criterion) -> bool:
    margin = criterion.margin_quantity
    return margin is not None and abs(value - criterion.bound.value) < margin.value
