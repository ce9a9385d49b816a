"""A run that makes one artifact of a corpus: split, buckets, decode benchmark, exports, the report over all of it.

The work is one task of one worker process, so that the engine answers its operator at any moment, and a library that
runs out of memory or crashes costs a try and not the run.
"""

from __future__ import annotations

import time

import msgspec

from engine.config import Settings
from engine.crew.answers import State
from engine.crew.asking import Asking
from engine.crew.crew import Snapshot
from engine.crew.program import Program
from engine.dataset.events import MadeSummary
from engine.dataset.tasks import Made
from engine.dataset.tasks import Task as Order
from engine.errors import Fault, InputError
from engine.run.desk import Desk
from engine.run.outcome import Outcome
from engine.run.queue import Task

MAKERS = Program("engine.dataset.worker", Made)


class Making(Asking[Made]):
    """A run of one task.

    Args:
        job: its name, which is also the task's.
        order: what the worker is asked.
        settings: as resolved.
        desk: where the run works.
        workers: how many processes; None as the settings say.
    """

    def __init__(self, job: str, order: Order, settings: Settings, desk: Desk, *, workers: int | None = 1) -> None:
        super().__init__(desk, settings, MAKERS, workers=workers)
        self.job = job
        self._order = order
        self._made: Made | None = None

    async def run(self) -> MadeSummary:
        """Have it made.

        Raises:
            InputError: when nothing can be made of what is there.
        """
        self.sizes[self.job] = 1  # the whole of it, as far as anybody can tell beforehand
        await self.pool.run([Task(self.job, msgspec.json.encode(self._order), label=self.job)])
        return self.summary(self._made)

    def take(self, task: Task, result: Made) -> None:
        """See :class:`Asking`."""
        self._made = result
        self.settle(task)

    def look(self) -> Snapshot:
        """See :class:`Crew`; an artifact of the whole corpus has a stage, and no shards to count."""
        now = super().look()
        at = self.newest.get(self.job)
        return now if at is None else msgspec.structs.replace(now, stage=at.stage)

    def summary(self, made: Made | None) -> MadeSummary:
        """Sum up what was made.

        Raises:
            InputError: when it could not be made, however often it is tried.
        """
        seconds = round(time.monotonic() - self.began, 3)
        if made is not None and made.state is State.QUARANTINED:
            raise InputError(made.fault or Fault("nothing can be made of this"))
        if made is None:
            return MadeSummary(job=self.job, outcome=Outcome.INTERRUPTED, seconds=seconds)
        report, *pages = (*made.files, "")[: max(1, len(made.files))]
        return MadeSummary(
            job=self.job,
            outcome=Outcome.OK if made.well and made.state is State.DONE else Outcome.SOME_FAILED,
            seconds=seconds,
            current=made.current,
            told=made.told,
            cautions=made.cautions,
            figures=made.figures,
            report=report,
            pages=tuple(pages),
            detail="" if made.fault is None else str(made.fault),
        )
