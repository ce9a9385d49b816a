"""File systems in a file, mounted by way of a loop device, and taken away again whatever happens."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.app.program import until

GOINGDOWN = 0x8004587D
"""``XFS_IOC_GOINGDOWN``, which ext4 knows as well: from now on nothing reaches the disk."""
READY_S = 20.0
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class FileSystem:
    """How one is made."""

    name: str
    make: tuple[str, ...]
    size_bytes: int
    """About the smallest that its maker accepts."""
    options: str = "rw"
    """For mount."""


EXT4 = FileSystem(
    "ext4",
    ("mkfs.ext4", "-q", "-F", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0"),
    16 * MEGABYTE,
    "noauto_da_alloc",
)
"""Nothing lazy: no writes of the kernel's own in between. And no rescue: by default ext4 writes a file's data out when
it is renamed over another, which would hide that an fsync is missing."""
XFS = FileSystem("xfs", ("mkfs.xfs", "-q", "-f"), 300 * MEGABYTE)
BTRFS = FileSystem("btrfs", ("mkfs.btrfs", "-q", "-f"), 128 * MEGABYTE)
EXFAT = FileSystem("exfat", ("mkfs.exfat",), 64 * MEGABYTE)


def run(*command: str | Path) -> str:
    """Run a program that has to come to a good end."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{' '.join(map(str, command))}: {ended.stderr}"
    return ended.stdout


def made(system: FileSystem, image: Path) -> Path:
    """Make an empty file system in a file; skips where its maker is not installed."""
    if shutil.which(system.make[0]) is None:
        pytest.skip(f"{system.make[0]} is not installed")
    with image.open("wb") as out:
        out.truncate(system.size_bytes)
    run(*system.make, image)
    return image


def copied(image: Path, copy: Path) -> Path:
    """Copy an image with its holes, also one that is mounted: what the disk holds at this moment."""
    run("cp", "--sparse=always", image, copy)
    return copy


@contextlib.contextmanager
def mounted(system: FileSystem, source: Path | str, folder: Path) -> Iterator[Path]:
    """Mount an image, or a block device, for as long as the block lasts."""
    folder.mkdir(exist_ok=True)
    options = system.options if str(source).startswith("/dev/loop") else f"{system.options},loop"
    run("mount", "-o", options, source, folder)
    try:
        yield folder
    finally:
        _unmount(folder)


def _unmount(folder: Path) -> None:
    """Never leave a mount: where something holds it still, it goes when that is gone, and the test fails."""
    try:
        run("umount", folder)
    except AssertionError:
        run("umount", "--lazy", folder)
        raise


@contextlib.contextmanager
def looped(file: Path) -> Iterator[str]:
    """Give out a loop device that is this file."""
    device = run("losetup", "--find", "--show", file).strip()
    try:
        yield device
    finally:
        run("losetup", "--detach", device)


@contextlib.contextmanager
def exfat(image: Path, folder: Path) -> Iterator[Path]:
    """Mount an image by way of FUSE: few kernels that tests run on know exFAT themselves."""
    folder.mkdir(exist_ok=True)
    with looped(image) as device:
        run("mount.exfat-fuse", device, folder)
        try:
            yield folder
        finally:
            _unmount(folder)


@contextlib.contextmanager
def recorded(image: Path, log: Path, scratch: Path) -> Iterator[str]:
    """Give out a loop device whose every write and flush is written down in ``log``."""
    scratch.mkdir()
    plugin = Path(__file__).with_name("recording_disk.py")
    server = ["nbdkit", "python", str(plugin), f"image={image}", f"log={log}"]
    ready = scratch.with_suffix(".pid")
    fuse = subprocess.Popen(["nbdfuse", "--pidfile", ready, scratch / "disk", "[", *server, "]"])
    try:
        until(lambda: ready.exists() or fuse.poll() is not None, "nbdfuse")
        with looped(scratch / "disk") as device:
            yield device
    finally:
        run("fusermount3", "-u", "-z", scratch)
        fuse.wait(READY_S)
        ready.unlink(missing_ok=True)


def cut_power(folder: Path, flag: int) -> None:
    """Let nothing more reach the disk: 1 writes the journal out first but no data, 2 writes nothing."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.ioctl(descriptor, GOINGDOWN, struct.pack("I", flag))
    finally:
        os.close(descriptor)


def can_record() -> bool:
    """Whether the programs behind :func:`recorded` are installed."""
    if any(shutil.which(program) is None for program in ("nbdfuse", "nbdkit", "fusermount3")):
        return False
    return subprocess.run(["nbdkit", "python", "--dump-plugin"], capture_output=True, check=False).returncode == 0


def may_mount(folder: Path) -> bool:
    """Whether an image can be mounted here."""
    image = made(EXT4, folder / "probe.img")
    try:
        with mounted(EXT4, image, folder / "probe"):
            return True
    except AssertionError:
        return False
    finally:
        image.unlink()
