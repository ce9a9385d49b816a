from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.crew.answers import State
from tests.faults.power.disks import FileSystem, copied, made, may_mount, mounted
from tests.faults.syscalls.conftest import Struck, struck
from tests.faults.syscalls.convert_struck import Order
from tests.faults.syscalls.judging import Judge
from tests.faults.tally import Tallies
from tests.recordings import cut, real_clips_48k, tar_bytes

__all__ = ["struck"]

SHARD = "shard_00000"


@dataclass(frozen=True)
class Yard:
    """A folder for images of disks, and the shard that is on each of them."""

    folder: Path
    convert: Struck
    original: bytes
    result: bytes
    numbers: Iterator[int] = field(default_factory=itertools.count)
    bases: dict[str, Path] = field(default_factory=dict)

    def base(self, system: FileSystem) -> Path:
        """Return the image of a disk at rest, with a corpus of one shard on it; not to be mounted itself."""
        if system.name not in self.bases:
            image = made(system, self.folder / f"{system.name}.img")
            with mounted(system, image, self.folder / "base") as disk:
                (disk / SHARD).mkdir()
                (disk / SHARD / "audio.tar").write_bytes(self.original)
            self.bases[system.name] = image
        return self.bases[system.name]

    def fresh(self, image: Path) -> Path:
        """Copy an image."""
        return copied(image, self.folder / f"{next(self.numbers):05d}.img")

    def judge_of(self, tally: Tallies, harness: str, *, wanted: int, links: bool) -> Judge:
        line = tally(f"{harness}, {'links' if links else 'renames'}", wanted=wanted)
        return Judge(self.original, self.result, line, links)

    def judge(self, system: FileSystem, image: Path, judge: Judge, when: str) -> None:
        """Start the machine again: look, recover, look, convert, look."""
        judge.line.faults += 1
        with mounted(system, image, self.folder / "again") as disk:
            shard = disk / SHARD
            judge.after_a_fault(shard, when, may_be_absent=True)
            self.convert(Order(str(shard), links=judge.links, convert=False))
            judge.after_a_fault(shard, f"{when}, and recovery")
            self.convert(Order(str(shard), links=judge.links))
            judge.at_the_end(shard, f"{when}, recovery and a clean run")


@pytest.fixture
def yard(quick_folder: Path, struck: Struck) -> Yard:
    """Skips where images cannot be mounted."""
    if os.geteuid() != 0:
        pytest.skip("mounting an image needs root")
    if not may_mount(quick_folder):
        pytest.skip("images cannot be mounted here")
    original = tar_bytes([cut(clip, 24_000, at=9_600) for clip in real_clips_48k(4)])
    shard = quick_folder / "undisturbed"
    shard.mkdir()
    (shard / "audio.tar").write_bytes(original)
    ended = struck(Order(str(shard)))
    assert ended.result is not None
    assert ended.result.state is State.DONE, ended.result
    result = (shard / "audio.tar").read_bytes()
    shutil.rmtree(shard)
    return Yard(quick_folder, struck, original, result)
