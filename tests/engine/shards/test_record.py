"""The status file: whole or absent, read back from the disk, and never a reason to fail."""

from __future__ import annotations

import errno
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import DamagedError
from engine.shards.files import Identity, RealFiles
from engine.shards.names import ShardFiles
from engine.shards.record import Record, SwapState, Tally, TarDigest, Unreadable, read_record, write_record
from tests.engine.shards.conftest import snapshot
from tests.faults.fault_files import EFFECTS, FaultFiles, Harm, LyingFiles, Strike

REAL = RealFiles()
DIGESTS = st.builds(
    TarDigest, xxh3_128=st.text("0123456789abcdef", min_size=32, max_size=32), size_bytes=st.integers(0, 2**50)
)
NUMBERS = st.integers(0, 2**63 - 1)
IDENTITIES = st.builds(Identity, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
RECORDS = st.builds(
    Record,
    state=st.sampled_from(SwapState),
    tool=st.text(max_size=20),
    run=st.text(max_size=20),
    time=st.just("2026-01-02T03:04:05Z"),
    original=st.none() | DIGESTS,
    result=DIGESTS,
    tally=st.none()
    | st.builds(Tally, seconds_of_audio=st.floats(0, 1e9), flags=st.lists(st.text(max_size=20), max_size=3).map(tuple)),
    adopted=st.booleans(),
    audio_identity=st.none() | IDENTITIES,
    backup_identity=st.none() | IDENTITIES,
    format=st.just(1),
)


def record(run: str = "run") -> Record:
    both = TarDigest("0" * 32, 10_240)
    return Record(state=SwapState.SWAPPING, tool="t", run=run, time="2026-01-02T03:04:05Z", original=both, result=both)


@given(RECORDS)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_what_is_read(shard: ShardFiles, written: Record) -> None:
    write_record(REAL, shard, written)
    assert read_record(REAL, shard.status) == written
    assert [path.name for path in shard.folder.iterdir()] == [shard.status_name]


def test_a_shard_without_a_status_file_has_no_record(shard: ShardFiles) -> None:
    assert read_record(REAL, shard.status) is None


def test_every_truncation_of_a_record_is_unreadable(shard: ShardFiles) -> None:
    write_record(REAL, shard, record())
    whole = shard.status.read_bytes()
    for length in range(len(whole.rstrip())):
        shard.status.write_bytes(whole[:length])
        assert isinstance(read_record(REAL, shard.status), Unreadable), length


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_at_all_are_unreadable_and_no_error(shard: ShardFiles, junk: bytes) -> None:
    shard.status.write_bytes(junk)
    assert isinstance(read_record(REAL, shard.status), Unreadable)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"format": None},
        {"state": "done"},
        {"result": None},
        {"original": 5},
        {"time": 5},
        {"adopted": "no"},
    ],
)
def test_a_record_of_another_shape_is_unreadable(shard: ShardFiles, change: dict[str, object]) -> None:
    told = msgspec.json.decode(msgspec.json.encode(record()), type=dict[str, object])
    shard.status.write_bytes(msgspec.json.encode(told | change))
    assert isinstance(read_record(REAL, shard.status), Unreadable)


def test_a_status_that_is_no_plain_file_or_too_long_is_unreadable(shard: ShardFiles) -> None:
    elsewhere = shard.folder.parent / "elsewhere"
    elsewhere.write_bytes(msgspec.json.encode(record()))
    shard.status.symlink_to(elsewhere)
    assert isinstance(read_record(REAL, shard.status), Unreadable)
    shard.status.unlink()
    shard.status.mkdir()
    assert isinstance(read_record(REAL, shard.status), Unreadable)
    shard.status.rmdir()
    shard.status.write_bytes(msgspec.json.encode(record()) + b" " * (1 << 20))
    assert isinstance(read_record(REAL, shard.status), Unreadable)


def test_a_failure_at_any_call_leaves_the_old_record_or_the_new_one(shard: ShardFiles) -> None:
    counted = FaultFiles(REAL)
    write_record(counted, shard, record("old"))
    for at, call in enumerate(counted.calls, 1):
        for harm in (Harm.ERROR_BEFORE, Harm.ERROR_AFTER):
            if harm is Harm.ERROR_AFTER and call.split()[0] not in EFFECTS:
                continue
            write_record(REAL, shard, record("old"))
            with pytest.raises(OSError, match="No space"):
                write_record(FaultFiles(REAL, Strike(at, harm, errno.ENOSPC)), shard, record("new"))
            assert read_record(REAL, shard.status) in (record("old"), record("new")), call
            write_record(REAL, shard, record("newer"))
            assert read_record(REAL, shard.status) == record("newer")


def test_a_disk_that_keeps_something_else_is_found_out(shard: ShardFiles) -> None:
    lying = LyingFiles(REAL, lambda path: path == shard.status)
    with pytest.raises(DamagedError, match="did not keep the status file"):
        write_record(lying, shard, record())


def test_what_an_earlier_write_left_behind_is_in_nobodys_way(shard: ShardFiles) -> None:
    left: Path = shard.folder / f"{shard.status_name}.tmp"
    left.write_bytes(b"half a rec")
    write_record(REAL, shard, record())
    assert read_record(REAL, shard.status) == record()
    assert snapshot(shard.folder).keys() == {shard.status_name}
