"""What a simulated conversion came to, in figures and in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.jobs.window.sim_corpus import Simulated
from engine.units import counted, show_bytes, show_seconds


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a simulated conversion came to."""

    corpus: Simulated
    seconds: float
    done: int
    failed: int
    pending: int
    retried: int
    bytes_in: int
    bytes_out: int
    lowest_free_bytes: float
    """At any moment."""
    lowest_at_s: float
    free_at_end_bytes: float
    pauses: tuple[tuple[float, float], ...]
    """From when to when the disk guard held shards back while a worker was free, in seconds."""
    safety: str
    """Why it was stopped for safety; "" where it was not."""

    @property
    def paused_s(self) -> float:
        """Seconds in pauses."""
        return sum(until - since for since, until in self.pauses)

    @property
    def above_floor_bytes(self) -> float:
        """What the lowest moment had above the floor."""
        return self.lowest_free_bytes - self.corpus.floor_bytes

    def lines(self) -> Iterator[str]:
        """Say what it came to, for people."""
        yield f"{self.corpus}"
        told = f"{self.done:,} done, {self.failed:,} failed, {self.pending:,} pending, {self.retried:,} tried again"
        yield f"{show_seconds(self.seconds)}: {told}"
        low, at = show_bytes(self.lowest_free_bytes), show_seconds(self.lowest_at_s)
        yield f"lowest free space: {low} after {at}, {show_bytes(self.above_floor_bytes)} above the floor"
        longest = max((until - since for since, until in self.pauses), default=0.0)
        if self.pauses:
            held = f"{counted(len(self.pauses), 'time')}, {show_seconds(self.paused_s)} in all"
            yield f"the disk guard held shards back {held}, {show_seconds(longest)} at most"
        else:
            yield "the disk guard held nothing back"
        yield f"free at the end: {show_bytes(self.free_at_end_bytes)}"
        if self.safety:
            yield f"stopped for safety: {self.safety}"
