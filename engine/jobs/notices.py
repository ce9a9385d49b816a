"""What a run has to tell somebody who is not looking: a pure fold over its events, in their order.

A step of a window is told of by the window's own fold, which takes the events of the step's log as well. Nothing here
reads a clock: every call says when it is, and :attr:`RunNotices.due_s` when there may be more to say.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from engine.convert.events import ShardFailed, ShardQuarantined, ShardSeen
from engine.convert.validation_events import ShardValidated
from engine.convert.view import Level
from engine.crew.answers import State
from engine.crew.events import ShardListed
from engine.jobs.gathering import Gathering
from engine.jobs.news import News, shards_news, workers_news
from engine.jobs.notice import About, Notice
from engine.jobs.notice_words import SHOWN, AnyEnd, ended, goes_on, held, late, lost_workers, red_shards
from engine.jobs.window.shape import Timetable
from engine.run.events import Event, Paused, Resumed, Stopping, Summary, WorkerEnded

LATE_HOLDS_S: Final = 60.0
"""A forecast wavers at the edge of red, and nobody wants to be woken by that."""
_RED: Final = (State.QUARANTINED, State.FAILED)


@dataclass(frozen=True, slots=True)
class _RedShard:
    shard: str
    word: str
    reason: str
    is_intact: bool
    """Its event promises that the original is."""


@dataclass(slots=True)
class _Pause:
    paused: Paused
    since_s: float
    is_told: bool = False


class RunNotices:
    """The notices of one run.

    Args:
        about: the run.
        quiet_s: between two notices of a kind.
        disk_wait_s: how long a run may wait for the disk before a person is called.
    """

    def __init__(self, about: About, quiet_s: float, disk_wait_s: float) -> None:
        self._about = about
        self._quiet_s = quiet_s
        self._waits_s = {"disk": disk_wait_s, "fault": 0.0}
        self._known: set[str] = set()
        self._shards: Gathering[tuple[str, str]] = Gathering(quiet_s, SHOWN)
        self._words: Counter[str] = Counter()
        self._is_intact = True
        self._workers: Gathering[WorkerEnded] = Gathering(quiet_s, SHOWN)
        self._pauses: dict[str, _Pause] = {}
        self._pause_told_s: dict[str, float] = {}
        self._late_since_s: float | None = None
        self._late_told_s = float("-inf")
        self._is_late_told = False
        self._is_killing = False

    def take(self, event: Event, now_s: float) -> list[Notice]:
        """Take one event, of the run or of its step; return what is to be told now."""
        match event:
            case Paused() if event.why in self._waits_s:
                self._pauses.setdefault(event.why, _Pause(event, now_s)).paused = event
            case Resumed():
                return self._resume(event.why, now_s)
            case Stopping():
                self._is_killing = event.now
            case WorkerEnded() if event.how != "exited" and not self._is_killing:
                self._workers.add(event)
            case Summary():
                self._pauses.clear()  # of a step that was stopped while it waited
            case _:
                self._shard(event)
        return self.due(now_s)

    def due(self, now_s: float) -> list[Notice]:
        """Return what has waited long enough."""
        return [*self._due_shards(now_s), *self._due_workers(now_s), *self._due_pauses(now_s)]

    @property
    def due_s(self) -> float | None:
        """When :meth:`due` may have something next; None where only an event can bring it."""
        times = [self._shards.due_s, self._workers.due_s, *(self._pause_due_s(why) for why in self._pauses)]
        return min((time for time in times if time is not None), default=None)

    def look(self, table: Timetable | None, now_s: float) -> list[Notice]:
        """Look at a window's timetable: a red one that holds is told, and again only after it was not red."""
        if table is None or table.level is not Level.RED:
            self._late_since_s, self._is_late_told = None, False
            return []
        self._late_since_s = now_s if self._late_since_s is None else self._late_since_s
        if self._is_late_told or now_s < max(self._late_since_s + LATE_HOLDS_S, self._late_told_s + self._quiet_s):
            return []
        self._is_late_told, self._late_told_s = True, now_s
        return [late(self._about, table)]

    def end(self, summary: Summary) -> Notice:
        """Return the last notice; what was gathered and not told yet is part of it, and makes it red."""
        any_end = msgspec.json.decode(msgspec.json.encode(summary), type=AnyEnd)
        untold = (self._shards_due(math.inf), self._workers_due(math.inf))
        return ended(self._about, any_end, [news for news in untold if news is not None])

    # One kind each.

    def _shard(self, event: Event) -> None:
        found = _red_shard(event)
        if found is None or found.shard in self._known:
            return
        self._known.add(found.shard)
        self._words[found.word] += 1
        self._is_intact = self._is_intact and found.is_intact
        self._shards.add((found.shard, found.reason))

    def _shards_due(self, now_s: float) -> News | None:
        gathered = self._shards.take(now_s)
        if gathered is None:
            return None
        words, self._words = self._words, Counter()
        return shards_news(words, gathered)

    def _due_shards(self, now_s: float) -> Iterator[Notice]:
        news = self._shards_due(now_s)
        if news is not None:
            yield red_shards(self._about, news, intact=self._is_intact)
            self._is_intact = True

    def _workers_due(self, now_s: float) -> News | None:
        gathered = self._workers.take(now_s)
        return None if gathered is None else workers_news(gathered)

    def _due_workers(self, now_s: float) -> Iterator[Notice]:
        news = self._workers_due(now_s)
        if news is not None:
            yield lost_workers(self._about, news)

    def _pause_due_s(self, why: str) -> float | None:
        pause = self._pauses[why]
        if pause.is_told:
            return None
        again_s = self._pause_told_s.get(why, float("-inf")) + self._quiet_s
        return max(pause.since_s + self._waits_s[why], again_s)

    def _due_pauses(self, now_s: float) -> Iterator[Notice]:
        for why, pause in self._pauses.items():
            due_s = self._pause_due_s(why)
            if due_s is not None and now_s >= due_s:
                pause.is_told, self._pause_told_s[why] = True, now_s
                yield held(self._about, pause.paused, now_s - pause.since_s)

    def _resume(self, why: str, now_s: float) -> list[Notice]:
        pause = self._pauses.pop(why, None)
        return [goes_on(self._about, why, now_s - pause.since_s)] if pause is not None and pause.is_told else []


def _red_shard(event: Event) -> _RedShard | None:
    """Return the shard that an event turns red; None for any other event."""
    match event:
        case ShardQuarantined():
            return _RedShard(event.shard, State.QUARANTINED, str(event.fault), is_intact=True)
        case ShardFailed(final=True):
            return _RedShard(event.shard, State.FAILED, str(event.fault), is_intact=True)
        case ShardSeen() | ShardValidated() | ShardListed() if event.state in _RED:
            reason = str(event.fault) if event.fault is not None else ""
            return _RedShard(event.shard, event.state, reason, is_intact=False)
    return None
