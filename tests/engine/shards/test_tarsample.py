"""Samples of large tars: sparse files with true headers, so that a tar of tens of megabytes takes milliseconds."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Literal

import pytest

from engine.shards.tar import Member, ReadAt, read_index
from engine.shards.tarsample import LEAST_PROBED_BYTES, Sample, find_header, sample_tar
from tests.recordings import member_block

PLACES = 14
Format = Literal[0, 1, 2]


def plant(path: Path, sizes: list[int], name: str = "clip_{:05d}.wav", form: Format = tarfile.GNU_FORMAT) -> Path:
    """Write a tar of members whose data are a hole."""
    with path.open("wb") as tar:
        for number, size in enumerate(sizes):
            info = tarfile.TarInfo(name.format(number))
            info.size = size
            tar.write(info.tobuf(form))
            tar.seek(size + -size % tarfile.BLOCKSIZE, os.SEEK_CUR)
        tar.truncate(tar.tell() + 2 * tarfile.BLOCKSIZE)
    return path


class Counted:
    """Reads a file and counts."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self.size_bytes = path.stat().st_size
        self.reads = 0

    def read_at(self, offset: int, size: int) -> bytes:
        self.reads += 1
        return os.pread(self._file.fileno(), size, offset)

    def sample(self) -> Sample | None:
        with self._file:
            return sample_tar(self.read_at, self.size_bytes, PLACES)

    def walk(self) -> tuple[Member, ...]:
        with self._file:
            return read_index(self.read_at, self.size_bytes).members


def mixed(seed: int) -> list[int]:
    """Sizes as a corpus has them: clips of half a megabyte, more or less, and small members between."""
    chance = Random(seed)
    return [chance.choice((chance.randrange(700_000), chance.randrange(900))) for _ in range(300)]


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_sampled_are_members_of_the_tar_from_its_head_to_its_end(
    tmp_path: Path, seed: int, form: Format
) -> None:
    long = (
        "a-name-as-long-as-needs-a-header-of-its-own/" * 2
        + "{:05d}"
        + "é" * (40 if form != tarfile.USTAR_FORMAT else 0)
    )
    path = plant(tmp_path / "audio.tar", mixed(seed), long + ".wav", form)
    found, members = Counted(path).sample(), Counted(path).walk()
    assert found is not None
    assert set(found.members) <= set(members)
    assert (found.members[0], found.members[-1]) == (members[0], members[-1])
    gaps = [
        after.header_offset - before.end_offset for before, after in zip(found.members, found.members[1:], strict=False)
    ]
    assert max(gaps) < path.stat().st_size / PLACES + 2 * 700_000
    assert 0.6 < len(found.members) / found.share / len(members) < 1.6


def test_a_sample_takes_some_dozens_of_reads_however_many_members_there_are(tmp_path: Path) -> None:
    counted = Counted(plant(tmp_path / "audio.tar", [580_000] * 3000))
    assert counted.sample() is not None
    assert counted.reads < 80


def test_what_is_small_or_has_few_members_is_not_sampled(tmp_path: Path) -> None:
    few = plant(tmp_path / "few.tar", [4_000_000] * 30)
    small = plant(tmp_path / "small.tar", [1000] * 500)
    assert few.stat().st_size > LEAST_PROBED_BYTES > small.stat().st_size
    assert Counted(few).sample() is None
    assert Counted(small).sample() is None


@pytest.mark.parametrize("lost", [512, 1024, 2048, 300_000 // 512 * 512, 10_000_000 // 512 * 512])
def test_a_tar_that_was_cut_short_gives_no_sample(tmp_path: Path, lost: int) -> None:
    path = plant(tmp_path / "audio.tar", [500_000] * 200)
    os.truncate(path, path.stat().st_size - lost)
    assert Counted(path).sample() is None


def test_a_tar_that_goes_on_behind_its_end_gives_no_sample(tmp_path: Path) -> None:
    path = plant(tmp_path / "audio.tar", [500_000] * 200)
    with path.open("ab") as tar:
        tar.write(member_block("late.wav", b"x" * 900) + bytes(1024))
    assert Counted(path).sample() is None


def overwritten(header: bytes) -> bytes:
    return b"\xa5" * len(header)


def slipped(header: bytes) -> bytes:
    """A header as it stands where a block was put in before it: whole, and not where the one before it says."""
    return bytes(512) + header


@pytest.mark.parametrize(
    ("damage", "every"), [(overwritten, 1), (overwritten, 2), (slipped, 2)], ids=["a stretch", "every other", "slipped"]
)
def test_damage_over_a_tenth_of_a_tar_is_met(tmp_path: Path, damage: Callable[[bytes], bytes], every: int) -> None:
    path = plant(tmp_path / "audio.tar", [500_000] * 200)
    hit = Counted(path).walk()[100:120:every]
    with path.open("r+b") as tar:
        for member in hit:
            header = os.pread(tar.fileno(), 512, member.header_offset)
            os.pwrite(tar.fileno(), damage(header), member.header_offset)
    assert Counted(path).sample() is None


def test_a_header_is_told_from_text_that_looks_like_one() -> None:
    header = member_block("clip.wav", b"")
    looks_so = bytes(257) + b"ustar\0" + b"00" + bytes(247)
    assert find_header(looks_so + bytes(512) + header) == 1024
    assert find_header(looks_so) is None
    assert find_header(bytes(100) + header + bytes(412)) is None


def read_nothing(offset: int, size: int) -> bytes:
    raise OSError(5, "Input/output error")


def test_a_disk_that_does_not_read_is_no_answer_about_the_tar() -> None:
    reading: ReadAt = read_nothing
    with pytest.raises(OSError, match="Input/output"):
        sample_tar(reading, 1 << 30, PLACES)
