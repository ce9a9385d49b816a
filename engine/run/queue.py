"""Which task goes out next, and what becomes of one that came back: decisions only, no process and no clock.

A task is in one place at a time: waiting, delayed before another try, out with a worker, or settled. That is what
hands each out exactly once at a time.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from engine.errors import GonogoError
from engine.run.supervise import WorkerEnd


class Task(msgspec.Struct, frozen=True):
    """One piece of work for one worker."""

    id: str
    """Unique within a run."""
    payload: bytes = b"{}"
    """An encoded JSON object without a field ``task``; the worker reads ``{"task": id, …payload}``."""
    label: str = ""
    """How a person knows it."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How often a task is tried."""

    retries: int = 2
    """Further tries after the first."""
    poison: int = 2
    """A task in whose hands so many workers died is parked, whatever tries it has left."""
    backoff_s: float = 0.5
    """The wait before the first further try; it doubles with each, for faults that pass by themselves."""


class Fate(StrEnum):
    """What became of a task that came back."""

    SETTLED = "settled"
    RETRIED = "retried"
    PARKED = "parked"


class TaskQueue:
    """The tasks of one run, in order; times are those of the caller's monotonic clock, in seconds.

    Raises:
        GonogoError: when two tasks share an id.
    """

    def __init__(self, tasks: Iterable[Task], policy: Policy) -> None:
        self._policy = policy
        self._waiting = deque(tasks)
        self._delayed: list[tuple[float, int, Task]] = []
        self._out: dict[str, Task] = {}
        self._tries: dict[str, int] = {}
        self._ends: dict[str, list[WorkerEnd]] = {}
        self._serial = 0
        ids = [task.id for task in self._waiting]
        if len(set(ids)) != len(ids):
            twice = next(task_id for task_id in ids if ids.count(task_id) > 1)
            raise GonogoError(f"two tasks are called {twice!r}")

    @property
    def finished(self) -> bool:
        """True once every task is settled or parked."""
        return not (self._waiting or self._delayed or self._out)

    @property
    def open_count(self) -> int:
        """How many tasks are neither settled nor parked."""
        return len(self._waiting) + len(self._delayed) + len(self._out)

    def peek(self, now: float) -> Task | None:
        """Return the task that would go out now, and leave it."""
        self._bring_due(now)
        return self._waiting[0] if self._waiting else None

    def take(self, now: float) -> Task | None:
        """Hand the next task out: nobody else gets it until it comes back."""
        task = self.peek(now)
        if task is not None:
            self._waiting.popleft()
            self._out[task.id] = task
        return task

    def next_due(self) -> float | None:
        """Return when the first delayed task may be tried again."""
        return self._delayed[0][0] if self._delayed else None

    def give_back(self, task: Task) -> None:
        """Take a task back to the front as if it had never gone out."""
        self._waiting.appendleft(self._out.pop(task.id))

    def settle(self, task: Task) -> Fate:
        """Record that a task needs nothing more."""
        del self._out[task.id]
        return Fate.SETTLED

    def try_again(self, task: Task, now: float) -> Fate:
        """Record that a task asked for another try: delayed, or parked where it had its tries."""
        self._tries[task.id] = self._tries.get(task.id, 0) + 1
        del self._out[task.id]
        worn_out = self._tries[task.id] > self._policy.retries or len(self.ends_of(task)) >= self._policy.poison
        if worn_out:
            return Fate.PARKED
        delay_s = self._policy.backoff_s * 2 ** (self._tries[task.id] - 1)
        self._serial += 1
        heapq.heappush(self._delayed, (now + delay_s, self._serial, task))
        return Fate.RETRIED

    def lost_worker(self, task: Task, end: WorkerEnd, now: float) -> Fate:
        """Record that a worker died with a task in its hands."""
        self._ends.setdefault(task.id, []).append(end)
        return self.try_again(task, now)

    def ends_of(self, task: Task) -> tuple[WorkerEnd, ...]:
        """Return how the workers ended that died with this task in their hands."""
        return tuple(self._ends.get(task.id, ()))

    def unfinished(self) -> tuple[Task, ...]:
        """Return the tasks that are neither settled nor parked, those in workers' hands first."""
        return (*self._out.values(), *self._waiting, *(task for _, _, task in sorted(self._delayed)))

    def _bring_due(self, now: float) -> None:
        while self._delayed and self._delayed[0][0] <= now:
            self._waiting.append(heapq.heappop(self._delayed)[2])
