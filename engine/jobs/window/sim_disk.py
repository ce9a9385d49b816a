"""The simulated volume: what is free at any moment while many workers write at once, and the lowest it ever was.

Work advances for all workers alike, so everything is linear in it: written bytes are ``slope * work - offset``, with
the sums over all workers kept as shards come and go. Between two events nothing but writing happens, so the lowest
moment is always just before one.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.convert.guard import Room, reserve_for, still_to_write, why_not
from engine.crew.answers import Progress


@dataclass(frozen=True, slots=True)
class Writer:
    """A shard whose tar is being written, evenly over the work from ``since`` to ``until``."""

    since: float
    until: float
    out_bytes: int

    @property
    def slope(self) -> float:
        """Bytes for each unit of work."""
        return self.out_bytes / (self.until - self.since)


class Disk:
    """One volume.

    Args:
        free_bytes: at the start.
        floor_bytes: never to be undercut.
    """

    def __init__(self, free_bytes: float, floor_bytes: float) -> None:
        self.floor = int(floor_bytes)
        self.lowest = free_bytes
        self.lowest_at_s = 0.0
        self.seen = free_bytes
        """Free at the last look."""
        self._base = free_bytes
        """Free, if nobody was writing."""
        self._slope = self._offset = 0.0
        self._to_write = 0
        """Of all writers, from first to last byte."""
        self._reserved = 0
        """For shards in hand that have not told what they will write."""
        self._writers = 0

    def free(self, work: float) -> float:
        """Return what is free once so much work is done."""
        return self._base - self._written(work)

    def _written(self, work: float) -> float:
        return max(0.0, self._slope * work - self._offset)

    def note(self, work: float, at_s: float) -> None:
        """Learn that the clock has come to an event: was it ever lower?"""
        free = self.free(work)
        if free < self.lowest:
            self.lowest, self.lowest_at_s = free, at_s

    def look(self, work: float) -> None:
        """Ask what is free, as a conversion does twice a second."""
        self.seen = self.free(work)

    def reserve(self, size_bytes: int) -> None:
        """Learn that a shard was handed out."""
        self._reserved += reserve_for(size_bytes)

    def unreserve(self, size_bytes: int) -> None:
        """Learn that a shard that was handed out has told what it will write, or is back."""
        self._reserved -= reserve_for(size_bytes)

    def begin(self, writer: Writer) -> None:
        """Learn that a shard's tar is begun."""
        self._writers += 1
        self._slope += writer.slope
        self._offset += writer.slope * writer.since
        self._to_write += writer.out_bytes

    def end(self, writer: Writer, *, gives_bytes: int) -> None:
        """Learn that a tar is whole, or deleted again.

        Args:
            writer: its shard.
            gives_bytes: what the volume has more of then than before the tar was begun; negative for less.
        """
        self._writers -= 1
        self._slope -= writer.slope
        self._offset -= writer.slope * writer.since
        self._to_write -= writer.out_bytes
        self._base += gives_bytes
        if not self._writers:
            self._slope = self._offset = 0.0  # what rounding left over

    def give(self, size_bytes: int) -> None:
        """Learn that a kept original is let go."""
        self._base += size_bytes

    def why_not(self, work: float, size_bytes: int) -> str | None:
        """Ask the conversion's own guard whether a shard may start now; it goes by the last look."""
        written = int(self._written(work))
        told = Progress(task="", stage="", to_write_bytes=self._to_write, written_bytes=written)
        running = still_to_write(self._reserved, None) + still_to_write(0, told)
        return why_not(Room(int(self.seen), self.floor), running, reserve_for(size_bytes))
