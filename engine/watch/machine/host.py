"""The host of a run: processors, memory, and room on the volume that checkpoints go to."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.host.disk import free_bytes, volume_bytes
from engine.host.facts import usable_cpus, usable_memory_bytes

COUNTED_S: Final = 0.5
"""Processor time is told over so long at least: the kernel counts it in hundredths of a second, and over a few of
them a processor is either idle or busy."""
EACH_S: Final = 5.0
"""A look costs a third of a millisecond, and no figure of it is read by the second."""


@dataclass(frozen=True, slots=True)
class HostLook:
    """What the host said at one moment."""

    cpu_percent: float | None
    """Of all processors since the last look; None where nothing before it is :data:`COUNTED_S` old."""
    load: float | None
    """Processes that ran or waited to run, the mean of a minute (the load average); None where no system tells."""
    cpus: int
    """Processors that we may use."""
    memory_used_bytes: int
    memory_bytes: int
    """What there is, or the container's limit where that is less."""
    swap_used_bytes: int
    disk_free_bytes: int | None
    """On the volume of the checkpoints; None where nobody named it, or it does not answer."""
    disk_bytes: int | None


class HostReader:
    """Looks at the host again and again.

    Args:
        checkpoints: where checkpoints go; None where nobody said.
    """

    def __init__(self, checkpoints: Path | None = None) -> None:
        self._checkpoints = checkpoints
        self._cpu: tuple[float, float] | None = None
        self._counted_s = 0.0

    def look(self) -> HostLook:
        """Look now; waits for nothing."""
        import psutil  # noqa: PLC0415  # the console starts without it

        memory, limit = psutil.virtual_memory(), usable_memory_bytes()
        free, volume = self._disk()
        return HostLook(
            cpu_percent=self._busy(time.monotonic()),
            load=_load(),
            cpus=usable_cpus(),
            memory_used_bytes=min(memory.total - memory.available, limit),
            memory_bytes=min(memory.total, limit),
            swap_used_bytes=psutil.swap_memory().used,
            disk_free_bytes=free,
            disk_bytes=volume,
        )

    def _busy(self, at_s: float) -> float | None:
        import psutil  # noqa: PLC0415  # as above

        if self._cpu is not None and at_s - self._counted_s < COUNTED_S:
            return None
        self._counted_s = at_s
        times = psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0.0)
        # A guest's time is in the user's already.
        whole = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        before, self._cpu = self._cpu, (idle, whole)
        if before is None or whole <= before[1]:
            return None
        return max(0.0, min(100.0, 100 * (1 - (idle - before[0]) / (whole - before[1]))))

    def _disk(self) -> tuple[int | None, int | None]:
        if self._checkpoints is None:
            return None, None
        try:
            return free_bytes(self._checkpoints), volume_bytes(self._checkpoints)
        except OSError:  # a network volume that went away: unknown, and the checkpoints' own look says why
            return None, None


class HostGauge:
    """Looks at the host on a pace of its own; no rule judges it.

    Args:
        reader: looks now.
    """

    def __init__(self, reader: HostReader) -> None:
        self._reader = reader
        self._next_s = 0.0
        self.newest: HostLook | None = None
        """What the host said last; None before the first look."""

    def look(self) -> None:
        """Look where it is time to: soon again where processor time is not known yet."""
        if time.monotonic() >= self._next_s:
            self.newest = self._reader.look()
            # From here on, not from before the look: counted from then, the next one could come too early to tell.
            self._next_s = time.monotonic() + (COUNTED_S if self.newest.cpu_percent is None else EACH_S)


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except (OSError, AttributeError):  # a system without it
        return None
