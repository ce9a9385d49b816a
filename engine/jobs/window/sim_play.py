"""A conversion played with a virtual clock: workers, hand-out, the disk guard's own rule, tries and retries.

All workers go at one pace, which the disk may set: ``min(own, disk / workers at work)``. So the clock runs over *work*
(bytes of a shard of the mean pace that each worker has done since the start), and time is what that work took.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.convert.events import ShardDone, ShardFailed, ShardStarted
from engine.errors import Fault
from engine.jobs.window.sim_corpus import SOURCE, Drawn, Simulated
from engine.jobs.window.sim_disk import Disk, Writer
from engine.run.events import Event, Paused, Resumed
from engine.run.queue import Fate, Policy, Task, TaskQueue
from engine.shards.record import Tally, TarDigest

_HEADERS = 0.01
"""The share of a shard's time in which its headers are read, and nobody knows yet what it will write."""
_PCM_BYTES_PER_S = 96_000
"""Of 48 kHz mono in 16 bits, for the hours that the events tell."""
_FAULT = Fault("simulated", way_out="its original is intact; a new run tries it again")


@dataclass(frozen=True, slots=True)
class InHand:
    """A shard in a worker's hands."""

    shard: int
    worker: int
    since_s: float
    begun: float
    """The work done when it was handed out."""
    writer: Writer
    fails: bool


@dataclass(slots=True)
class Tallied:
    """What a simulation came to."""

    seconds: float = 0.0
    done: int = 0
    failed: int = 0
    retried: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    work: float = 0.0
    """Of all shards that were converted, as bytes at the mean pace."""
    pauses: list[tuple[float, float]] = field(default_factory=list)
    """From when to when the disk guard held shards back while a worker was free."""
    safety: str = ""
    """Why it was stopped for safety; "" where it was not."""

    @property
    def paused_s(self) -> float:
        """Seconds in pauses."""
        return sum(until - since for since, until in self.pauses)


