"""What every rule about a curve is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engine.watch.alerts import Level, Verdict
from engine.watch.curve import Curve
from engine.watch.records import Record


class Rule(Protocol):
    """Looks at each record after the curve took it. Plain state only: it is copied so that a resume can go back."""

    def look(self, curve: Curve, record: Record) -> Sequence[Verdict]:
        """Say what stands now; nothing where this record is nothing to the rule or too little was seen."""
        ...


def green(rule: str) -> tuple[Verdict]:
    """Return the verdict that all is well; made once a rule and given again and again."""
    return (Verdict(rule, Level.GREEN, None, None, None, "", "", ""),)


NOTHING: tuple[Verdict, ...] = ()
"""The rule cannot tell."""


def steps(count: float) -> str:
    """Name a window.

    >>> steps(1000)
    '1,000 steps'
    """
    return f"{round(count):,} steps"
