"""A job that asks every shard one question and changes nothing that an answer could depend on."""

from __future__ import annotations

import abc

from engine.config import Settings
from engine.crew.answers import State
from engine.crew.crew import Crew, deaths
from engine.crew.program import Program, R
from engine.errors import Fault
from engine.run.desk import Desk
from engine.run.owner import DONE, RETRY, Verdict
from engine.run.queue import Task
from engine.run.supervise import WorkerEnd


class Asking(Crew[R]):
    """Tries a shard again that gave no answer; a subclass takes the answers, and the failures that are final."""

    def __init__(self, desk: Desk, settings: Settings, program: Program[R], *, workers: int | None = None) -> None:
        super().__init__(desk, settings, program, workers=workers)
        self._program = program
        self._last_fault: dict[str, Fault] = {}

    @abc.abstractmethod
    def take(self, task: Task, result: R) -> None:
        """Take a shard's answer, or (state ``failed``) why there is none."""

    def on_result(self, task: Task, line: bytes) -> Verdict:
        """See :class:`PoolOwner`."""
        result = self.read_result(task, line)
        if result.interrupted:
            return RETRY
        if result.state is State.FAILED:
            self._last_fault[task.id] = result.fault or Fault("the worker did not say why")
            return RETRY
        self.take(task, result)
        return DONE

    def on_parked(self, task: Task, ends: tuple[WorkerEnd, ...]) -> None:
        """See :class:`PoolOwner`."""
        fault = deaths(ends) if ends else self._last_fault[task.id]
        self.take(task, self._program.answer(task=task.id, state=State.FAILED, seconds=0, fault=fault))
