"""One count of steps out of an epoch and a place in it."""

from __future__ import annotations


class EpochSteps:
    """Turns epoch and batch into steps that never go back inside a run.

    With the number of batches in an epoch told (``Batch 10/998``) a step is ``(epoch - first) x batches + batch``,
    where the first epoch is 0 if an epoch 0 was seen, else 1. Without it the length of an epoch is learnt: the largest
    batch seen before the epoch changed is where the next epoch begins. A count that goes on growing when the epoch
    changes is one over the whole run already (``Epoch 20/20 | Step 15,964``) and is taken as it stands. Each epoch
    keeps the beginning it was given: after a resume the same epoch and batch are the same step again.
    """

    def __init__(self) -> None:
        self._begins: dict[int, int] = {}
        self._epoch: int | None = None
        self._largest = 0
        self._newest = 0
        self._first = 1
        self._ends: dict[int, int] = {}

    @property
    def newest(self) -> int:
        """The newest step; 0 before the first."""
        return self._newest

    def at(self, epoch: int, batch: int, batches: int | None = None) -> int:
        """Return the step of a batch, told with or without the number of batches in an epoch."""
        if epoch == 0:
            self._first = 0
        if batches and batch <= batches:
            self._begins[epoch] = (epoch - self._first) * batches
        elif epoch != self._epoch:
            self._enter(epoch, batch)
        if epoch != self._epoch:
            self._largest = 0
        self._epoch = epoch
        self._largest = max(self._largest, batch)
        begin = self._begins.setdefault(epoch, 0)
        self._newest = begin + batch
        end = begin + batches if batches and batch <= batches else self._newest
        self._ends[epoch] = max(end, self._ends.get(epoch, 0))
        return self._newest

    def end_of(self, epoch: int) -> int:
        """Return the step of an epoch's summary: where it ends, or the epoch itself where no batch was ever seen."""
        return self._ends.get(epoch, self._newest) if self._epoch is not None else epoch

    def _enter(self, epoch: int, batch: int) -> None:
        if epoch in self._begins or self._epoch is None:
            return
        before = self._begins[self._epoch]
        if epoch < self._epoch or batch > self._largest:
            self._begins[epoch] = before  # a count over the whole run, or an epoch from before this log began
        else:
            self._begins[epoch] = before + (epoch - self._epoch) * self._largest
