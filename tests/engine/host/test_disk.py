import os
from pathlib import Path

from engine.host.disk import default_floor, device_of, existing, floor_of, free_bytes, free_inodes, volume_bytes


def test_the_default_floor_is_a_share_of_a_small_volume_and_10_gb_of_a_large_one() -> None:
    assert floor_of(100 * 10**9) == 5 * 10**9
    assert floor_of(200 * 10**9) == 10 * 10**9
    assert floor_of(16 * 10**12) == 10 * 10**9


def test_room_is_told_for_a_folder_that_does_not_exist_yet(tmp_path: Path) -> None:
    later = tmp_path / "not" / "yet"
    assert existing(later) == tmp_path
    assert 0 < free_bytes(later) <= volume_bytes(later)
    assert default_floor(later) == floor_of(volume_bytes(tmp_path))
    assert device_of(later) == tmp_path.stat().st_dev


def test_free_space_is_what_an_ordinary_user_may_write(tmp_path: Path) -> None:
    found = os.statvfs(tmp_path)
    assert free_bytes(tmp_path) <= found.f_bfree * found.f_frsize


def test_a_file_system_that_counts_no_inodes_is_not_full_of_them(tmp_path: Path) -> None:
    assert free_inodes(Path("/proc")) is None
    counted = free_inodes(tmp_path)
    assert counted is None or counted > 0


def test_another_volume_is_another_device(tmp_path: Path) -> None:
    assert device_of(Path("/proc")) != device_of(tmp_path)
