"""Alerts and levels: what a rule says, and how bad it is."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Level(enum.IntEnum):
    """From nothing known to act now; also the order in which the worst is found."""

    GREEN = 0
    UNKNOWN = 1
    """Not enough is known to say; never taken for green."""
    YELLOW = 2
    RED = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says at one moment; the desk turns verdicts into alerts that rise at once and fall slowly."""

    rule: str
    """``R1``."""
    level: Level
    step: int | None
    value: float | None
    """What was measured, in the rule's own unit."""
    threshold: float | None
    window: str
    """Over what: ``1 record``, ``500 steps``, ``5 min``."""
    told: str
    """One sentence: what was seen."""
    advice: str
    """One sentence: what to do."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as it stands."""

    rule: str
    source: str
    run: str
    level: Level
    """Now; an alert that has fallen back to green is over."""
    worst: Level
    """The highest that it reached."""
    first_step: int | None
    last_step: int | None
    first_s: float | None
    """Wall clock of the records, seconds since 1970; None where the log has no times."""
    last_s: float | None
    value: float | None
    threshold: float | None
    window: str
    told: str
    advice: str
    latched: bool = False
    """It stays until it is acknowledged."""
    acknowledged_by: str = ""
