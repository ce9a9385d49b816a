"""What wants a person, whatever it comes from: one shape, one order, and who has seen it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from engine.convert.view import Level
from engine.watch import alerts as training
from engine.watch.acknowledged import Acknowledged, Seen

OF_STATE: Final = "STATE"
"""Whose acknowledgement it is that no training's log is named in."""
OF_TRAINING: Final = "training/"
"""So begins the key of what a rule of the watch says: whoever watches keeps who has seen it."""


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that wants a person, as it stands."""

    key: str
    """The same whenever it is found again: acknowledgements go by it."""
    level: Level
    since: str
    """When it began, RFC 3339 in UTC; "" where nobody knows."""
    newest: str
    """When it last got worse: what was acknowledged before that is so no more."""
    where: str
    """The run, the list, the log that it is about."""
    what: str
    """One sentence: what is wrong."""
    advice: str
    """One sentence: what to do."""
    command: str = ""
    """What to type for it, where a command helps."""
    kind: str = ""
    """What :attr:`ref` is: ``run``, ``window``, ``checklist``, ``training``; "" where there is no screen for it."""
    ref: str = ""
    count: int = 1
    """How many things are in it: shards, items, workers."""
    details: tuple[str, ...] = ()
    """Some of them, by name and reason."""
    mark: int | None = None
    """How far it has come, where that is not a matter of time: a higher one is a new occurrence."""
    by: str = ""
    """Who has seen it; "" for nobody."""
    note: str = ""
    seen_at: str = ""

    @property
    def reach(self) -> int:
        """How far it has come: an acknowledgement counts for this much and no more."""
        return milliseconds(self.newest) if self.mark is None else self.mark


def milliseconds(moment: str) -> int:
    """Return a moment in milliseconds since 1970; 0 for one that is none.

    >>> milliseconds("1970-01-01T00:00:01.500Z")
    1500
    """
    try:
        return round(datetime.fromisoformat(moment).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return 0


def told_in_key(*told: str) -> str:
    """Return what stands in a key for texts of any length: where the trouble is another, so is the alert.

    >>> told_in_key("line 3 was changed")
    '5a6ac6e0a38f'
    """
    return hashlib.sha256("\n".join(told).encode(errors="surrogatepass")).hexdigest()[:12]


def moment_of(seconds: float | None) -> str:
    """Write seconds since 1970 as RFC 3339; "" for none."""
    try:
        return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return ""


def with_who(concern: Concern, acknowledged: Acknowledged) -> Concern:
    """Say who has seen a concern as it stands; one that has grown since nobody has."""
    for seen in acknowledged.given(OF_STATE, "", concern.key):
        if seen.step is not None and concern.reach <= seen.step:
            return replace(concern, by=seen.by, note=seen.note, seen_at=moment_of(seen.time_s))
    return concern


def acknowledgement(concern: Concern, by: str, note: str, now_s: float) -> Seen:
    """Return the line that keeps that somebody has seen a concern as it stands."""
    return Seen(OF_STATE, "", concern.key, concern.reach, by, now_s, note)


def in_order(concerns: Iterable[Concern]) -> tuple[Concern, ...]:
    """Put the newest first, and what somebody has seen below what nobody has."""
    return tuple(sorted(concerns, key=lambda one: (bool(one.by), -milliseconds(one.newest), one.key)))


def waiting(concerns: Iterable[Concern]) -> tuple[Concern, ...]:
    """Return those that nobody has seen."""
    return tuple(one for one in concerns if not one.by)


def worst(concerns: Iterable[Concern]) -> Level:
    """Return the worst level of those that nobody has seen; red before unknown, unknown before yellow."""
    order = (Level.GREEN, Level.YELLOW, Level.UNKNOWN, Level.RED)
    return max((one.level for one in waiting(concerns)), key=order.index, default=Level.GREEN)


_OF_TRAINING: Final = {
    training.Level.GREEN: Level.GREEN,
    training.Level.UNKNOWN: Level.UNKNOWN,
    training.Level.YELLOW: Level.YELLOW,
    training.Level.RED: Level.RED,
}


def of_training(alert: training.Alert, note: str = "") -> Concern:
    """Tell of an alert of a watched training as of any other; its acknowledgement is the watch's own."""
    name = "/".join(part for part in (alert.source, alert.run) if part)
    return Concern(
        key=f"{OF_TRAINING}{name}/{alert.rule}",
        level=_OF_TRAINING[alert.level],
        since=moment_of(alert.first_s),
        newest=moment_of(alert.last_s),
        where=f"training {name}",
        what=f"{alert.rule}: {alert.told}",
        advice=alert.advice,
        kind="training",
        ref=name,
        mark=alert.last_step,
        by=alert.acknowledged_by,
        note=note,
    )
