"""Who attends to a run from its first event to its last: the signals, or the run that it is a step of."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from engine.run.desk import Job
from engine.run.outcome import Outcome
from engine.run.signals import StopSignals


class Attention(Protocol):
    """Attends to one run."""

    def begun(self, run_id: str, job: Job) -> None:
        """Take up the job, before anything is asked or done."""

    def stopped_as(self) -> Outcome | None:
        """Return what the run ends as where a signal stopped it; None where none did."""

    def ending(self, hurry: Callable[[], object]) -> None:
        """Leave the job, whose summary is made; where somebody cannot wait for the end of the run, call ``hurry``."""


class BySignals:
    """Lets SIGINT and SIGTERM stop the job; one that comes at the run's end hurries that, and changes nothing else."""

    def __init__(self) -> None:
        self._job: Job | None = None
        self._signals = StopSignals(graceful=lambda _: self._stop(now=False), now=lambda _: self._stop(now=True))

    def begun(self, run_id: str, job: Job) -> None:
        """See :class:`Attention`."""
        del run_id
        self._job = job

    def stopped_as(self) -> Outcome | None:
        """See :class:`Attention`."""
        return self._signals.outcome

    def ending(self, hurry: Callable[[], object]) -> None:
        """See :class:`Attention`."""
        self._signals.hand_over(lambda _: hurry())

    def _stop(self, *, now: bool) -> None:
        if self._job is not None:
            self._job.stop(now=now)

    def __enter__(self) -> Self:
        self._signals.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._signals.__exit__(kind, error, trace)


class ByWindow:
    """Tells a window of the job that is its step; the window takes the signals, and tells of the step's end.

    Args:
        begun: called with the id of the step's run, and its job.
    """

    def __init__(self, begun: Callable[[str, Job], object]) -> None:
        self._begun = begun

    def begun(self, run_id: str, job: Job) -> None:
        """See :class:`Attention`."""
        self._begun(run_id, job)

    def stopped_as(self) -> Outcome | None:
        """See :class:`Attention`."""
        return None

    def ending(self, hurry: Callable[[], object]) -> None:
        """See :class:`Attention`."""
