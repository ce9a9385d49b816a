"""The workers of a run, one line each: number, stage, share, pace, memory, shard."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.geometry import Region

from app.console.conversion.fitting import short_name
from app.console.conversion.paced import WorkerPaces
from app.console.look import inks
from app.console.pane import Lines, Part
from engine.crew.crew import Snapshot, WorkerNow
from engine.errors import printable
from engine.units import show_bytes

_BEFORE_SHARD: Final = 37
"""Columns of all that stands left of the shard."""


def caption(now: Snapshot) -> str:
    """Say how many workers are at work of how many, and who chose the number; why, the page of reasons tells."""
    busy = sum(bool(worker.shard) for worker in now.workers)
    return f"workers: {busy} busy of {now.workers_wanted}{' (auto)' if now.auto else ''}"


def worker_parts(worker: WorkerNow, pace: float | None, width: int) -> list[Part]:
    """Say what one worker is at."""
    number = f"{worker.worker:>3} "
    if not worker.shard:
        return [(number, ""), ("idle", inks.QUIET)]
    share = f"{worker.read_bytes / worker.of_bytes:4.0%}" if worker.of_bytes else ""
    speed = f"{show_bytes(pace)}/s" if pace else ""
    memory = show_bytes(worker.memory_bytes) if worker.memory_bytes else ""
    shard = short_name(printable(worker.shard), max(8, width - _BEFORE_SHARD))
    return [
        (number, ""),
        (f"{worker.stage:<8}", inks.ACTIVE),
        (f"{share:>4} {speed:>9} {memory:>8}  {shard}", ""),
    ]


class WorkerList(Lines):
    """One line a worker; the caption stays in sight."""

    HEADS: ClassVar[int] = 1

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self._now: Snapshot | None = None
        self._paces = WorkerPaces()
        self._drawn: list[list[Part]] = []

    def take(self, now: Snapshot | None) -> None:
        """Take what is known of this moment, as often as there is a look."""
        self._now = now
        if now is not None:
            self._paces.take(now)

    def show(self) -> None:
        """Draw what reads otherwise than before."""
        count, width = len(self._now.workers) if self._now is not None else 0, self.size.width
        top = int(self.scroll_offset.y)
        drawn = [self.head(0, width), *(self.parts(at, width) for at in range(top, min(count, top + self.size.height)))]
        before, self._drawn = self._drawn, drawn
        if count != self.count or len(before) != len(drawn):
            self.fill(count)
            return
        dirty = [
            Region(0, y, width, 1) for y, (one, other) in enumerate(zip(before, drawn, strict=True)) if one != other
        ]
        if dirty:
            self.refresh(*dirty)

    def head(self, y: int, width: int) -> list[Part]:
        """Draw the caption."""
        del y, width
        return [(caption(self._now) if self._now is not None else "workers: none", inks.STRONG)]

    def parts(self, at: int, width: int) -> list[Part]:
        """Draw one worker."""
        assert self._now is not None
        worker = self._now.workers[at]
        return worker_parts(worker, self._paces.of(worker.worker), width)

    def empty(self) -> str:
        """Say nothing: the caption does."""
        return ""
