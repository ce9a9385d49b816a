"""Figures as the report writes them."""

from __future__ import annotations

from typing import Final

from engine.crew.answers import State

STATE_WORDS: Final = tuple(
    map(str, (State.DONE, State.SKIPPED, State.PENDING, State.RECOVERING, State.QUARANTINED, State.FAILED))
)
"""The good ones first."""


def hours(value: float) -> str:
    """Write hours: more digits where there are few."""
    return f"{value:,.0f} h" if value >= 1000 else f"{value:,.2f} h" if value >= 1 else f"{value:.4f} h"


def exact_hours(seconds: float) -> str:
    """Write seconds as hours, so that a clip more can be seen."""
    return f"{seconds / 3600:,.4f} h"
