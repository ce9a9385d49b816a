"""A run as a pure fold over its events: what ``status``, the reports and the console show, and always the same.

Feed it every event in order; at any moment it tells what is known. Nothing here reads a clock, a disk or a socket.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import msgspec

from engine.convert.events import (
    FoundShard,
    Planned,
    ShardDone,
    ShardFailed,
    ShardQuarantined,
    ShardSeen,
    ShardsFound,
    ShardSkipped,
    ShardStarted,
    ShardTried,
    WorkersKept,
)
from engine.convert.validation_events import ShardValidated
from engine.crew.answers import State
from engine.crew.events import ShardListed
from engine.run.events import (
    Check,
    Event,
    GateOpened,
    Paused,
    Resumed,
    Stopping,
    Summary,
    Version,
    Warned,
    WorkerEnded,
    WorkersChanged,
)
from engine.run.outcome import Outcome
from engine.run.reading import Block, Logged
from engine.units import counted


class AnySummary(Summary, frozen=True, kw_only=True, tag="summary"):
    """Any job's summary, as far as all have in common what a view needs."""

    counts: dict[str, int] = msgspec.field(default_factory=dict)
    pending: int = 0
    converted: int = 0
    detail: str = ""


VIEWED = (
    Version
    | Check
    | GateOpened
    | Planned
    | ShardsFound
    | ShardStarted
    | ShardDone
    | ShardTried
    | ShardSkipped
    | ShardQuarantined
    | ShardFailed
    | ShardSeen
    | ShardValidated
    | ShardListed
    | WorkerEnded
    | WorkersChanged
    | WorkersKept
    | Paused
    | Resumed
    | Stopping
    | Warned
    | AnySummary
)
"""The events that the fold takes; others pass it by."""

_DONE: Final = State.DONE
"""An enum's own member takes a while to look up, and this one is wanted for every shard."""
_OF_A_SHARD: Final[frozenset[type[Event]]] = frozenset(
    {ShardTried, ShardSkipped, ShardQuarantined, ShardFailed, ShardSeen, ShardValidated, ShardListed}
)
"""Those of which there are fewer."""


