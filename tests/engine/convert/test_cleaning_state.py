"""Under STATE goes what a run that is gone left, and nothing that gonogo did not make."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.convert.cleaning_events import ShardCleaned, ShardLeft, StateCleaned, StateLeft
from engine.convert.cleaning_report import Ledger, bytes_of, sum_up, summary_of
from engine.convert.cleaning_state import Corner, look_at_corners, remove
from engine.convert.cleaning_tasks import Gone, Spent
from engine.run.folder import RunFolder
from engine.run.outcome import Outcome


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def run_in(state: Path, job: str = "convert") -> RunFolder:
    return RunFolder.create(state, job=job, corpus=None, args={}, config={}, versions={}, host={})


def scratch(state: Path, name: str) -> Path:
    folder = state / "scratch" / name / "deep"
    folder.mkdir(parents=True)
    (folder / "a.tar").write_bytes(b"1234567")
    return folder.parent


def swept(state: Path) -> dict[str, str]:
    """Remove what may go; return what stays, and why."""
    corners = look_at_corners(state)
    return {corner.gone.name: why for corner in corners if (why := corner.stays or remove(corner))}


def test_scratch_of_a_run_that_is_gone_goes_and_is_counted(state: Path) -> None:
    gone = run_in(state)
    gone.close()
    folder = scratch(state, gone.run_id)
    (corner,) = look_at_corners(state)
    assert corner.gone == Gone(kind=Spent.SCRATCH, name=f"scratch/{gone.run_id}", size_bytes=7, files=1)
    assert folder.exists()
    assert swept(state) == {}
    assert not folder.exists()
    assert (state / "scratch").exists()


def test_scratch_of_a_run_that_lives_stays(state: Path) -> None:
    living = run_in(state)
    folder = scratch(state, living.run_id)
    assert swept(state) == {f"scratch/{living.run_id}": "its run is at work"}
    assert (folder / "deep" / "a.tar").exists()
    living.close()


def test_what_no_run_made_stays(state: Path, tmp_path: Path) -> None:
    gone = run_in(state)
    gone.close()
    treasure = tmp_path / "treasure"
    treasure.mkdir()
    (treasure / "gold").write_bytes(b"gold")
    scratch(state, "holiday-pictures")
    (state / "scratch" / gone.run_id).symlink_to(treasure)
    assert set(swept(state)) == {"scratch/holiday-pictures", f"scratch/{gone.run_id}"}
    assert (treasure / "gold").exists()
    assert (state / "scratch" / "holiday-pictures" / "deep" / "a.tar").exists()


def test_links_inside_scratch_are_not_followed(state: Path, tmp_path: Path) -> None:
    gone = run_in(state)
    gone.close()
    (tmp_path / "gold").write_bytes(b"gold")
    folder = scratch(state, gone.run_id)
    (folder / "link").symlink_to(tmp_path)
    (folder / "second name").hardlink_to(tmp_path / "gold")
    (corner,) = look_at_corners(state)
    assert (corner.gone.files, corner.gone.size_bytes) == (2, 7), "what has a further name frees nothing"
    assert swept(state) == {}
    assert (tmp_path / "gold").read_bytes() == b"gold"


@pytest.mark.parametrize("name", ["scratch", "fragments"])
def test_a_link_in_the_folders_place_is_not_followed(state: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "gold").write_bytes(b"gold")
    state.mkdir()
    (state / name).symlink_to(tmp_path / "elsewhere")
    assert list(swept(state)) == [name]
    assert (tmp_path / "elsewhere" / "gold").exists()


def test_fragments_go_unless_a_manifest_is_being_made(state: Path) -> None:
    (state / "fragments" / "a").mkdir(parents=True)
    (state / "fragments" / "a" / "s.parquet").write_bytes(b"12")
    living = run_in(state, "manifest")
    assert swept(state) == {"fragments": "a manifest is being made from them"}
    living.close()
    (corner,) = look_at_corners(state)
    assert (corner.gone.files, corner.gone.size_bytes) == (1, 2)
    assert swept(state) == {}
    assert not (state / "fragments").exists()


def test_what_the_system_refuses_is_told(state: Path) -> None:
    corner = Corner(state / "nothing", Gone(kind=Spent.SCRATCH, name="nothing", size_bytes=0))
    assert "the system refuses" in remove(corner)


def backup(size_bytes: int) -> Gone:
    return Gone(kind=Spent.BACKUP, name="audio_48k.bak", size_bytes=size_bytes)


def test_bytes_are_counted_by_kind_and_source() -> None:
    scrap = Gone(kind=Spent.SCRATCH, name="scratch/r", size_bytes=5, files=3)
    freed = sum_up([("", scrap), ("a", backup(10)), ("b", backup(20)), ("a", backup(30))])
    told = [(one.kind, one.source, one.files, one.size_bytes) for one in freed]
    assert told == [("backup", "a", 2, 40), ("backup", "b", 1, 20), ("scratch", "", 3, 5)]
    assert bytes_of(freed) == 65


def test_a_clean_is_no_go_where_a_shard_keeps_what_was_to_go() -> None:
    ledger = Ledger()
    ledger.add(ShardCleaned(shard="a/s", source="a", gone=(backup(10),), freed_bytes=10))
    ledger.add(StateCleaned(gone=Gone(kind=Spent.SCRATCH, name="scratch/r", size_bytes=5)))
    ledger.add(StateLeft(name="scratch/x", reason="not ours"))
    summary = summary_of(ledger, seconds=1.0, acted=True, earlier_bytes=0, report="")
    assert (summary.outcome, summary.freed_bytes, summary.left_count) == (Outcome.OK, 15, 1)
    ledger.add(ShardLeft(shard="a/t", source="a", names=("audio_48k.bak",), reason="touched"))
    ledger.add(ShardLeft(shard="a/u", source="a", names=("audio_48k.bak",), reason="EIO"), failed=True)
    summary = summary_of(ledger, seconds=1.0, acted=True, earlier_bytes=0, report="")
    assert (summary.outcome, summary.counts) == (Outcome.SOME_FAILED, {"cleaned": 1, "left": 1, "failed": 1})
    assert summary.detail == "2 shards left as they are; a/u: EIO"
