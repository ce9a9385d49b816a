"""What the whole machine did between two moments: idle processors, waits for disks (proc(5), Linux's PSI)."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self

_PROC: Final = Path("/proc")
_IDLE, _IOWAIT = 3, 4
"""Places in the line ``cpu`` of /proc/stat, after its name."""


@dataclass(frozen=True, slots=True)
class Load:
    """How loaded a machine was, as shares of the time between two moments."""

    idle: float
    """Of the processors that may be used: idle, and nothing waited for a disk."""
    iowait: float
    """Of them: idle, and something waited for a disk."""
    io_stalled: float
    """Of the time: every process that had something to do waited for a disk (PSI, ``io`` ``full``)."""
    io_waiting: float = 0.0
    """Of the time: at least one waited for a disk, whatever others did meanwhile (PSI, ``io`` ``some``)."""

    @property
    def spare(self) -> float:
        """The share of the processors that computed nothing."""
        return min(1.0, self.idle + self.iowait)


@dataclass(frozen=True, slots=True)
class Counters:
    """What the kernel had counted at one moment, in seconds; zeros where it does not tell."""

    at_s: float
    idle_s: float
    iowait_s: float
    io_stalled_s: float
    io_waiting_s: float = 0.0

    @classmethod
    def read(cls, proc: Path = _PROC) -> Self:
        """Ask the kernel."""
        idle, iowait = parse_stat(_text(proc / "stat"))
        tick_s = 1 / os.sysconf("SC_CLK_TCK")
        pressure = _text(proc / "pressure" / "io")
        stalled, waiting = (parse_pressure(pressure, kind) for kind in ("full", "some"))
        return cls(time.monotonic(), idle * tick_s, iowait * tick_s, stalled, waiting)

    def since(self, before: Counters, usable_cpus: int) -> Load:
        """Return the load between two moments.

        Args:
            before: the earlier one.
            usable_cpus: how many processors count; idle ones beyond these are not ours to use.
        """
        lasted = max(self.at_s - before.at_s, 1e-9)
        iowait = _share((self.iowait_s - before.iowait_s) / (lasted * usable_cpus))
        idle = _share((self.idle_s - before.idle_s) / (lasted * usable_cpus))
        stalled = _share((self.io_stalled_s - before.io_stalled_s) / lasted)
        waiting = _share((self.io_waiting_s - before.io_waiting_s) / lasted)
        return Load(min(idle, 1.0 - iowait), iowait, stalled, waiting)


def parse_stat(text: str) -> tuple[int, int]:
    """Read the ticks that all processors were idle, and idle while something waited for a disk.

    >>> parse_stat("cpu  10 0 5 300 20 0 0 0 0 0")
    (300, 20)
    """
    fields = text.partition("\n")[0].split()[1:]
    if len(fields) <= _IOWAIT or not all(field.isdigit() for field in fields):
        return 0, 0
    return int(fields[_IDLE]), int(fields[_IOWAIT])


def parse_pressure(text: str, kind: Literal["some", "full"]) -> float:
    r"""Read the seconds in which some or all stood still, from a file of /proc/pressure; 0 where there is none.

    >>> parse_pressure("some avg10=0.00 total=9000000\nfull avg10=0.00 total=2500000\n", "full")
    2.5
    """
    for line in text.splitlines():
        name, _, rest = line.partition(" ")
        total = rest.rpartition("total=")[2]
        if name == kind and total.isdigit():
            return int(total) / 1e6
    return 0.0


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""
