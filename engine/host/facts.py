"""This machine in facts, for run records and for choosing how many workers there shall be."""

from __future__ import annotations

import getpass
import importlib.metadata
import os
import platform
import socket
from collections.abc import Iterable
from pathlib import Path

import msgspec

_CGROUPS = Path("/sys/fs/cgroup")
_CGROUP_V1_UNLIMITED = 1 << 60
"""cgroup v1 writes "no limit" as a number of pages close to 2**63."""


class HostFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run ran."""

    hostname: str
    user: str
    boot_id: str
    """The kernel's id of this boot; empty where there is none."""
    kernel: str
    python: str
    cpus: int
    """What the machine has."""
    usable_cpus: int
    """What this process may use: affinity and container quota."""
    memory_bytes: int
    """What the machine has, or the container's limit where that is less."""


def host_facts() -> HostFacts:
    """Look at this machine."""
    uname = platform.uname()
    return HostFacts(
        hostname=socket.gethostname(),
        user=user_name(),
        boot_id=_text(Path("/proc/sys/kernel/random/boot_id")),
        kernel=f"{uname.system} {uname.release} {uname.machine}",
        python=platform.python_version(),
        cpus=os.cpu_count() or 1,
        usable_cpus=usable_cpus(),
        memory_bytes=usable_memory_bytes(),
    )


def package_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each distribution; those that are not installed are left out."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def usable_cpus() -> int:
    """Return how many processors this process may keep busy, at least 1; half a processor of quota counts as none."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota()
    return max(1, allowed if quota is None else min(allowed, int(quota)))


def cpu_quota(cgroups: Path = _CGROUPS) -> float | None:
    """Return the container's processor quota, in processors; None where there is none."""
    quotas = [
        quota for folder in _own_cgroups(cgroups) if (quota := parse_cpu_max(_text(folder / "cpu.max"))) is not None
    ]
    legacy = _text(cgroups / "cpu" / "cpu.cfs_quota_us"), _text(cgroups / "cpu" / "cpu.cfs_period_us")
    if all(legacy) and int(legacy[0]) > 0:
        quotas.append(int(legacy[0]) / int(legacy[1]))
    return min(quotas, default=None)


def parse_cpu_max(text: str) -> float | None:
    """Read cgroup v2's ``cpu.max``: quota and period in microseconds, or ``max``.

    >>> parse_cpu_max("150000 100000")
    1.5
    """
    parts = text.split()
    if len(parts) != 2 or not all(part.isdigit() for part in parts) or parts[1] == "0":
        return None
    return int(parts[0]) / int(parts[1])


def usable_memory_bytes(cgroups: Path = _CGROUPS) -> int:
    """Return the machine's memory, or the container's limit where that is less."""
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    texts = [_text(folder / "memory.max") for folder in _own_cgroups(cgroups)]
    texts.append(_text(cgroups / "memory" / "memory.limit_in_bytes"))
    limits += [int(text) for text in texts if text.isdigit() and int(text) < _CGROUP_V1_UNLIMITED]
    return min(limits)


def _own_cgroups(cgroups: Path) -> list[Path]:
    """Return the folders of our cgroup (v2) and of all above it: each one's limit holds for us."""
    entries = (line.split(":", 2) for line in _text(Path("/proc/self/cgroup")).splitlines())
    own = next((cgroups / path.lstrip("/") for number, _, path in entries if number == "0"), cgroups)
    return [folder for folder in (own, *own.parents) if folder.is_relative_to(cgroups)]


def user_name() -> str:
    """Return who is logged in; ``uid 1000`` where nobody gave the number a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's uid without a name
        return f"uid {os.getuid()}"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
