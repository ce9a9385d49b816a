"""What each GPU says of itself, in one line: how busy, how hot, its power, its memory, and who holds it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from engine.errors import printable
from engine.host.gpu import Gpu, GpuProcess
from engine.units import counted, show_bytes
from engine.watch.machine.gpu_rules import SLOWDOWNS

_INITIAL_NAMESPACE: Final = 0xEFFFFFFC
"""The inode of the first process namespace (PROC_PID_INIT_INO, linux/proc_ns.h): in any other, the driver's numbers
name other processes than ours."""
_SHOWN: Final = 4
"""Processes named; more are counted."""


def gpu_line(gpu: Gpu, program_of: Callable[[int], str]) -> str:
    """Say how one GPU is, the name of its model last, for that never changes."""
    ecc = gpu.ecc_uncorrected
    told = [
        "utilisation not told" if gpu.utilisation_percent is None else f"{gpu.utilisation_percent} % busy",
        "" if gpu.temperature_c is None else f"{gpu.temperature_c} °C",
        _power(gpu),
        _memory(gpu),
        _throttles(gpu.throttles or ()),
        "" if ecc is None else f"{counted(ecc, 'memory error') if ecc else 'no memory error'}",
        _holders(gpu.processes, program_of),
        gpu.name,
    ]
    return f"GPU {gpu.index}: {', '.join(filter(None, told))}"


def program_of(pid: int, proc: Path = Path("/proc")) -> str:
    """Return the name of the driver's process; "" where its numbers are not ours, or it is gone."""
    try:
        if (proc / "self" / "ns" / "pid").stat().st_ino != _INITIAL_NAMESPACE:
            return ""
        return printable((proc / str(pid) / "comm").read_text(errors="replace").strip())
    except OSError:
        return ""


def _throttles(reasons: Sequence[str]) -> str:
    """A cap that is reached is how a GPU at full load works, and held back by nothing else."""
    others = [reason for reason in reasons if reason in SLOWDOWNS]
    told = ["at its power cap"] if len(others) < len(reasons) else []
    return ", ".join([*told, *([f"held back by {' and '.join(others)}"] if others else [])])


def _power(gpu: Gpu) -> str:
    if gpu.power_w is None:
        return ""
    return f"{gpu.power_w:.0f} W" + ("" if gpu.power_limit_w is None else f" of {gpu.power_limit_w:.0f} W")


def _memory(gpu: Gpu) -> str:
    if gpu.memory_used_bytes is None or gpu.memory_total_bytes is None:
        return "memory not told"
    return f"memory {show_bytes(gpu.memory_used_bytes)} of {show_bytes(gpu.memory_total_bytes)}"


def _holders(processes: Sequence[GpuProcess] | None, named: Callable[[int], str]) -> str:
    if processes is None:
        return "processes not told"
    if not processes:
        return "no process computes on it"
    told = [_holder(one, named(one.pid)) for one in processes[:_SHOWN]]
    more = f" and {len(processes) - _SHOWN} more" if len(processes) > _SHOWN else ""
    return f"held by {' and '.join(told)}{more}"


def _holder(one: GpuProcess, name: str) -> str:
    size = "" if one.memory_bytes is None else f" with {show_bytes(one.memory_bytes)}"
    return f"process {one.pid}{f' ({name})' if name else ''}{size}"
