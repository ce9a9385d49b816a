"""What is simulated: a corpus of so many shards, the machine that converts it, and the numbers drawn for each shard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import UsageError
from engine.units import counted, show_bytes

SOURCE = "final-export"


@dataclass(frozen=True, slots=True)
class Simulated:
    """A corpus and a machine; the runbook's, where nobody says otherwise. Sizes in bytes, times in seconds."""

    shards: int = 3551
    shard_bytes: float = 3.3e9
    """In the mean."""
    size_spread: float = 0.1
    """Standard deviation of the sizes' logarithm."""
    workers: int = 32
    worker_bytes_per_s: float = 33.9e6
    """What one worker converts while the disk is not the limit: 32 of them take 3 hours for the runbook's corpus."""
    pace_spread: float = 0.1
    """Standard deviation of the logarithm of the time that a byte takes, from shard to shard."""
    disk_bytes_per_s: float | None = None
    """What the disk lets all workers read together; None where it is never the limit."""
    written_share: float = 1 / 3
    """Bytes written for each byte read: 48 to 16 kHz."""
    fail_share: float = 0.0
    """Of attempts that fail, each at any point of its shard."""
    retries: int = 2
    """As ``[convert] retries``."""
    free_bytes: float = 1.2e12
    """On the volume, at the start."""
    floor_bytes: float = 10e9
    """As ``[convert] floor``."""
    floor_wait_s: float = 600.0
    """As ``[convert] floor_wait``."""
    keep_backups: int = 0
    """As ``[convert] keep_backups``."""
    look_every_s: float = 0.5
    """How often a conversion asks the volume for its free space; 0 for at any moment."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            UsageError: when a number is out of its bounds.
        """
        least = {"shards": 1, "workers": 1, "retries": 0, "keep_backups": 0, "size_spread": 0, "pace_spread": 0}
        least |= {"free_bytes": 0, "floor_bytes": 0, "floor_wait_s": 0, "look_every_s": 0, "fail_share": 0}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise UsageError(f"{name} = {getattr(self, name)}: wanted {bound} or more")
        above = {"shard_bytes": self.shard_bytes, "worker_bytes_per_s": self.worker_bytes_per_s}
        above |= {"written_share": self.written_share}
        above |= {} if self.disk_bytes_per_s is None else {"disk_bytes_per_s": self.disk_bytes_per_s}
        for name, value in above.items():
            if value <= 0:
                raise UsageError(f"{name} = {value}: wanted more than nothing")
        if self.fail_share >= 1:
            raise UsageError(f"fail_share = {self.fail_share}: wanted less than 1")
        if self.written_share > _WRITTEN_MOST:
            raise UsageError(f"written_share = {self.written_share}: wanted at most a half, which is what is reserved")

    def __str__(self) -> str:
        """Say what it is, in words."""
        rate = f"{counted(self.workers, 'worker')} at {show_bytes(self.worker_bytes_per_s)}/s each"
        room = f"{show_bytes(self.free_bytes)} free, floor {show_bytes(self.floor_bytes)}"
        return f"{counted(self.shards, 'shard')} of {show_bytes(self.shard_bytes)}, {rate}, {room}"


_WRITTEN_MOST = 0.5
"""The disk guard reserves half of a shard that nobody has opened."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The numbers of each shard, in the order in which they are handed out."""

    ids: list[str]
    sizes: list[int]
    """Bytes of the original."""
    outs: list[int]
    """Bytes of what is made of it."""
    works: list[float]
    """What it takes, as bytes of a shard of the mean pace."""
    fails: list[tuple[float, ...]]
    """For each attempt that fails, at which share of the work."""


def draw(corpus: Simulated) -> Drawn:
    """Draw the shards; the same seed draws the same, whatever the number of workers is."""
    rng = np.random.default_rng(corpus.seed)
    count = corpus.shards
    sizes = np.maximum(1, np.rint(corpus.shard_bytes * _around_one(rng, count, corpus.size_spread))).astype(np.int64)
    works = sizes * _around_one(rng, count, corpus.pace_spread)
    outs = np.maximum(1, np.rint(sizes * corpus.written_share)).astype(np.int64)
    attempts = corpus.retries + 1
    struck = rng.random((count, attempts)) < corpus.fail_share
    struck &= np.cumprod(struck, axis=1).astype(bool)  # the first attempt that does not fail is the last
    where = rng.random((count, attempts))
    fails = [tuple(where[row, :hits].tolist()) if hits else () for row, hits in enumerate(struck.sum(axis=1).tolist())]
    ids = [f"{SOURCE}/shard_{number:06d}" for number in range(count)]
    return Drawn(ids, sizes.tolist(), outs.tolist(), works.tolist(), fails)


def _around_one(rng: np.random.Generator, count: int, spread: float) -> NDArray[np.float64]:
    """Draw factors that are 1 in the mean, with this standard deviation of their logarithm."""
    return np.exp(rng.normal(-spread * spread / 2, spread, count))
