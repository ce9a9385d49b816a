"""The simulated disk is held against the real one, and against what its models promise."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.shards.contents import Kind, examine
from engine.shards.files import Files, RealFiles
from tests.faults.simulated.shard import Shard
from tests.faults.simulated.sim_disk import Disk, Model, Sync, flipped, survivors
from tests.faults.simulated.sim_files import SimFiles

NAMES = st.sampled_from(["a", "b", "c"])
CALLS = st.one_of(
    st.tuples(st.just("create"), NAMES, st.binary(min_size=1, max_size=3)),
    st.tuples(st.sampled_from(["link", "move", "rename"]), NAMES, NAMES),
    st.tuples(st.sampled_from(["unlink", "sync_file", "open", "facts"]), NAMES, st.none()),
)


def outcome(files: Files, folder: Path, call: tuple[str, str, bytes | str | None]) -> object:
    """Do one call; return what it says, in words that both file systems share."""
    what, name, other = call
    path = folder / name
    try:
        if isinstance(other, bytes):
            with files.create(path) as writer:
                writer.write(other)
                return None
        if isinstance(other, str):
            getattr(files, what)(path, folder / other)
            return None
        if what == "open":
            with files.open(path) as reader:
                return reader.read_at(0, 9), reader.size_bytes, reader.facts.links
        if what == "facts":
            found = files.facts(path)
            return found and (found.is_file, found.links, found.identity.size_bytes)
        getattr(files, what)(path)
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return None


@settings(max_examples=150, deadline=None)
@given(calls=st.lists(CALLS, max_size=12))
def test_the_simulated_files_answer_as_the_real_ones(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[str, str, bytes | str | None]]
) -> None:
    folder = tmp_path_factory.mktemp("real")
    simulated = SimFiles(Disk(), folder)
    for call in calls:
        assert outcome(simulated, folder, call) == outcome(RealFiles(), folder, call), call
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name: simulated.disk.bytes_at(name) for name in simulated.disk.names
    }


@pytest.fixture
def disk() -> Disk:
    """Somebody's durable file, and one of ours that is written, named twice and not synced."""
    disk = Disk()
    disk.lay("old", b"old")
    files = SimFiles(disk, Path("/shard"))
    with files.create(Path("/shard/new")) as writer:
        writer.write(b"1234")
    files.rename(Path("/shard/new"), Path("/shard/old"))
    return disk


def left(disk: Disk, model: Model) -> set[tuple[tuple[str, bytes], ...]]:
    return {
        tuple(sorted((name, one.inodes[at].durable) for name, at in one.names.items()))
        for one in survivors(disk, model)
    }


def test_what_was_not_synced_is_old_or_new_or_torn_after_a_power_cut(disk: Disk) -> None:
    torn = (b"", b"1234", b"12", b"\0\0\0\0", b"12\0\0")
    both = {(("new", data), ("old", b"old")) for data in torn}
    alone = {(("old", data),) for data in torn}
    assert left(disk, Model.ORDERED) == {(("old", b"old"),)} | both | alone
    assert left(disk, Model.WEAK) == left(disk, Model.ORDERED)


def test_the_weak_model_lets_a_later_change_come_before_an_earlier_one() -> None:
    disk = Disk()
    disk.lay("a", b"a")
    disk.lay("b", b"b")
    files = SimFiles(disk, Path("/shard"))
    files.unlink(Path("/shard/a"))
    files.unlink(Path("/shard/b"))
    only_a = (("a", b"a"),)
    assert only_a in left(disk, Model.WEAK)
    assert left(disk, Model.ORDERED) == {(("a", b"a"), ("b", b"b")), (("b", b"b"),), ()}
    assert left(disk, Model.WEAK) == left(disk, Model.ORDERED) | {only_a}


@pytest.mark.parametrize("model", Model)
def test_what_was_synced_is_there_after_a_power_cut(disk: Disk, model: Model) -> None:
    files = SimFiles(disk, Path("/shard"))
    files.sync_file(Path("/shard/old"))
    files.sync_folder(Path("/shard"))
    assert left(disk, model) == {(("old", b"1234"),)}


@pytest.mark.parametrize("lie", [each for each in Sync if each is not Sync.HONEST])
def test_a_lie_of_a_sync_is_seen_by_an_uncached_reader_and_no_other(lie: Sync) -> None:
    files = SimFiles(Disk(), Path("/shard"))
    path = Path("/shard/file")
    with files.create(path) as writer:
        writer.write(b"12345678")
        files.humour.sync = lie
        writer.sync()
        writer.sync()  # the pages are clean: a second one says yes and does nothing
    with files.open(path) as reader:
        assert reader.read_at(0, 8) == b"12345678"
    with files.open(path, uncached=True) as reader:
        assert reader.read_at(0, 8) != b"12345678"


def test_a_bit_that_turns_over_is_one_that_no_header_tells(shard: Shard) -> None:
    """Else a rotten result would be a damaged one, and hashes would not be what finds it."""
    disk = Disk()
    disk.lay("audio.tar", flipped(shard.result))
    assert examine(SimFiles(disk, shard.folder), shard.names.audio).kind is Kind.RESULT
