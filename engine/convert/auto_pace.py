"""The pace of a conversion over stretches of time, from the shards that were in hand in them. Pure: times are told.

A shard's bytes are spread evenly over the time in which a worker had it. So a stretch ends, where it can, when the
oldest shard in hand now was handed out: of all that was in hand before, it is known how long it took. Only where shards
take minutes does a stretch end now, and those in hand count by their own progress.

Whatever disturbs a stretch (a pause, a failure, another number of workers) begins it anew.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from engine.crew.answers import Progress
from engine.host.load import Counters, Load

SHORTEST_S: Final = 10.0
"""Bursts of write-back and of other programs last seconds: a shorter stretch would measure one of them."""
LONGEST_S: Final = 60.0
"""Where shards take minutes, waiting for whole ones would take the run."""
SETTLING_S: Final = 20.0
"""Nobody waits longer than this for the shards that were in hand when the number of workers changed."""
READ_SHARE: Final = 0.7
"""Of a shard's time until its input is read: syncing and reading back take the rest (measured: 1,309 MB/s against 914).
"""

_BEFORE: Final = ("", "recover", "read")
"""Stages in which nothing of the input is converted yet."""


@dataclass(frozen=True, slots=True)
class Window:
    """One stretch of undisturbed work."""

    workers: int
    seconds: float
    bytes_per_s: float
    """Of input."""
    load: Load


def done_of(size_bytes: int, progress: Progress) -> float:
    """Return how many bytes of a shard in hand count as done with."""
    if progress.stage in _BEFORE:
        return 0.0
    if progress.stage != "convert":
        return READ_SHARE * size_bytes
    return READ_SHARE * size_bytes * min(1.0, progress.read_bytes / max(progress.of_bytes, 1))


@dataclass(slots=True)
class _Held:
    """One shard in a worker's hands."""

    from_s: float
    size_bytes: int
    done_bytes: float = 0.0
    to_s: float = 0.0

    def within(self, start_s: float, end_s: float) -> float:
        """Return the bytes of it that fall into a stretch; it ended, or is looked at, at ``to_s``."""
        lasted = self.to_s - self.from_s
        share = max(0.0, min(self.to_s, end_s) - max(self.from_s, start_s)) / lasted if lasted > 0 else 0.0
        return share * self.done_bytes


@dataclass(slots=True)
class Pace:
    """What is and was in hand, and the stretch under way; every time is the caller's monotonic clock, in seconds."""

    usable_cpus: int
    _held: dict[str, _Held] = field(default_factory=dict)
    _ended: deque[_Held] = field(default_factory=deque)
    """Those that end within the stretch under way, or may."""
    _changed_s: float = 0.0
    _taken: int = 0
    """Shards that were handed out since the number of workers changed."""
    _before: Counters | None = None
    """As the stretch began; None where it has yet to."""
    _start_s: float = 0.0

    def take(self, shard: str, size_bytes: int, at_s: float) -> None:
        """Note that a worker has a shard."""
        self._held[shard] = _Held(at_s, size_bytes)
        self._taken += 1

    def advance(self, shard: str, progress: Progress) -> None:
        """Note how far a worker is."""
        held = self._held.get(shard)
        if held is not None:
            held.done_bytes = max(held.done_bytes, done_of(held.size_bytes, progress))

    def finish(self, shard: str, at_s: float) -> None:
        """Note that a shard is converted."""
        held = self._held.pop(shard, None)
        if held is not None:
            held.done_bytes, held.to_s = held.size_bytes, at_s
            self._ended.append(held)

    def lose(self, shard: str) -> None:
        """Note that a shard came back otherwise; where part of it was converted, that was not its worker's usual."""
        held = self._held.pop(shard, None)
        if held is not None and held.done_bytes:
            self.disturb()

    def disturb(self) -> None:
        """Begin the stretch anew."""
        self._before = None

    def change(self, at_s: float) -> None:
        """Note that another number of workers is wanted from now on."""
        self._changed_s, self._taken = at_s, 0
        self.disturb()

    def look(self, now: Counters, wanted: int) -> Window | None:
        """Return a stretch that is over; None where it goes on, or has yet to begin."""
        if self._before is None:
            if self._is_settled(now.at_s, wanted):
                self._begin(now, now.at_s)
            return None
        end_s = min((held.from_s for held in self._held.values()), default=now.at_s)
        ended = sum(held.to_s > self._start_s for held in self._ended)
        if end_s - self._start_s < SHORTEST_S or ended < wanted:
            end_s = now.at_s
            if end_s - self._start_s < LONGEST_S:
                return None
        lasted = end_s - self._start_s
        pace = self._bytes_until(end_s, now.at_s) / lasted
        load = now.since(self._before, self.usable_cpus)
        self._begin(now, end_s)
        return Window(wanted, lasted, pace, load)

    def _begin(self, now: Counters, start_s: float) -> None:
        self._before, self._start_s = now, start_s
        while self._ended and self._ended[0].to_s <= start_s:
            self._ended.popleft()

    def _bytes_until(self, end_s: float, now_s: float) -> float:
        for held in self._held.values():
            held.to_s = now_s
        return sum(held.within(self._start_s, end_s) for held in (*self._ended, *self._held.values()))

    def _is_settled(self, at_s: float, wanted: int) -> bool:
        """Tell whether all workers that are wanted are at work, and on shards that they got as so many."""
        if len(self._held) > wanted:
            return False
        oldest_s = min((held.from_s for held in self._held.values()), default=at_s)
        if at_s - self._changed_s >= SETTLING_S and len(self._held) == wanted:
            return True
        return self._taken >= wanted and oldest_s >= self._changed_s
