from __future__ import annotations

import threading
from pathlib import Path

import pytest

from engine.shards.listing import LOOKS_AT_ONCE, Listings, Parts

PATIENCE_S = 20.0


def nothing_left_out(parts: Parts, name: str) -> bool:
    return False


def test_the_folders_of_a_source_are_listed_at_once(tmp_path: Path) -> None:
    for number in range(LOOKS_AT_ONCE):
        folder = tmp_path / "source" / f"shard_{number}"
        folder.mkdir(parents=True)
        (folder / "audio.tar").touch()
    all_here = threading.Barrier(LOOKS_AT_ONCE, timeout=PATIENCE_S)

    def wait_for_all(parts: Parts, name: str) -> bool:
        if len(parts) == 2:
            all_here.wait()
        return False

    with Listings(tmp_path, wait_for_all) as listings:
        source = listings.folder(()).folders
        shards = listings.folder(source).folders
        found = [listings.folder((*source, name)) for name in shards]
    assert len(found) == LOOKS_AT_ONCE
    assert {folder.files for folder in found} == {("audio.tar",)}


def test_a_folder_tells_its_files_folders_links_and_all_names(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a.tar").touch()
    (tmp_path / "left.bak").touch()
    (tmp_path / "link").symlink_to("b")
    (tmp_path / "file-link").symlink_to("a.tar")
    with Listings(tmp_path, lambda _, name: name.endswith(".bak")) as listings:
        folder = listings.folder(())
    assert (folder.files, folder.folders, folder.links) == (("a.tar", "file-link"), ("b",), ("link",))
    assert folder.names == {"a.tar", "b", "left.bak", "link", "file-link"}
    assert folder.identity == (tmp_path.stat().st_dev, tmp_path.stat().st_ino)


def test_a_folder_that_is_gone_is_an_answer(tmp_path: Path) -> None:
    with Listings(tmp_path, nothing_left_out) as listings:
        folder = listings.folder(("gone",))
    assert (folder.identity, folder.trouble) == (None, "No such file or directory")


def test_an_exception_of_who_asks_ends_the_threads(tmp_path: Path) -> None:
    for number in range(2 * LOOKS_AT_ONCE):
        (tmp_path / f"shard_{number}").mkdir()
    before = threading.active_count()
    listings = Listings(tmp_path, nothing_left_out)

    def leave_early() -> None:
        with listings:
            listings.folder(())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        leave_early()
    assert threading.active_count() == before
