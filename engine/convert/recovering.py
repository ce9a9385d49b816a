"""A run of ``recover``: every shard with traces of a swap is brought to a known state, and nothing is converted."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

from engine.config import Settings
from engine.convert.events import RecoverSummary, ShardFailed, ShardQuarantined, ShardRecovered
from engine.convert.plan import plan
from engine.convert.program import CONVERTERS
from engine.convert.tasks import Recover, Result
from engine.crew.answers import State
from engine.crew.asking import Asking
from engine.crew.wire import ShardRef, to_wire
from engine.run.desk import Desk
from engine.run.outcome import Outcome
from engine.run.queue import Task
from engine.shards.clips import clip_table
from engine.shards.files import RealFiles
from engine.shards.layout import find_shards


class Recovering(Asking[Result]):
    """A run of ``recover``.

    Args:
        corpus: the corpus.
        settings: as resolved.
        desk: where the run works.
        act: False only says what would be done.
    """

    job = "recover"

    def __init__(self, corpus: Path, settings: Settings, desk: Desk, *, act: bool = True) -> None:
        super().__init__(desk, settings, CONVERTERS)
        self.corpus = corpus
        self.act = act
        self._counts: Counter[State] = Counter()

    async def run(self) -> RecoverSummary:
        """Recover what there is to recover."""
        found = await asyncio.to_thread(find_shards, self.corpus, self.settings.layout)
        self.warn(found.warnings)
        shards = await asyncio.to_thread(plan, RealFiles(), found.shards)
        orders = [
            self.enlist(
                shard.place,
                shard.size_bytes,
                Recover(
                    shard=ShardRef.of(shard.place, self.desk.state / "locks"),
                    run=self.desk.run_id,
                    tool=self.desk.tool,
                    act=self.act,
                    keep_backup=self.settings.convert.keep_backups > 0,
                    clips=to_wire(clip_table(self.desk.state, shard.place.source, shard.place.shard)),
                ),
            )
            for shard in shards
            if shard.state is State.RECOVERING
        ]
        await self.pool.run(orders)
        red = self._counts[State.QUARANTINED] + self._counts[State.FAILED]
        return RecoverSummary(
            job=self.job,
            outcome=Outcome.SOME_FAILED if red else Outcome.OK,
            seconds=round(time.monotonic() - self.began, 3),
            shards=len(shards),
            looked_at=len(self.settled),
            counts={str(state): count for state, count in sorted(self._counts.items())},
        )

    def take(self, task: Task, result: Result) -> None:
        """See :class:`Asking`."""
        if result.state is State.FAILED and result.fault is not None:
            source = self.places[task.id].source
            self.desk.log.append(ShardFailed(shard=task.label, source=source, fault=result.fault, final=True))
        else:
            self._tell(task, result)
        self._counts[result.state] += 1
        self.settle(task)

    def _tell(self, task: Task, result: Result) -> None:
        told = result.recovery
        if told is not None:
            self.desk.log.append(
                ShardRecovered(
                    shard=task.label, row=told.row, ends=told.ends, actions=told.actions, why=told.why, acted=self.act
                )
            )
        if result.state is State.QUARANTINED and result.fault is not None:
            source = self.places[task.id].source
            self.desk.log.append(ShardQuarantined(shard=task.label, source=source, fault=result.fault))
