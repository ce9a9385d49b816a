"""The disk guard: may one more shard start, now? Pure; somebody else asks the disk."""

from __future__ import annotations

from dataclasses import dataclass

from engine.crew.answers import Progress
from engine.units import show_bytes


@dataclass(frozen=True, slots=True)
class Room:
    """One volume at one moment."""

    free_bytes: int
    floor_bytes: int
    """Never to be undercut."""


def still_to_write(reserved_bytes: int, progress: Progress | None) -> int:
    """Return what a running worker may still write: its own reckoning once it has one, else what was reserved."""
    if progress is None or progress.to_write_bytes is None:
        return reserved_bytes
    return max(0, progress.to_write_bytes - progress.written_bytes)


def reserve_for(size_bytes: int) -> int:
    """Return what to reserve for a shard that nobody has opened yet: half of it, as FLAC can take in the worst case."""
    return size_bytes // 2 + 64 * 1024


def why_not(room: Room, running_bytes: int, wanted_bytes: int) -> str | None:
    """Return why a shard that writes ``wanted_bytes`` may not start beside the running ones; None when it may."""
    missing = room.floor_bytes + running_bytes + wanted_bytes - room.free_bytes
    if missing <= 0:
        return None
    return (
        f"{show_bytes(room.free_bytes)} free; wanted {show_bytes(room.floor_bytes)} for the floor, "
        f"{show_bytes(running_bytes)} for the running workers and {show_bytes(wanted_bytes)} for the next shard"
    )
