"""File systems and groups of processes that a test makes, and takes away again."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_MEMORY_GROUPS = Path("/sys/fs/cgroup/memory")


@contextlib.contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    """Mount something on a new folder; skips where that is not allowed."""
    folder.mkdir()
    done = subprocess.run(["mount", *options, folder], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextlib.contextmanager
def image(folder: Path, make: tuple[str, ...], size_mb: int, options: str = "loop") -> Iterator[Path]:
    """Mount a new file system that lies in a file."""
    file = folder.with_suffix(".img")
    with file.open("wb") as out:
        out.truncate(size_mb << 20)
    try:
        subprocess.run([*make, file], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip(f"{make[0]} is not installed")
    with mounted(folder, "-o", options, str(file)) as place:
        yield place


def break_ext4(folder: Path) -> None:
    """Make an ext4 file system find a fault in itself: with ``errors=remount-ro`` it is read-only from then on."""
    device = folder.stat().st_dev
    name = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").resolve().name
    Path(f"/sys/fs/ext4/{name}/trigger_fs_error").write_text("a test")


def fill(folder: Path) -> Path:
    """Take all the room of a file system, what it keeps back for root too; by the megabyte first, then by the byte."""
    ballast = folder / "ballast.bin"
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        for size in (1 << 20, 1 << 16, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    os.write(descriptor, bytes(size))
                    os.fsync(descriptor)  # room that is only promised is taken now
    finally:
        os.close(descriptor)
    return ballast


def fill_inodes(folder: Path) -> Path:
    """Take all names that a file system has left."""
    ballast = folder / "ballast"
    ballast.mkdir()
    with contextlib.suppress(OSError):
        for number in range(100_000):
            (ballast / str(number)).touch()
    return ballast


@contextlib.contextmanager
def memory_group(name: str, limit_bytes: int) -> Iterator[Path]:
    """Make a group of processes with a memory limit; skips where the kernel has none to give."""
    group = _MEMORY_GROUPS / name
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(limit_bytes))
    except OSError as error:
        pytest.skip(f"no memory group can be made here: {error}")
    try:
        yield group
    finally:
        for _ in range(100):  # its last member is being reaped
            with contextlib.suppress(OSError):
                group.rmdir()
                break
            time.sleep(0.05)


def kill_by_memory(group: Path, pid: int) -> None:
    """Put a process into the group: what it asks for from now on counts, and the next little is too much."""
    with contextlib.suppress(ProcessLookupError):
        (group / "cgroup.procs").write_text(str(pid))


def oom_kills(group: Path) -> int:
    """How many processes of a group the kernel has killed for want of memory."""
    lines = (group / "memory.oom_control").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
