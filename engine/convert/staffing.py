"""A crew that chooses how many workers it has, and what each may use: the run's side of ``workers = auto``."""

from __future__ import annotations

import asyncio

import msgspec

from engine.config import Settings
from engine.convert.auto_advice import Advice, read_advice
from engine.convert.auto_course import Limits
from engine.convert.auto_workers import AutoWorkers, Decision, most_workers, threads_each
from engine.convert.events import WorkersKept
from engine.convert.program import CONVERTERS
from engine.convert.tasks import Result
from engine.crew.crew import Crew
from engine.errors import GonogoError
from engine.host.facts import usable_memory_bytes
from engine.run.desk import Desk
from engine.run.events import WorkersChanged
from engine.run.queue import Task
from engine.run.supervise import WorkerEnd
from engine.shards.layout import ShardPlace


class _Threads(msgspec.Struct, frozen=True):
    """What a conversion's order says besides when it goes out."""

    threads: int


class Staffed(Crew[Result]):
    """Converts with as many workers as prove best, until an operator asks for a number.

    A subclass calls :meth:`staff` before its pool runs, :meth:`steer` a few times a second while it does, and
    :meth:`note_end` with each result.
    """

    def __init__(self, desk: Desk, settings: Settings) -> None:
        super().__init__(desk, settings, CONVERTERS)
        self._limits = Limits(most_workers(desk.cpus, usable_memory_bytes()), desk.cpus)
        self._advice = Advice()
        self._seen: dict[str, str] = {}
        """The codec of each source, as its last shard's conversion told it."""
        self._chooser = AutoWorkers(self.workers, self._limits, {})
        self._staffed = self._steerable = False

    async def staff(self, first: ShardPlace | None, *, steerable: bool) -> None:
        """Find out what is known already, and choose the number of workers to begin with.

        Args:
            first: what is converted first.
            steerable: the run may choose its number; a dry run is over before anything could be learnt from it.
        """
        self._steerable = steerable
        self._advice = await asyncio.to_thread(read_advice, self.desk.state, self.desk.cpus)
        if self._advice.fault is not None:
            self.warn([self._advice.fault])
        self._chooser = AutoWorkers(self.workers, self._limits, self._advice.workers)
        self.auto = steerable and self.settings.convert.workers == "auto"
        if self.auto:
            begun = self._chooser.begin(self._advice.codec(first.id, first.source) if first else "")
            self.workers, self.workers_why = begun.workers, begun.why
            self.pool.set_workers(begun.workers)
        self._staffed = True

    def steer(self) -> None:
        """Look at the pace, and change the number of workers where another is better."""
        if not self.auto:
            return
        scarce = len(self.sizes) - len(self.settled) <= self.pool.wanted_workers  # not everyone has a shard any more
        calm = not (scarce or self.pool.pauses or self.pool.waiting or self.pool.stopping)
        decision = self._chooser.look(calm=calm)
        if decision is not None:
            self._obey(decision)

    def _obey(self, decision: Decision) -> None:
        self.workers_why = decision.why
        if decision.workers == self.pool.wanted_workers:
            self.desk.log.append(WorkersKept(count=decision.workers, why=decision.why))
        else:
            self.pool.set_workers(decision.workers)

    def codec_of(self, task: Task) -> str:
        """Return what a shard is believed to hold; empty where nobody knows."""
        source = self.places[task.id].source
        return self._advice.codec(task.label, source) or self._seen.get(source, "")

    def note_end(self, task: Task, result: Result) -> None:
        """Learn from a result; it counts as work where the shard was converted by it."""
        made = result.conversion
        if made is not None and made.codec:
            self._seen[self.places[task.id].source] = made.codec
        self._chooser.give(task.id, converted=made is not None)

    def note_death(self, task: Task) -> None:
        """Learn that a shard's last worker died with it."""
        self._chooser.give(task.id, converted=False)
        self._chooser.disturb()

    # What the pool asks and tells.

    def particulars(self, task: Task) -> bytes:
        """See :class:`PoolOwner`. Towards the end of a run there are fewer shards than workers."""
        at_work = min(self.pool.wanted_workers, max(1, len(self.sizes) - len(self.settled)))
        threads = threads_each(self.codec_of(task), self.desk.cpus, at_work)
        return msgspec.json.encode(_Threads(threads)) if threads > 1 else b"{}"

    def on_handed_out(self, task: Task, worker: int) -> None:
        """See :class:`PoolOwner`."""
        self._chooser.take(task.id, self.sizes[task.id], self.codec_of(task))

    def on_progress(self, task: Task, line: bytes) -> None:
        """See :class:`PoolOwner`."""
        super().on_progress(task, line)
        self._chooser.advance(task.id, self.newest[task.id])

    def on_retried(self, task: Task, end: WorkerEnd | None) -> None:
        """See :class:`PoolOwner`."""
        super().on_retried(task, end)
        self.note_death(task)

    def on_waiting(self, reason: str | None) -> None:
        """See :class:`Crew`."""
        super().on_waiting(reason)
        self._chooser.disturb()

    def on_paused(self, why: str, detail: str) -> None:
        """See :class:`PoolOwner`."""
        super().on_paused(why, detail)
        self._chooser.disturb()

    def on_workers_changed(self, count: int) -> None:
        """See :class:`PoolOwner`. What a run begins with is told with its plan."""
        if self._staffed:
            super().on_workers_changed(count)

    # What an operator asks.

    def set_workers(self, count: int) -> None:
        """Have this many workers from now on, and choose no more."""
        told = self.auto and count == self.pool.wanted_workers
        if count >= 1:  # the pool refuses less
            self.auto, self.workers_why = False, "asked for"
        self.pool.set_workers(count)
        if told:  # the pool tells of another number only
            self.desk.log.append(WorkersChanged(count=count, why=self.workers_why))

    def choose_workers(self) -> None:
        """Choose the number of workers from now on, beginning with what there is.

        Raises:
            GonogoError: in a dry run.
        """
        if not self._steerable:
            raise GonogoError("a dry run chooses no number of workers itself: it is over too soon; ask for a number")
        if self.auto:
            return
        self.auto, self.workers_why = True, "the run chooses from here on"
        count = self.pool.wanted_workers
        self._chooser.set(count)
        self.desk.log.append(WorkersChanged(count=count, why=self.workers_why, auto=True))
