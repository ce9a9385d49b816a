"""The arithmetic of one trial: from the stints of its workers to throughput, utilisation and CPU cost. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from engine.convert.tasks import Measured

_WINDOW_SHARE = 0.5
"""Where all workers were at work for less than half of a trial, the whole trial is taken: better uneven than short."""


@dataclass(frozen=True, slots=True)
class Stint:
    """One shard in one worker's hands, on the engine's monotonic clock."""

    worker: int
    start_s: float
    end_s: float
    bytes_in: int
    measured: Measured


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What so many workers did, and what it took."""

    workers: int
    wall_s: float
    bytes_in: float
    mb_per_s: float
    """Of input, in millions of bytes."""
    cpu_s_per_gb: float
    """CPU seconds of the workers for 10**9 bytes of input."""
    utilisation: float
    """CPU seconds over wall seconds times workers times their threads: 1 when each keeps a core busy."""
    in_hand: float
    """The share of the workers' time in which they had a shard; the rest they waited for orders."""
    on_cpu: float
    """The share of that time in which they computed, each thread for itself."""
    cpu_wait: float
    """The share in which they were ready, and others had the CPUs."""
    stages: dict[str, float]
    """The share of each stage: read (headers), convert, sync (fsync), verify."""
    disk_read_bytes: float
    disk_written_bytes: float
    threads: int = 1
    """Of each worker."""
    rounds: int = 1
    """Repetitions of which these figures are the medians."""
    spread: float = 0.0
    """How far apart they lie: half of the range of ``mb_per_s``, as a share of its median."""

    @property
    def waiting(self) -> float:
        """The share of their time with a shard in which they neither computed nor queued for a CPU: the disk's."""
        return max(0.0, 1.0 - self.on_cpu - self.cpu_wait)


def window(stints: Sequence[Stint], workers: int) -> tuple[float, float]:
    """Return from when to when all workers were at work.

    The start, when some still load their libraries, and the end, when some have nothing left to do, say nothing of
    the pace in between.
    """
    whole = min(stint.start_s for stint in stints), max(stint.end_s for stint in stints)
    by_worker: dict[int, list[Stint]] = {}
    for stint in stints:
        by_worker.setdefault(stint.worker, []).append(stint)
    if len(by_worker) < workers:
        return whole
    start = max(min(stint.start_s for stint in own) for own in by_worker.values())
    end = min(max(stint.end_s for stint in own) for own in by_worker.values())
    return (start, end) if end - start >= _WINDOW_SHARE * (whole[1] - whole[0]) else whole


def weigh(stints: Sequence[Stint], workers: int, threads: int = 1) -> Figures:
    """Sum up a trial; a shard that was in hand across an edge of the window counts by its share of the time.

    Args:
        stints: at least one.
        workers: how many there were to be.
        threads: how many each could use.
    """
    start, end = window(stints, workers)
    wall = max(end - start, 1e-9)
    weighed = [(_share(stint, start, end), stint) for stint in stints]
    bytes_in = sum(share * stint.bytes_in for share, stint in weighed)
    cpu = sum(share * stint.measured.cpu_s for share, stint in weighed)
    held = max(sum(share * (stint.end_s - stint.start_s) for share, stint in weighed), 1e-9)
    stages: dict[str, float] = {}
    for share, stint in weighed:
        for stage, seconds in stint.measured.stages.items():
            stages[stage] = stages.get(stage, 0.0) + share * seconds
    return Figures(
        workers=workers,
        wall_s=wall,
        bytes_in=bytes_in,
        mb_per_s=bytes_in / wall / 1e6,
        cpu_s_per_gb=cpu / bytes_in * 1e9 if bytes_in else 0.0,
        utilisation=cpu / (wall * workers * threads),
        in_hand=held / (wall * workers),
        on_cpu=cpu / (held * threads),
        cpu_wait=sum(share * stint.measured.cpu_wait_s for share, stint in weighed) / held,
        stages={stage: seconds / held for stage, seconds in stages.items()},
        disk_read_bytes=sum(share * stint.measured.disk_read_bytes for share, stint in weighed),
        disk_written_bytes=sum(share * stint.measured.disk_written_bytes for share, stint in weighed),
        threads=threads,
    )


def _share(stint: Stint, start: float, end: float) -> float:
    lasted = stint.end_s - stint.start_s
    if lasted <= 0:
        return 1.0 if start <= stint.start_s <= end else 0.0
    return max(0.0, min(stint.end_s, end) - max(stint.start_s, start)) / lasted
