"""A run over its whole time: what happened when, in seconds since it began. A pure fold over its events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.moments import read_moment
from engine.convert.events import (
    Planned,
    ShardDone,
    ShardFailed,
    ShardQuarantined,
    ShardRecovered,
    ShardSeen,
    ShardSkipped,
    ShardTried,
)
from engine.convert.validation_events import ShardValidated
from engine.convert.view import VIEWED, RunView
from engine.crew.events import ShardListed
from engine.errors import Fault
from engine.run.events import Event, Paused, Resumed, Stopping, Version, WorkerEnded, WorkersChanged
from engine.run.reading import Logged

TOLD = VIEWED | ShardRecovered
"""The events that the fold takes."""


@dataclass(frozen=True, slots=True)
class Done:
    """A shard that was converted, or tried in scratch."""

    at_s: float
    shard: str
    seconds: float
    bytes_in: int
    """0 for one that an earlier run had converted, and of which this one only brought the swap to its end."""
    bytes_out: int


@dataclass(slots=True)
class Pause:
    """A time in which nothing was handed out."""

    why: str
    detail: str
    start_s: float
    end_s: float | None = None
    """None for one that still holds, or held at the end."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something about a shard that a person has to know."""

    shard: str
    what: str
    fault: Fault
    at_s: float


@dataclass(frozen=True, slots=True)
class Workers:
    """From a moment on, there were to be so many."""

    at_s: float
    count: int
    why: str
    auto: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker that died, hung or wrote nonsense."""

    at_s: float
    worker: int
    how: str
    detail: str


@dataclass(slots=True)
class History:
    """What is known of a run, and of when."""

    view: RunView = field(default_factory=RunView)
    version: Version | None = None
    newest_s: float = 0.0
    done: list[Done] = field(default_factory=list)
    settled_s: list[float] = field(default_factory=list)
    """When each shard was over with, whatever became of it."""
    workers: list[Workers] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    troubles: dict[str, list[Trouble]] = field(default_factory=dict)
    """By shard: why it is quarantined or failed, or what was found in it."""
    retried: list[Trouble] = field(default_factory=list)
    """Attempts that failed and were followed by another."""
    lost: list[Lost] = field(default_factory=list)
    stops: list[tuple[float, str]] = field(default_factory=list)
    recovered: int = 0
    """Shards in which a swap had been cut off."""
    _began: datetime | None = None

    def apply(self, logged: Logged[Event]) -> None:
        """Take one event."""
        moment = read_moment(logged.time)
        if moment is not None:
            self._began = self._began or moment
            # A clock that was set back in the middle of a run must not make time run backwards.
            self.newest_s = max(self.newest_s, (moment - self._began).total_seconds())
        settled = len(self.view.last)
        self.view.apply(logged)
        if len(self.view.last) > settled:
            self.settled_s.append(self.newest_s)
        if not self._shard(logged.event):
            self._run(logged.event)

    def _shard(self, event: Event) -> bool:
        """Take an event about one shard; False when it is none."""
        at_s = self.newest_s
        match event:
            case ShardDone() | ShardTried():
                sizes = [0 if tar is None else tar.size_bytes for tar in (event.original, event.result)]
                self.done.append(Done(at_s, event.shard, event.seconds, sizes[0], sizes[1]))
                self.troubles.pop(event.shard, None)
            case ShardSkipped():
                self.troubles.pop(event.shard, None)
            case ShardQuarantined():
                self._trouble(event.shard, "quarantined", event.fault)
            case ShardFailed():
                if event.final:
                    self._trouble(event.shard, "failed", event.fault)
                else:
                    self.retried.append(Trouble(event.shard, "tried again", event.fault, at_s))
            case ShardSeen() | ShardListed():
                self._trouble(event.shard, str(event.state), *([event.fault] if event.fault else []))
            case ShardValidated():
                self._trouble(event.shard, str(event.state), *([event.fault] if event.fault else []))
                found = event.validation
                self.troubles.setdefault(event.shard, []).extend(
                    Trouble(event.shard, what, fault, at_s)
                    for what, faults in (("mismatch", found.mismatches), ("spot decode", found.spot_faults))
                    for fault in faults
                )
            case ShardRecovered():
                self.recovered += 1
            case _:
                return False
        return True

    def _trouble(self, shard: str, what: str, *faults: Fault) -> None:
        self.troubles[shard] = [Trouble(shard, what, fault, self.newest_s) for fault in faults]

    def _run(self, event: Event) -> None:
        """Take an event about the run as a whole."""
        at_s = self.newest_s
        match event:
            case Version():
                self.version = event
            case Planned():
                self.workers.append(Workers(at_s, event.workers, event.workers_why, event.auto))
            case WorkersChanged():
                self.workers.append(Workers(at_s, event.count, event.why, event.auto))
            case WorkerEnded() if event.how != "exited":
                self.lost.append(Lost(at_s, event.worker, event.how, event.detail))
            case Paused():
                self._close(event.why)
                self.pauses.append(Pause(event.why, event.detail, at_s))
            case Resumed():
                self._close(event.why)
            case Stopping():
                self.stops.append((at_s, event.why))
            case _:
                pass

    def _close(self, why: str) -> None:
        """End the pause for this reason, where one holds: a second one for it only tells a new detail."""
        for pause in reversed(self.pauses):
            if pause.why == why:
                pause.end_s = self.newest_s if pause.end_s is None else pause.end_s
                return

    @property
    def all_troubles(self) -> list[Trouble]:
        """Return them in the order in which they were met."""
        return [each for found in self.troubles.values() for each in found]

    @property
    def elapsed_s(self) -> float:
        """How long the run has worked: by its own count once it has ended."""
        summary = self.view.summary
        return summary.seconds if summary is not None and summary.seconds else self.newest_s

    def paused_s(self, end_s: float) -> float:
        """Return how long nothing was handed out, overlaps counted once."""
        total = until = 0.0
        for pause in sorted(self.pauses, key=lambda one: one.start_s):
            end = min(end_s, end_s if pause.end_s is None else pause.end_s)
            total += max(0.0, end - max(pause.start_s, until))
            until = max(until, end)
        return total
