"""What single processes use, as the kernel counts it (proc_pid_stat(5))."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_STATE, _USER_TICKS, _SYSTEM_TICKS, _RESIDENT_PAGES = 0, 11, 12, 21
"""Places in /proc/PID/stat after the program's name, which may hold blanks and brackets itself."""


@dataclass(frozen=True, slots=True)
class ProcessUse:
    """What one process has used until now."""

    cpu_s: float
    """User and system time of all its threads."""
    resident_bytes: int
    """Memory that is its own or shared, in RAM."""
    in_disk_wait: bool
    """It waits for a disk, or a network volume, and cannot be interrupted."""


def use_of(pid: int, proc: Path = _PROC) -> ProcessUse | None:
    """Ask the kernel (20 microseconds); None for a process that is gone, or on a system that does not tell."""
    try:
        text = (proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return parse_use(text)


def parse_use(text: str) -> ProcessUse | None:
    r"""Read the line of one process; None where it is none.

    >>> parse_use("7 (a) b) D 1 1 1 0 -1 0 0 0 0 0 50 25 0 0 20 0 1 0 9 4096 3").in_disk_wait
    True
    """
    fields = text.rpartition(")")[2].split()
    if len(fields) <= _RESIDENT_PAGES:
        return None
    try:
        ticks = int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS])
        pages = int(fields[_RESIDENT_PAGES])
    except ValueError:
        return None
    return ProcessUse(
        cpu_s=ticks / os.sysconf("SC_CLK_TCK"),
        resident_bytes=pages * os.sysconf("SC_PAGE_SIZE"),
        in_disk_wait=fields[_STATE] == "D",
    )
