"""Letting kept originals go: in a worker of its own, for what is read then is input like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from engine.convert.program import CONVERTERS
from engine.convert.tasks import Recover, Result
from engine.crew.answers import State
from engine.crew.crew import deaths
from engine.crew.wire import ShardRef, to_wire
from engine.errors import Fault
from engine.run.desk import Desk
from engine.run.limits import WorkerLimits
from engine.run.owner import DONE, PoolOwner, Verdict
from engine.run.pool import Pool
from engine.run.queue import Policy, Task
from engine.run.supervise import WorkerEnd
from engine.shards.clips import clip_table
from engine.shards.layout import ShardPlace


class Releases(PoolOwner):
    """Lets originals go one after the other; each only through recovery, which reads and hashes the result first."""

    def __init__(self, desk: Desk, limits: WorkerLimits) -> None:
        self._desk = desk
        self._stays: dict[str, Fault] = {}
        self._result = msgspec.json.Decoder(Result)
        self.pool = Pool(CONVERTERS.argv, self, env=desk.worker_env, limits=limits, workers=1, policy=Policy(retries=0))

    async def let_go(self, shards: Sequence[ShardPlace]) -> Mapping[str, Fault]:
        """Let the kept originals of some shards go; return, by shard, why one stays.

        Those that a stop came before are not told of: a later run lets them go.

        Raises:
            WorkersFailError: when no worker starts.
        """
        self._stays = {}
        await self.pool.run([self._order(shard) for shard in shards])
        return self._stays

    def _order(self, place: ShardPlace) -> Task:
        ref = ShardRef.of(place, self._desk.state / "locks")
        clips = to_wire(clip_table(self._desk.state, place.source, place.shard))
        order = Recover(shard=ref, run=self._desk.run_id, tool=self._desk.tool, let_go=True, clips=clips)
        return Task(place.id, msgspec.json.encode(order), label=place.id)

    def on_result(self, task: Task, line: bytes) -> Verdict:
        """See :class:`PoolOwner`."""
        result = self._result.decode(line)
        if result.state is not State.DONE:
            self._stays[task.id] = result.fault or Fault(f"the shard is {result.state} now")
        return DONE

    def on_parked(self, task: Task, ends: tuple[WorkerEnd, ...]) -> None:
        """See :class:`PoolOwner`."""
        self._stays[task.id] = deaths(ends)
