import fcntl
import os
from pathlib import Path

import msgspec
import pytest

from engine.host import powers
from engine.host.powers import probe_powers


def test_a_local_disk_has_every_power_and_the_probe_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "audio.tar").write_bytes(b"untouched")
    found = probe_powers(tmp_path)
    assert found.missing_for_swap() == ()
    assert found.errors == {}
    assert (found.link, found.rename_over, found.sync_file, found.sync_folder, found.flock) == (True,) * 5
    assert (found.rename_noreplace, found.rename_exchange) == (True, True)
    assert found.free_bytes is not None
    assert [path.name for path in tmp_path.iterdir()] == ["audio.tar"]


def test_without_links_a_swap_goes_by_renames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    found = probe_powers(tmp_path)
    assert not found.link
    assert found.errors["link"] == "[Errno 1] Operation not permitted"
    assert found.missing_for_swap() == ()
    assert found.swaps_by.startswith("renames")
    assert not powers.has_links(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_another_process_does_not_see_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on network volumes whose flock is local, or none."""
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    found = probe_powers(tmp_path)
    assert found.missing_for_swap() == ("flock: a second process got the lock that the first one holds",)


def test_powers_that_nothing_needs_are_informational(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AttributeError("undefined symbol: renameat2")

    monkeypatch.setattr(powers, "renameat2", refuse)
    found = probe_powers(tmp_path)
    assert sorted(found.errors) == ["rename_exchange", "rename_noreplace"]
    assert found.missing_for_swap() == ()


def test_a_folder_in_which_nothing_can_be_made_is_an_error() -> None:
    with pytest.raises(OSError, match="gonogo-probe"):
        probe_powers(Path("/proc/self"))


def test_powers_can_be_recorded(tmp_path: Path) -> None:
    found = probe_powers(tmp_path)
    assert msgspec.json.decode(msgspec.json.encode(found), type=powers.Powers) == found
