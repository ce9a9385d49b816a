"""The host of a run: processors, memory, and room on the volume that checkpoints go to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.host.disk import free_bytes, volume_bytes
from engine.host.facts import usable_cpus, usable_memory_bytes


@dataclass(frozen=True, slots=True)
class HostLook:
    """What the host said at one moment."""

    cpu_percent: float | None
    """Of all processors since the last look; None at the first one, which has nothing to compare with."""
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

    def look(self) -> HostLook:
        """Look now; waits for nothing."""
        import psutil  # noqa: PLC0415  # the console starts without it

        memory, limit = psutil.virtual_memory(), usable_memory_bytes()
        free, volume = self._disk()
        return HostLook(
            cpu_percent=self._busy(),
            cpus=usable_cpus(),
            memory_used_bytes=min(memory.total - memory.available, limit),
            memory_bytes=min(memory.total, limit),
            swap_used_bytes=psutil.swap_memory().used,
            disk_free_bytes=free,
            disk_bytes=volume,
        )

    def _busy(self) -> float | None:
        import psutil  # noqa: PLC0415  # as above

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