@dataclass(slots=True)
class RunView:
    """What is known of a run."""

    job: str = ""
    corpus: str = ""
    began: str = ""
    """RFC 3339, UTC, as all times here."""
    newest: str = ""
    planned: Planned | None = None
    workers: int = 0
    workers_why: str = ""
    """Why the number is what it is; empty until it changed."""
    auto: bool = False
    """The run chooses the number itself."""
    states: dict[str, State] = field(default_factory=dict)
    """Of every shard, as far as this run knows."""
    tally: Counter[State] = field(default_factory=Counter)
    """Shards by state; kept while events come, for a console asks four times a second."""
    sizes: dict[str, int] = field(default_factory=dict)
    """Of the shards' tars at the start, in bytes."""
    last: dict[str, Event] = field(default_factory=dict)
    """The event that settled a shard in this run."""
    in_hand: dict[str, int] = field(default_factory=dict)
    """Shards that workers have, with the worker's number."""
    reasons: dict[str, str] = field(default_factory=dict)
    """Why shards are quarantined, failed, or failed once and are tried again."""
    checks: list[Check] = field(default_factory=list)
    opened: GateOpened | None = None
    """The bound gate that let this run start."""
    warnings: list[str] = field(default_factory=list)
    pauses: dict[str, str] = field(default_factory=dict)
    lost_workers: int = 0
    stopping: bool = False
    bytes_in: int = 0
    bytes_out: int = 0
    summary: AnySummary | None = None

    def apply(self, logged: Logged[Event]) -> None:
        """Take one event."""
        self.newest = logged.time or self.newest
        self.began = self.began or logged.time
        self.fold((logged.event,))

    def take(self, block: Block[Event]) -> None:
        """Take many events."""
        self.newest = block.newest or self.newest
        self.began = self.began or block.began
        self.fold(block.events)

    def fold(self, events: Sequence[Event]) -> None:
        """Take events; who follows a run more closely adds to this.

        A million of them are taken when somebody looks at a long run for the first time, and nearly all are the two
        that come first: these are written out, with nothing looked up or called that need not be.
        """
        in_hand, last, states, reasons = self.in_hand, self.last, self.states, self.reasons
        done: list[ShardDone] = []
        before: list[State | None] = []
        for event in events:
            if isinstance(event, ShardStarted):
                in_hand[event.shard] = event.worker
            elif isinstance(event, ShardDone):
                shard = event.shard
                last[shard] = event
                in_hand.pop(shard, None)
                if reasons:
                    reasons.pop(shard, None)
                before.append(states.get(shard))
                states[shard] = _DONE
                done.append(event)
            elif event.__class__ in _OF_A_SHARD:
                self._shard(event)
            else:
                self._run(event)
        if done:
            self._converted(done, before)

    def _converted(self, done: Sequence[ShardDone], before: Sequence[State | None]) -> None:
        """Count shards that were converted, and what they were before."""
        for state, count in Counter(before).items():
            if state is not None:
                self.tally[state] -= count
        self.tally[_DONE] += len(done)
        self.bytes_in += sum(each.original.size_bytes for each in done if each.original is not None)
        self.bytes_out += sum(each.result.size_bytes for each in done if each.result is not None)

    def _shard(self, event: Event) -> None:
        """Take another event about one shard."""
        match event:
            case ShardFailed(final=True):
                self._settle(event, event.shard, State.FAILED, str(event.fault))
            case ShardFailed():
                self.in_hand.pop(event.shard, None)
                self.reasons[event.shard] = str(event.fault)
            case ShardSeen() | ShardValidated():
                self._settle(event, event.shard, event.state, event.reason if event.fault else "")
            case ShardListed():
                self._settle(event, event.shard, event.state, str(event.fault) if event.fault else "")
            case ShardSkipped():
                self._settle(event, event.shard, State.SKIPPED)
            case ShardTried():
                self._settle(event, event.shard, State.PENDING)
                self.bytes_in += event.original.size_bytes
                self.bytes_out += event.result.size_bytes
            case ShardQuarantined():
                self._settle(event, event.shard, State.QUARANTINED, str(event.fault))

    def _settle(self, event: Event, shard: str, state: State, reason: str = "") -> None:
        self.last[shard] = event
        self.in_hand.pop(shard, None)
        before = self.states.get(shard)
        if before is not state:
            self._become(shard, before, state)
        if reason:
            self.reasons[shard] = reason
        elif self.reasons:
            self.reasons.pop(shard, None)

    def _become(self, shard: str, before: State | None, state: State) -> None:
        if before is not None:
            self.tally[before] -= 1
        self.states[shard] = state
        self.tally[state] += 1

    def _find(self, shards: Sequence[FoundShard]) -> None:
        """Take what the shards were at the start: all at once, for of none of them is there more to tell."""
        found = {each.shard: each.state for each in shards}
        for shard in found.keys() & self.states.keys():
            self.tally[self.states[shard]] -= 1
        self.tally.update(found.values())
        self.states.update(found)
        self.sizes.update({each.shard: each.size_bytes for each in shards})

    def _run(self, event: Event) -> None:
        """Take an event about the run as a whole."""
        match event:
            case WorkerEnded():
                self.lost_workers += event.how != "exited"
            case Paused():
                self.pauses[event.why] = event.detail
            case Resumed():
                self.pauses.pop(event.why, None)
            case WorkersChanged():
                self.workers, self.workers_why, self.auto = event.count, event.why, event.auto
            case WorkersKept():
                self.workers_why = event.why
            case Stopping():
                self.stopping = True
            case Warned():
                self.warnings.append(event.problem)
            case _:
                self._once(event)

    def _once(self, event: Event) -> None:
        """Take an event of the run's beginning or of its end."""
        match event:
            case Version():
                self.job, self.corpus = event.job, event.corpus or ""
            case Planned():
                self.planned, self.workers = event, event.workers
                self.workers_why, self.auto = event.workers_why, event.auto
            case ShardsFound():
                self._find(event.shards)
            case Check():
                self.checks.append(event)
            case GateOpened():
                self.opened = event
            case AnySummary():
                self.summary = event
                self.in_hand.clear()
            case _:
                pass

    @property
    def counts(self) -> dict[str, int]:
        """Shards by state, those that earlier runs had done included."""
        return {str(state): self.tally[state] for state in State if self.tally[state]}


class Level(IntEnum):
    """How a run is doing, at a glance."""

    GREEN = 0
    YELLOW = 1
    RED = 2
    UNKNOWN = 3


def health(view: RunView, *, alive: bool) -> tuple[Level, str]:
    """Say how a run is doing, and why."""
    red = view.tally[State.QUARANTINED] + view.tally[State.FAILED]
    told = f"{counted(red, 'shard')} quarantined or failed"
    if view.summary is None and not alive:
        return Level.RED, "the run ended without a summary: its engine was killed; run it again and it goes on"
    if view.summary is not None and view.summary.outcome not in _CALM:
        why = view.summary.detail or (told if red else "")
        return Level.RED, f"{view.summary.outcome}{': ' if why else ''}{why}"
    if red:
        return Level.RED, told
    if view.summary is not None and view.summary.outcome is not Outcome.OK:
        return Level.YELLOW, f"{view.summary.outcome}: run it again and it goes on"
    if view.pauses:
        return Level.YELLOW, "paused: " + "; ".join(f"{why}: {detail}" for why, detail in view.pauses.items())
    again = len(view.reasons)  # none of them is quarantined or failed, as there are no such shards
    if again or (view.lost_workers and not view.summary):
        return Level.YELLOW, ", ".join(_stumbles(again, view.lost_workers))
    return Level.GREEN, "ended well" if view.summary else "under way"


def _stumbles(again: int, lost_workers: int) -> Iterator[str]:
    """Say what a run got over, as far as it did."""
    if again:
        yield f"{counted(again, 'shard')} {'is' if again == 1 else 'are'} tried again"
    if lost_workers:
        yield f"{counted(lost_workers, 'worker')} died"


_CALM = (Outcome.OK, Outcome.INTERRUPTED, Outcome.TERMINATED)