class Play:
    """One simulated conversion; :meth:`run` yields what a real one's log would say, with the second it is said."""

    def __init__(self, corpus: Simulated, drawn: Drawn) -> None:
        self.corpus = corpus
        self.drawn = drawn
        self.disk = Disk(corpus.free_bytes, corpus.floor_bytes)
        self.tallied = Tallied()
        self.at_s = 0.0
        self.work = 0.0
        self.in_hand: dict[int, InHand] = {}
        """By worker."""
        self._attempts = [0] * corpus.shards
        tasks = [Task(str(number)) for number in range(corpus.shards)]
        self._queue = TaskQueue(tasks, Policy(retries=corpus.retries))
        self._idle = list(range(corpus.workers - 1, -1, -1))
        self._ends: list[tuple[float, int]] = []
        """When shards come back, by work, with their worker."""
        self._tells: list[tuple[float, int]] = []
        """When shards in hand tell what they will write."""
        self._kept: deque[int] = deque()
        self._blocked = ""
        self._blocked_since = 0.0
        self._ask_at = 0.0

    @property
    def waiting(self) -> str:
        """Why the disk guard holds shards back; "" where it does not."""
        return self._blocked

    def run(self) -> Iterator[tuple[float, Event]]:
        """Play it to its end."""
        while not self._queue.finished and not self.tallied.safety:
            yield from self._hand_out()
            yield from self._advance()
        self.tallied.seconds = self.at_s

    # Handing out.

    def _hand_out(self) -> Iterator[tuple[float, Event]]:
        while self._idle and self.at_s >= self._ask_at and (task := self._queue.peek(self.at_s)) is not None:
            shard = int(task.id)
            held = self.disk.why_not(self.work, self.drawn.sizes[shard])
            if held is not None:
                if not self._blocked:
                    self._blocked_since = self.at_s
                    yield self.at_s, Paused(why="disk", detail=held)
                self._blocked, self._ask_at = held, math.inf
                return
            if self._blocked:
                self.tallied.pauses.append((self._blocked_since, self.at_s))
                self._blocked = ""
                yield self.at_s, Resumed(why="disk")
            self._queue.take(self.at_s)
            yield self._start(shard)

    def _start(self, shard: int) -> tuple[float, Event]:
        worker, work, size = self._idle.pop(), self.drawn.works[shard], self.drawn.sizes[shard]
        fails = self.drawn.fails[shard]
        attempt = self._attempts[shard]
        self._attempts[shard] += 1
        told, whole = self.work + _HEADERS * work, self.work + work
        does_fail = attempt < len(fails)
        end = self.work + work * fails[attempt] if does_fail else whole
        self.in_hand[worker] = InHand(
            shard, worker, self.at_s, self.work, Writer(told, whole, self.drawn.outs[shard]), does_fail
        )
        self.disk.reserve(size)
        if told < end:
            heapq.heappush(self._tells, (told, worker))
        heapq.heappush(self._ends, (end, worker))
        return self.at_s, ShardStarted(shard=self.drawn.ids[shard], worker=worker, bytes_in=size)

    # The clock.

    def pace(self) -> float:
        """Return how much work each worker does in a second now."""
        own, disk = self.corpus.worker_bytes_per_s, self.corpus.disk_bytes_per_s
        return own if disk is None else min(own, disk / max(1, len(self.in_hand)))

    def _advance(self) -> Iterator[tuple[float, Event]]:
        """Go on to the next thing that happens."""
        next_work = min(self._tells[0][0] if self._tells else math.inf, self._ends[0][0] if self._ends else math.inf)
        next_s = self.at_s + max(0.0, next_work - self.work) / self.pace()
        due_s = self._queue.next_due() if self._idle else None
        wake_s = min(
            due_s if due_s is not None and not self._blocked else math.inf,
            self._ask_at if self._ask_at > self.at_s else math.inf,
        )
        if wake_s < next_s:
            self._go_to(wake_s, self.work + (wake_s - self.at_s) * self.pace() if self.in_hand else self.work)
        elif next_work < math.inf:
            self._go_to(next_s, next_work)
            yield from self._happen()
        elif self._blocked:
            self._go_to(self.at_s + self.corpus.floor_wait_s, self.work)
            self.tallied.pauses.append((self._blocked_since, self.at_s))
            self.tallied.safety = f"the disk had no room for another shard: {self._blocked}"

    def _go_to(self, at_s: float, work: float) -> None:
        """Let time pass; the conversion looks at the volume on the way."""
        every = self.corpus.look_every_s
        look_s = at_s if not every else math.floor(at_s / every) * every
        if not every or look_s > self.at_s:
            passed = 1.0 if at_s == self.at_s else (look_s - self.at_s) / (at_s - self.at_s)
            self.disk.look(self.work + passed * (work - self.work))
        self.at_s, self.work = at_s, work
        self.disk.note(work, at_s)

    def _happen(self) -> Iterator[tuple[float, Event]]:
        """Do what is due at this moment."""
        while self._tells and self._tells[0][0] <= self.work:
            worker = heapq.heappop(self._tells)[1]
            shard = self.in_hand[worker]
            self.disk.unreserve(self.drawn.sizes[shard.shard])
            self.disk.begin(shard.writer)
        while self._ends and self._ends[0][0] <= self.work:
            worker = heapq.heappop(self._ends)[1]
            yield self._come_back(self.in_hand.pop(worker))
            self._idle.append(worker)
        if self._blocked:
            every = self.corpus.look_every_s
            self._ask_at = self.at_s if not every else (math.floor(self.at_s / every) + 1) * every
        if not self.corpus.look_every_s:
            self.disk.look(self.work)

    def _come_back(self, back: InHand) -> tuple[float, Event]:
        shard, task = back.shard, Task(str(back.shard))
        size, out = self.drawn.sizes[shard], self.drawn.outs[shard]
        if not back.fails:
            keeps = self.corpus.keep_backups > 0
            self.disk.end(back.writer, gives_bytes=-out if keeps else size - out)
            if keeps:
                self._keep(size)
            self._queue.settle(task)
            return self.at_s, self._done(back)
        if self.work > back.writer.since:
            self.disk.end(back.writer, gives_bytes=0)
        else:
            self.disk.unreserve(size)
        final = self._queue.try_again(task, self.at_s) is Fate.PARKED
        self.tallied.failed += final
        self.tallied.retried += not final
        return self.at_s, ShardFailed(shard=self.drawn.ids[shard], source=SOURCE, fault=_FAULT, final=final)

    def _keep(self, size: int) -> None:
        """Keep an original, and let the oldest go that is one too many."""
        self._kept.append(size)
        if len(self._kept) > self.corpus.keep_backups:
            self.disk.give(self._kept.popleft())

    def _done(self, back: InHand) -> Event:
        size, out = self.drawn.sizes[back.shard], self.drawn.outs[back.shard]
        self.tallied.done += 1
        self.tallied.bytes_in += size
        self.tallied.bytes_out += out
        self.tallied.work += self.drawn.works[back.shard]
        return ShardDone(
            shard=self.drawn.ids[back.shard],
            source=SOURCE,
            seconds=round(self.at_s - back.since_s, 3),
            original=TarDigest("", size),
            result=TarDigest("", out),
            tally=Tally(members=0, clips=0, seconds_of_audio=size / _PCM_BYTES_PER_S),
            backup_kept=self.corpus.keep_backups > 0,
        )
