"""A job that asks many shards a question that is quickly answered: they go out in batches, and what fails alone.

A worker that dies in the middle of a batch costs the shards that it had not told of: they go out once more in small
batches, and what is left then by themselves, with the tries and the patience that every shard has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from engine.config import Settings
from engine.convert.at_once import THREADS
from engine.convert.batches import Batch, Told
from engine.convert.program import CONVERTERS
from engine.convert.tasks import Inspect, Result
from engine.crew.answers import State
from engine.crew.asking import Asking
from engine.crew.program import Program
from engine.run.desk import Desk
from engine.run.owner import DONE, Verdict
from engine.run.pool import Pool
from engine.run.queue import Policy, Task
from engine.run.supervise import WorkerEnd

INSPECTOR = Program("engine.convert.inspector", Result).argv
BATCH_MOST = 128
"""Eight rounds of a worker's threads, so that the wait for a batch's last shard is short against the batch."""
_RECYCLE_AFTER = 16
"""Batches a worker does before a fresh one takes its place: what a library leaks never grows past this."""
_WORKERS_MOST = 8
"""Where the number is left to us: 128 reads at a time are what a file server is glad of."""


class AskingMany(Asking[Result]):
    """Takes one answer a shard, in whatever way it was asked."""

    def __init__(self, desk: Desk, settings: Settings) -> None:
        super().__init__(desk, settings, CONVERTERS)
        if settings.convert.workers == "auto":
            self.workers = min(self.workers, _WORKERS_MOST)
        self._alone = self.pool
        """For shards by themselves: the ordinary workers, tries and waits."""
        self._left: dict[str, Inspect] = {}
        """Shards without an answer yet."""
        self._batches: set[str] = set()
        """The ids of those that went out."""
        self._told = msgspec.json.Decoder(Told)

    async def ask(self, orders: Mapping[str, Inspect]) -> None:
        """Ask every shard, by its id, all of them enlisted; a run that is stopped leaves some without an answer."""
        self._left = dict(orders)
        workers = self.workers
        for size in (self._batch_size(), THREADS):
            if self._left and not self.stopped:
                self._change_pool(self._many(workers))
                await self.pool.run(list(self._batched(size)))
                workers = self.pool.wanted_workers
        if self._left and not self.stopped:
            self._change_pool(self._alone)
            self.pool.set_workers(workers)
            await self.pool.run([self._task(shard, order) for shard, order in self._left.items()])

    def _batch_size(self) -> int:
        """Return what gives every worker several batches, so that none is idle for long at the end."""
        return min(BATCH_MOST, max(THREADS, -(-len(self._left) // (4 * self.workers))))

    def _batched(self, size: int) -> Iterator[Task]:
        left = list(self._left)
        for at in range(0, len(left), size):
            shards = left[at : at + size]
            batch = Batch(orders=tuple(self._left[shard] for shard in shards))
            name = f"batch {len(self._batches)}"
            self._batches.add(name)
            label = shards[0] if len(shards) == 1 else f"{shards[0]} and {len(shards) - 1:,} more"
            yield Task(name, msgspec.json.encode(batch), label=label)

    def _many(self, workers: int) -> Pool:
        return Pool(
            INSPECTOR,
            self,
            env=self.desk.worker_env,
            limits=self.limits,
            workers=workers,
            policy=Policy(retries=0),
            recycle_after=_RECYCLE_AFTER,
        )

    def _task(self, shard: str, order: Inspect) -> Task:
        return Task(shard, msgspec.json.encode(msgspec.structs.replace(order, task="")), label=shard)

    def _change_pool(self, pool: Pool) -> None:
        """Go on with other workers, held by what holds those of now."""
        before, self.pool = self.pool, pool
        for why, detail in before.pauses.items():
            pool.pause(why, detail)

    def on_progress(self, task: Task, line: bytes) -> None:
        """See :class:`PoolOwner`."""
        if task.id not in self._batches:
            super().on_progress(task, line)
            return
        result = self._told.decode(line).result
        if result.state is not State.FAILED and result.task in self._left:  # one that failed has more tries by itself
            self._answered(result)

    def on_result(self, task: Task, line: bytes) -> Verdict:
        """See :class:`PoolOwner`."""
        return DONE if task.id in self._batches else super().on_result(task, line)

    def on_parked(self, task: Task, ends: tuple[WorkerEnd, ...]) -> None:
        """See :class:`PoolOwner`."""
        if task.id not in self._batches:
            super().on_parked(task, ends)

    def _answered(self, result: Result) -> None:
        shard = result.task
        self.take(self._task(shard, self._left.pop(shard)), result)
