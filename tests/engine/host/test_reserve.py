from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.host.disk import free_bytes
from engine.host.reserve import can_reserve

MB = 10**6


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str, Path], Path]]:
    """Mount an image with options on a folder of its own, for one test."""
    folders: list[Path] = []

    def mount(options: str, image: Path) -> Path:
        folder = tmp_path / f"mounted{len(folders)}"
        folder.mkdir()
        done = subprocess.run(["mount", *options.split(), image, folder], check=False, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
        folders.append(folder)
        return folder

    yield mount
    for folder in folders:
        subprocess.run(["umount", "-l", folder], check=True)


def test_what_a_disk_has_room_for_can_be_reserved_and_leaves_nothing(tmp_path: Path) -> None:
    before = free_bytes(tmp_path)
    assert can_reserve(tmp_path, 4 * MB)
    assert list(tmp_path.iterdir()) == []
    assert not can_reserve(tmp_path, before + 1_000_000 * MB)


def test_a_folder_in_which_nothing_can_be_made_is_an_error() -> None:
    with pytest.raises(OSError, match="self"):
        can_reserve(Path("/proc/self"), MB)


@pytest.mark.privileged
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_quota_that_no_figure_of_free_space_shows_is_met(
    tmp_path: Path, mounted: Callable[[str, Path], Path]
) -> None:
    """A subvolume of btrfs that may hold 20 MB on a disk with far more."""
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(256 * MB)
    try:
        subprocess.run(["mkfs.btrfs", "-q", image], check=True)
    except FileNotFoundError:
        pytest.skip("btrfs-progs is not installed")
    disk = mounted("-o loop", image)
    for command in ("quota enable", "subvolume create", "qgroup limit 20M"):
        place = disk if command == "quota enable" else disk / "corpus"
        subprocess.run(["btrfs", *command.split(), place], check=True, capture_output=True)
    assert free_bytes(disk / "corpus") > 60 * MB
    assert can_reserve(disk / "corpus", 10 * MB)
    assert not can_reserve(disk / "corpus", 40 * MB)
