"""What a pool asks and tells the job that owns it."""

from __future__ import annotations

import abc
from typing import Literal

import msgspec

from engine.run.queue import Task
from engine.run.supervise import WorkerEnd


class Verdict(msgspec.Struct, frozen=True):
    """What a task's result means; use :data:`DONE`, :data:`RETRY`, :data:`FAIL` or :func:`requeue_and_pause`."""

    then: Literal["done", "retry", "fail", "requeue"]
    pause: str = ""
    """For ``requeue``: the reason under which the pool pauses."""
    detail: str = ""


DONE = Verdict("done")
"""The task needs nothing more."""
RETRY = Verdict("retry")
"""The task gets another try, after a wait and while it has any left; else it is parked."""
FAIL = Verdict("fail")
"""The task failed for good and the owner has recorded so."""


def requeue_and_pause(why: str, detail: str = "") -> Verdict:
    """Say that the task is blameless: it goes back to the front, and the pool pauses until ``resume(why)``."""
    return Verdict("requeue", why, detail)


class PoolOwner(abc.ABC):
    """The job behind a pool. All calls come from the event loop and must not block it."""

    @abc.abstractmethod
    def on_result(self, task: Task, line: bytes) -> Verdict:
        """Judge a worker's result line, as it came, without its newline."""

    def may_start(self, task: Task) -> str | None:
        """Return why the task may not go out yet, None when it may; asked again every half second until then."""
        return None

    def particulars(self, task: Task) -> bytes:
        """Return what the order says besides, as known only when it goes out: an encoded JSON object.

        Its fields must be none of the task's payload, and not ``task``.
        """
        return b"{}"

    def on_handed_out(self, task: Task, worker: int) -> None:
        """Learn that a worker has the task."""

    def on_progress(self, task: Task, line: bytes) -> None:
        """Learn of a worker's progress line, as it came."""

    def on_retried(self, task: Task, end: WorkerEnd | None) -> None:
        """Learn that a task will be tried again; ``end`` tells how its worker died, None where it asked for it."""

    def on_parked(self, task: Task, ends: tuple[WorkerEnd, ...]) -> None:
        """Learn that a task had its tries; ``ends`` are the workers that died with it in their hands."""

    def on_waiting(self, reason: str | None) -> None:
        """Learn that :meth:`may_start` holds the pool back, or (None) no longer does; told at changes only."""

    def on_worker_started(self, worker: int, pid: int) -> None:
        """Learn that a worker is ready."""

    def on_worker_ended(self, worker: int, pid: int, end: WorkerEnd) -> None:
        """Learn that a worker is gone, for whatever reason."""

    def on_paused(self, why: str, detail: str) -> None:
        """Learn that one more reason holds the pool."""

    def on_resumed(self, why: str) -> None:
        """Learn that one reason less holds the pool."""

    def on_workers_changed(self, count: int) -> None:
        """Learn that another number of workers is wanted."""
