"""How fast each worker reads, from one look to the next: its snapshot tells only how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.crew.crew import Snapshot, WorkerNow

_OVER_S: Final = 2.0
"""A worker tells its progress four times a second; over less, its pace would flicker."""


@dataclass(frozen=True, slots=True)
class _Mark:
    at_s: float
    read_bytes: int


class WorkerPaces:
    """The pace of each worker in the stage that it is in."""

    def __init__(self) -> None:
        self._marks: dict[int, tuple[str, str, list[_Mark]]] = {}

    def take(self, now: Snapshot) -> None:
        """Take one look."""
        self._marks = {worker.worker: self._marked(worker, now.elapsed_s) for worker in now.workers}

    def _marked(self, worker: WorkerNow, at_s: float) -> tuple[str, str, list[_Mark]]:
        shard, stage, marks = self._marks.get(worker.worker, ("", "", []))
        if (shard, stage) != (worker.shard, worker.stage) or (marks and worker.read_bytes < marks[-1].read_bytes):
            marks = []  # it has begun anew
        marks = [*marks, _Mark(at_s, worker.read_bytes)]
        while len(marks) > 2 and at_s - marks[1].at_s >= _OVER_S:
            marks = marks[1:]
        return worker.shard, worker.stage, marks

    def of(self, worker: int) -> float | None:
        """Return a worker's bytes a second; None while nobody knows."""
        _, _, marks = self._marks.get(worker, ("", "", []))
        if len(marks) < 2 or marks[-1].at_s <= marks[0].at_s:
            return None
        return (marks[-1].read_bytes - marks[0].read_bytes) / (marks[-1].at_s - marks[0].at_s)
