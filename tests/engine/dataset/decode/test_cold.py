from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from engine.dataset.decode.clip import Tars
from engine.dataset.decode.cold import cached_pages, drop_from_cache
from tests.engine.dataset.decode.clips import make_tars

IN_MEMORY = Path("/dev/shm")


def file_system(folder: Path) -> str:
    return subprocess.run(["stat", "-f", "-c", "%T", folder], check=True, capture_output=True, text=True).stdout.strip()


def test_clips_leave_the_cache_and_come_back_when_they_are_read(tmp_path: Path) -> None:
    if file_system(tmp_path) not in {"ext2/ext3", "xfs", "btrfs"}:
        pytest.skip(f"the temporary folder is on {file_system(tmp_path)}, which may keep its pages")
    clips = make_tars(tmp_path)
    for tar in {clip.tar for clip in clips}:
        with Path(tar).open("rb") as file:
            os.fsync(file.fileno())  # pages that are not on the disk yet cannot be dropped
    with Tars.opened() as tars:
        for clip in clips:
            tars.read(clip)
        assert all(cached_pages(tars.descriptor(clip.tar), clip) for clip in clips)
        assert drop_from_cache(clips, tars) == []
        assert not any(cached_pages(tars.descriptor(clip.tar), clip) for clip in clips)
        tars.read(clips[0])
        assert cached_pages(tars.descriptor(clips[0].tar), clips[0]) > 0


@pytest.mark.skipif(not IN_MEMORY.is_dir(), reason="no file system in memory")
def test_tars_that_stay_in_memory_are_named(tmp_path: Path) -> None:
    clips = make_tars(tmp_path)
    held = IN_MEMORY / f"gonogo-test-{os.getpid()}.tar"
    held.write_bytes(Path(clips[0].tar).read_bytes())
    try:
        from msgspec.structs import replace

        with Tars.opened() as tars:
            assert drop_from_cache([replace(clips[0], tar=str(held))], tars) == [str(held)]
    finally:
        held.unlink()


def test_a_tar_that_is_gone_or_ends_early_is_no_reason_to_stop(tmp_path: Path) -> None:
    clips = make_tars(tmp_path)
    Path(clips[0].tar).unlink()
    os.truncate(clips[-1].tar, 100)
    with Tars.opened() as tars:
        found = drop_from_cache([clips[0], clips[-1]], tars)
    assert clips[0].tar not in found
    assert clips[-1].tar not in found
