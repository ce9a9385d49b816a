"""A kept original goes when everything speaks for it, and stays whole when anything speaks against it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from engine.convert.cleaning_answer import answer
from engine.convert.cleaning_tasks import Clean, Cleaned
from engine.crew.answers import State
from engine.crew.pulse import Pulse
from engine.run.locks import hold_folder
from engine.shards.files import Facts, Files, RealFiles
from engine.shards.record import Record, SwapState, read_record, write_record
from tests.engine.convert.cleanable import Cleanable, make_cleanable
from tests.faults.fault_files import FaultFiles, LyingFiles


@pytest.fixture
def shard(tmp_path: Path) -> Cleanable:
    return make_cleanable(tmp_path / "s")


def clean(order: Clean, files: Files | None = None, *, stops: bool = False) -> Cleaned:
    return answer(files or RealFiles(), order, Pulse("t", lambda _: None, lambda: stops))


def record_of(shard: Cleanable) -> Record:
    record = read_record(RealFiles(), shard.names.status)
    assert isinstance(record, Record)
    return record


def test_a_kept_original_goes_and_nothing_else_changes(shard: Cleanable) -> None:
    before = shard.names.status.read_bytes(), shard.names.audio.stat().st_ino
    assert clean(shard.order()).state is State.DONE
    assert shard.there() == {"audio.tar", "shard_conversion_status.json"}
    assert shard.names.audio.read_bytes() == shard.result
    assert (shard.names.status.read_bytes(), shard.names.audio.stat().st_ino) == before
    recovered = shard.recovered()
    assert (recovered.state, recovered.recovery and recovered.recovery.row) == (State.DONE, 8)


def test_a_dry_run_changes_nothing_and_reads_no_audio(shard: Cleanable) -> None:
    files = FaultFiles(RealFiles())
    assert clean(shard.order(act=False), files).state is State.DONE
    assert not shard.is_known("a dry run")
    assert {call for call in files.calls if not call.startswith("facts")} == {
        "open shard_conversion_status.json",
        "read_at shard_conversion_status.json",
    }


def test_what_a_cut_off_swap_was_writing_goes_with_the_original(shard: Cleanable) -> None:
    torn = shard.folder / "shard_conversion_status.json.tmp", shard.table.with_name("s.jsonl.gz.tmp")
    for path in torn:
        path.write_bytes(b"torn")
    (shard.folder / "notes.tmp").write_bytes(b"somebody's")
    assert clean(shard.order()).state is State.DONE
    assert not any(path.exists() for path in torn)
    assert shard.there() == {"audio.tar", "shard_conversion_status.json", "notes.tmp"}
    assert shard.table.exists()


def rewritten(shard: Cleanable, **changes: object) -> None:
    write_record(RealFiles(), shard.names, msgspec.structs.replace(record_of(shard), **changes))


def touch_audio(shard: Cleanable) -> None:
    os.utime(shard.names.audio)


def copy_backup(shard: Cleanable) -> None:
    copy = shard.names.backup.read_bytes()
    shard.names.backup.unlink()
    shard.names.backup.write_bytes(copy)


AGAINST: list[tuple[str, Callable[[Cleanable], object]]] = [
    ("the tar is not the one that the validation report saw", touch_audio),
    ("the original is not the one that the record keeps", copy_backup),
    (
        "the original is not the one that the record keeps",
        lambda it: os.link(it.names.backup, it.folder / "second name"),
    ),
    ("the original is not the one that the record keeps", lambda it: rewritten(it, keeps_backup=False)),
    ("the shard has no record that can be read", lambda it: it.names.status.write_bytes(b"{}")),
    ("the record does not call this tar done", lambda it: rewritten(it, state=SwapState.SWAPPING)),
    ("no row of the recovery table", lambda it: it.names.temporary.write_bytes(b"a tar that was never finished")),
]


@pytest.mark.parametrize(("told", "happens"), AGAINST)
def test_what_is_not_as_the_report_saw_it_is_left_alone_and_told(
    shard: Cleanable, told: str, happens: Callable[[Cleanable], object]
) -> None:
    order = shard.order()
    happens(shard)
    before = {path.name: path.read_bytes() for path in shard.folder.iterdir()}
    result = clean(order)
    assert result.state is State.QUARANTINED
    assert told in str(result.fault)
    assert {path.name: path.read_bytes() for path in shard.folder.iterdir()} == before


def test_a_result_that_rots_on_the_disk_keeps_its_original(shard: Cleanable) -> None:
    """Its times and its size are unchanged: only reading every byte shows it."""
    files = LyingFiles(RealFiles(), lambda path: path == shard.names.audio)
    result = clean(shard.order(), files)
    assert result.state is State.QUARANTINED
    assert "is not what its record names any more" in str(result.fault)
    assert not shard.is_known("a lie of the disk")


def test_a_tar_that_is_changed_while_it_is_hashed_keeps_its_original(shard: Cleanable) -> None:
    """What was proven of it holds no more."""

    class Meddled(FaultFiles):
        def facts(self, path: Path) -> Facts | None:
            if self.calls.count("read_at audio.tar") and path == shard.names.audio:
                os.utime(path)
            return super().facts(path)

    result = clean(shard.order(), Meddled(RealFiles()))
    assert "the tar is not the one that the validation report saw" in str(result.fault)
    assert shard.names.backup.exists()


def test_a_shard_that_somebody_holds_is_left_alone(shard: Cleanable) -> None:
    with hold_folder(shard.folder):
        result = clean(shard.order())
    assert "another process is working on this shard" in str(result.fault)
    assert not shard.is_known("somebody else's lock")


def test_a_worker_that_is_to_stop_leaves_the_shard_as_it_was(shard: Cleanable) -> None:
    assert clean(shard.order(), stops=True).interrupted
    assert not shard.is_known("a stop")


def test_a_second_clean_of_a_shard_finds_it_done(shard: Cleanable) -> None:
    order = shard.order()
    assert [clean(order).state, clean(order).state] == [State.DONE, State.DONE]
    assert shard.is_known("two cleans")
