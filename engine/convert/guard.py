"""The disk guard: may one more shard start, now? Pure; somebody else asks the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from engine.crew.answers import Progress
from engine.units import show_bytes


@dataclass(frozen=True, slots=True)
class Room:
    """One volume at one moment."""

    free_bytes: int
    floor_bytes: int
    """Never to be undercut."""


class InHand:
    """The shards that a look at the disk does not know the last of: each with its progress as of that look.

    What was written since is not in the free space that the look found, be the shard still in a worker's hands or
    done meanwhile. So both count, as they stood then, until the next look.
    """

    def __init__(self) -> None:
        self._as_of_look: dict[str, Progress | None] = {}

    def take(self, task: str) -> None:
        """Learn that a worker has a shard."""
        self._as_of_look[task] = None

    def look(self, now: Mapping[str, Progress | None]) -> Callable[[], None]:
        """Learn, before the disk is asked, where the shards in hand are; call the result when it has answered."""
        before, now = set(self._as_of_look), dict(now)

        def answered() -> None:
            since = {task: None for task in self._as_of_look if task not in before}
            self._as_of_look = {**now, **since}

        return answered

    def __iter__(self) -> Iterator[tuple[str, Progress | None]]:
        """Yield each shard with its progress as of the last look; None where it had not told any."""
        return iter(self._as_of_look.items())


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
