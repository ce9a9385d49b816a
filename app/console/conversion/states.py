"""What a shard is at a glance: the words, signs and inks of all states, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from app.console.conversion.followed import Followed
from app.console.look import inks
from app.console.words import GLYPHS
from engine.convert.view import RunView
from engine.crew.answers import State


class Shown(IntEnum):
    """What is shown of a shard, the worst first: of many that share a cell, the least number is seen."""

    FAILED = 0
    QUARANTINED = 1
    AGAIN = 2
    """An attempt failed, and it is tried again."""
    RECOVERING = 3
    CUT_OFF = 4
    """A worker had it when the engine was killed."""
    IN_HAND = 5
    PENDING = 6
    SKIPPED = 7
    DONE = 8


@dataclass(frozen=True, slots=True)
class Sign:
    """How a state is drawn."""

    glyph: str
    word: str
    ink: str


SIGNS: Final = {
    Shown.FAILED: Sign(GLYPHS[State.FAILED], State.FAILED.value, inks.BAD),
    Shown.QUARANTINED: Sign(GLYPHS[State.QUARANTINED], State.QUARANTINED.value, inks.BAD),
    Shown.AGAIN: Sign("▲", "tried again", inks.WARN),
    Shown.RECOVERING: Sign(GLYPHS[State.RECOVERING], State.RECOVERING.value, inks.WARN),
    Shown.CUT_OFF: Sign("▲", "cut off", inks.WARN),
    Shown.IN_HAND: Sign("▸", "in hand", inks.ACTIVE),
    Shown.PENDING: Sign(GLYPHS[State.PENDING], State.PENDING.value, inks.QUIET),
    Shown.SKIPPED: Sign(GLYPHS[State.SKIPPED], State.SKIPPED.value, inks.PLAIN),
    Shown.DONE: Sign(GLYPHS[State.DONE], State.DONE.value, inks.GOOD),
}

TROUBLE: Final = frozenset({Shown.FAILED, Shown.QUARANTINED, Shown.AGAIN})
"""What a person looks for."""

OF_STATE: Final[Mapping[State | None, Shown]] = {
    State.PENDING: Shown.PENDING,
    State.DONE: Shown.DONE,
    State.SKIPPED: Shown.SKIPPED,
    State.RECOVERING: Shown.RECOVERING,
    State.QUARANTINED: Shown.QUARANTINED,
    State.FAILED: Shown.FAILED,
}


def in_hand(view: RunView) -> Shown:
    """Say what is shown of shards that a worker took and did not give back."""
    return Shown.CUT_OFF if isinstance(view, Followed) and view.is_cut_off else Shown.IN_HAND


def shown(view: RunView, shard: str) -> Shown:
    """Say what is shown of one shard."""
    if shard in view.in_hand:
        return in_hand(view)
    state = view.states.get(shard, State.PENDING)
    if state is State.PENDING and shard in view.reasons:
        return Shown.AGAIN
    return OF_STATE[state]
