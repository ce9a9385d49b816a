"""The shards of a corpus that want a person, as its runs tell one after the other; grouped by what is wrong. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from app.alerts import Concern
from engine.convert.events import (
    ShardDone,
    ShardFailed,
    ShardQuarantined,
    ShardRecovered,
    ShardSeen,
    ShardSkipped,
    ShardTried,
)
from engine.convert.validation_events import ShardValidated
from engine.convert.view import Level
from engine.crew.answers import State
from engine.crew.events import ShardListed
from engine.errors import Fault
from engine.run.events import Event
from engine.shards.states import Ends
from engine.units import counted

_GROUPS: Final = 40
"""Reasons that are told apart: more of them at a time are one more alert, or nobody reads any."""
_OTHER: Final = "other reasons"
_EXAMPLES: Final = 50
MISMATCH: Final = "mismatch"


class ShardEnded(Event, frozen=True, kw_only=True, tag="shard_done"):
    """A shard was converted: its name is all that is wanted here of a long line."""

    shard: str


class ShardTriedWell(Event, frozen=True, kw_only=True, tag="shard_tried"):
    """A shard was converted in scratch."""

    shard: str


class ShardLeftAlone(Event, frozen=True, kw_only=True, tag="shard_skipped"):
    """A shard needs no conversion."""

    shard: str


SHARD_EVENTS = (
    ShardEnded
    | ShardTriedWell
    | ShardLeftAlone
    | ShardQuarantined
    | ShardFailed
    | ShardRecovered
    | ShardSeen
    | ShardValidated
    | ShardListed
)
"""What is read of the runs' logs for it."""
_Key = tuple[str, str]
"""A state (or ``mismatch``), and what is wrong."""


@dataclass(slots=True)
class _Group:
    run: str = ""
    """The run that told of it last."""
    since: dict[str, str] = field(default_factory=dict)
    """Its shards, and when each came in, RFC 3339."""
    why: dict[str, str] = field(default_factory=dict)
    """Of some of them, in full."""
    told: Concern | None = None
    """The alert that it is; None where it has changed since: a hundred thousand shards are not sorted at each look."""


class ShardTroubles:
    """Takes the events of all runs, the oldest run first."""

    def __init__(self) -> None:
        self._groups: dict[_Key, _Group] = {}
        self._of: dict[str, _Key] = {}

    def take(self, run: str, time: str, event: Event) -> None:
        """Take one event of a run."""
        match event:
            case ShardEnded() | ShardTriedWell() | ShardLeftAlone() | ShardDone() | ShardTried() | ShardSkipped():
                self._settle(event.shard)
            case ShardQuarantined():
                self._put(run, time, event.shard, State.QUARANTINED, event.fault)
            case ShardFailed(final=True):
                self._put(run, time, event.shard, State.FAILED, event.fault)
            case ShardRecovered(ends=Ends.RED):
                self._put(run, time, event.shard, State.QUARANTINED, Fault(event.why or "a swap was cut off here"))
            case ShardSeen() | ShardListed():
                self._look(run, time, event)
            case ShardValidated():
                self._validated(run, time, event)
            case _:
                pass

    def _look(self, run: str, time: str, event: ShardSeen | ShardListed) -> None:
        if event.fault is not None:
            self._put(run, time, event.shard, event.state, event.fault)
        elif self._of.get(event.shard, ("", ""))[0] != State.FAILED:
            self._settle(event.shard)  # one that failed stays so until somebody converts it

    def _validated(self, run: str, time: str, event: ShardValidated) -> None:
        found = event.validation
        faults = (event.fault,) if event.fault else (*found.mismatches, *found.spot_faults)
        if faults:
            self._put(run, time, event.shard, event.state if event.fault else MISMATCH, faults[0])
        else:
            self._settle(event.shard)

    def _put(self, run: str, time: str, shard: str, state: str, fault: Fault) -> None:
        key = (str(state), fault.problem)
        if key not in self._groups and len(self._groups) >= _GROUPS:
            key = (str(state), _OTHER)
        before = self._of.get(shard)
        if before is not None and before != key:
            self._settle(shard)
        self._of[shard] = key
        group = self._groups.setdefault(key, _Group())
        group.run, group.told = run, None
        group.since.setdefault(shard, time)
        if shard in group.why or len(group.why) < _EXAMPLES:
            group.why[shard] = str(fault)

    def _settle(self, shard: str) -> None:
        key = self._of.pop(shard, None)
        if key is None:
            return
        group = self._groups[key]
        del group.since[shard]
        group.told = None
        group.why.pop(shard, None)
        if not group.since:
            del self._groups[key]

    def concerns(self, corpus: str) -> Iterator[Concern]:
        """Tell of every group as one alert."""
        for (state, problem), group in self._groups.items():
            if group.told is None:
                group.told = _concern(state, problem, group, corpus)
            yield group.told


_ADVICE: Final = {
    State.QUARANTINED: "untouched until a person decides: see the shards, mend or take out the source files, run again",
    State.FAILED: "the originals are intact; see why, then run the conversion again: it tries these anew",
    MISMATCH: "the corpus is not what its records say: look at these before anything is built on it",
}


def _concern(state: str, problem: str, group: _Group, corpus: str) -> Concern:
    times = sorted(group.since.values())
    word = "unlike what is on record" if state == MISMATCH else state
    more = len(group.since) - len(group.why)
    return Concern(
        key=f"shards/{state}/{problem}",
        level=Level.RED,
        since=times[0],
        newest=times[-1],
        where=f"run {group.run}",
        what=f"{counted(len(times), 'shard')} {word}: {problem}",
        advice=_ADVICE.get(state, _ADVICE[State.QUARANTINED]),
        command=f"gonogo {'validate' if state == MISMATCH else 'convert'} {shlex.quote(corpus)}",
        kind="run",
        ref=group.run,
        count=len(times),
        details=(
            *(f"{shard}: {why}" for shard, why in group.why.items()),
            *([f"and {more:,} more: gonogo status {group.run}"] if more else []),
        ),
    )
