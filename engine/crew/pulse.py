"""A worker's pulse: where it is, that it is alive, and whether it may stop here."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.crew.answers import Progress
from engine.errors import GonogoError

_EVERY_S = 0.25
"""Four times a second is what an eye can use; each message costs the engine a wake-up."""


class StopRequestedError(GonogoError):
    """Raised at a safe point of a task when the worker has been asked to stop."""


class Pulse:
    """Counts what a task has done and tells of it at most four times a second."""

    def __init__(self, task: str, send: Callable[[Progress], None], stop_requested: Callable[[], bool]) -> None:
        self._task = task
        self._send = send
        self._stop_requested = stop_requested
        self._stage = ""
        self._may_stop = True
        self._read = self._of = self._written = 0
        self._to_write: int | None = None
        self._told_at = float("-inf")
        self._stages: dict[str, float] = {}
        self._entered_at = time.monotonic()

    def enter(self, stage: str, *, of_bytes: int = 0, may_stop: bool = True) -> None:
        """Begin a stage of the task; ``may_stop`` says whether the shard may be left as it is during it."""
        self._close_stage()
        self._stage, self._may_stop = stage, may_stop
        self._read, self._of = 0, of_bytes
        self._told_at = float("-inf")
        self.tick()

    def stages(self) -> dict[str, float]:
        """Return the seconds that each stage took so far, in the order in which they began."""
        self._close_stage()
        return dict(self._stages)

    def _close_stage(self) -> None:
        at = time.monotonic()
        if self._stage:
            self._stages[self._stage] = self._stages.get(self._stage, 0.0) + at - self._entered_at
        self._entered_at = at

    def will_write(self, size_bytes: int) -> None:
        """Say how much the converted tar is going to take."""
        self._to_write = size_bytes

    def advance(self, *, read: int = 0, written: int = 0) -> None:
        """Count bytes."""
        self._read += read
        self._written += written
        self.tick()

    def tick(self) -> None:
        """Tell the engine that this worker is alive, and stop if it asks for it.

        Raises:
            StopRequestedError: when the worker is to stop and this stage may be left.
        """
        if self._may_stop and self._stop_requested():
            raise StopRequestedError(self._stage)
        at = time.monotonic()
        if at - self._told_at < _EVERY_S:
            return
        self._told_at = at
        self._send(
            Progress(
                task=self._task,
                stage=self._stage,
                read_bytes=self._read,
                of_bytes=self._of,
                written_bytes=self._written,
                to_write_bytes=self._to_write,
            )
        )
