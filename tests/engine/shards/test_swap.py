"""Steps 3 to 12 on real files: what a swap leaves, and what it leaves alone when it cannot go on."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.errors import DamagedError, UnsupportedError
from engine.shards.digest import digest
from engine.shards.files import Facts, Files, RealFiles
from engine.shards.names import ShardFiles
from engine.shards.record import Record, SwapState, now, read_record
from engine.shards.swap import swap
from tests.engine.shards.conftest import Tars, bytes_at, snapshot
from tests.faults.fault_files import EFFECTS, FaultFiles, LyingFiles

REAL = RealFiles()


@pytest.fixture
def made(shard: ShardFiles, tars: Tars) -> ShardFiles:
    """A shard after step 2: its conversion lies proven beside it."""
    shard.audio.write_bytes(tars.original)
    shard.temporary.write_bytes(tars.result)
    return shard


def promise(names: ShardFiles, *, keep_backup: bool = False) -> Record:
    return Record(
        state=SwapState.SWAPPING,
        tool="test",
        run="run",
        time=now(),
        original=digest(REAL, names.audio),
        result=digest(REAL, names.temporary),
        keeps_backup=keep_backup,
    )


def facts(path: Path) -> Facts:
    found = REAL.facts(path)
    assert found is not None
    return found


def run(names: ShardFiles, files: Files = REAL, *, keep_backup: bool = False) -> Record:
    return swap(files, names, facts(names.audio), promise(names, keep_backup=keep_backup))


def names_in(shard: ShardFiles) -> set[str]:
    return {path.name for path in shard.folder.iterdir()}


def test_a_swap_ends_with_the_converted_tar_and_its_record_and_nothing_else(made: ShardFiles, tars: Tars) -> None:
    before, temporary = facts(made.audio), facts(made.temporary)
    promised = promise(made)
    record = run(made)
    assert names_in(made) == {made.audio_name, made.status_name}
    assert made.audio.read_bytes() == tars.result
    after = facts(made.audio)
    assert after.identity.inode == temporary.identity.inode != before.identity.inode
    assert after.links == 1
    assert read_record(REAL, made.status) == record
    assert (record.state, record.original, record.result) == (SwapState.SWAPPED, promised.original, promised.result)
    assert record.audio_identity == after.identity


def test_a_kept_original_is_the_very_file_that_it_was(made: ShardFiles, tars: Tars) -> None:
    before = facts(made.audio)
    record = run(made, keep_backup=True)
    kept = facts(made.backup)
    assert names_in(made) == {made.audio_name, made.backup_name, made.status_name}
    assert made.backup.read_bytes() == tars.original
    assert (kept.identity.inode, kept.links) == (before.identity.inode, 1)
    assert (record.audio_identity, record.backup_identity) == (facts(made.audio).identity, kept.identity)


class WatchingFiles(FaultFiles):
    """Looks at the shard after every call, as an unlucky reader might."""

    def __init__(self, look: Callable[[], None]) -> None:
        super().__init__(REAL)
        self._look = look

    @contextlib.contextmanager
    def _call(self, what: str, path: Path) -> Iterator[None]:
        with super()._call(what, path):
            yield
        self._look()


def test_audio_is_never_absent_and_never_anything_but_whole(made: ShardFiles, tars: Tars) -> None:
    seen = []

    def look() -> None:
        audio, backup = bytes_at(made.audio), bytes_at(made.backup)
        assert audio in (tars.original, tars.result)
        assert tars.original in (audio, backup) or record_says_swapped(made)
        seen.append(audio)

    run(made, WatchingFiles(look))
    assert seen[0] == tars.original
    assert seen[-1] == tars.result


def record_says_swapped(names: ShardFiles) -> bool:
    record = read_record(REAL, names.status)
    return isinstance(record, Record) and record.state is SwapState.SWAPPED


def stranger(path: Path) -> None:
    path.write_bytes(b"somebody else's")


def second_name_of_nothing(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.parametrize("put", [stranger, second_name_of_nothing, Path.mkdir, os.mkfifo])
def test_a_backup_that_is_there_already_is_not_overwritten(made: ShardFiles, put: Callable[[Path], None]) -> None:
    put(made.backup)
    before = snapshot(made.folder)
    with pytest.raises(UnsupportedError, match="a backup is there already"):
        run(made)
    after = snapshot(made.folder)
    after.pop(made.status_name)
    assert after == before


def grows(names: ShardFiles) -> None:
    with names.audio.open("ab") as audio:
        audio.write(bytes(512))


def is_touched(names: ShardFiles) -> None:
    os.utime(names.audio)


def is_copied_over(names: ShardFiles) -> None:
    copy = names.folder / "copy"
    copy.write_bytes(names.audio.read_bytes())
    copy.rename(names.audio)


def gets_a_second_name(names: ShardFiles) -> None:
    os.link(names.audio, names.folder.parent / "second")


def becomes_a_link(names: ShardFiles) -> None:
    names.audio.rename(names.folder.parent / "moved.tar")
    names.audio.symlink_to(names.folder.parent / "moved.tar")


def disappears(names: ShardFiles) -> None:
    names.audio.unlink()


@pytest.mark.parametrize("change", [grows, is_touched, is_copied_over, gets_a_second_name, becomes_a_link, disappears])
def test_a_tar_that_was_changed_meanwhile_is_left_as_it_is(
    made: ShardFiles, change: Callable[[ShardFiles], None]
) -> None:
    seen, promised = facts(made.audio), promise(made)
    change(made)
    before = snapshot(made.folder)
    before.pop(made.temporary_name)
    with pytest.raises(UnsupportedError, match="changed by somebody else"):
        swap(REAL, made, seen, promised)
    assert snapshot(made.folder) == before


def test_a_disk_that_lies_about_the_converted_tar_gets_the_original_back(made: ShardFiles, tars: Tars) -> None:
    before = facts(made.audio)
    files = LyingFiles(REAL, lambda path: path == made.audio)
    with pytest.raises(DamagedError, match="the original is back in its place"):
        run(made, files)
    assert names_in(made) == {made.audio_name, made.status_name}
    assert made.audio.read_bytes() == tars.original
    assert facts(made.audio).identity.inode == before.identity.inode
    assert not record_says_swapped(made)


@pytest.mark.parametrize("keep_backup", [False, True])
@pytest.mark.parametrize("number", [1, 2])
def test_a_disk_that_lies_about_a_record_stops_the_swap_where_nothing_is_lost(
    made: ShardFiles, tars: Tars, number: int, *, keep_backup: bool
) -> None:
    """The first record stands before the first name changes, the second before the original loses its last."""

    def lies(path: Path) -> bool:
        return path == made.status and files.calls.count(f"rename {made.status_name}") == number

    files = LyingFiles(REAL, lies)
    with pytest.raises(DamagedError, match="did not keep the status file"):
        run(made, files, keep_backup=keep_backup)
    assert made.temporary_name not in names_in(made)
    if number == 1:
        assert made.audio.read_bytes() == tars.original
        assert made.backup_name not in names_in(made)
    else:
        assert made.audio.read_bytes() == tars.result
        assert made.backup.read_bytes() == tars.original


def test_every_change_is_durable_before_the_next_that_builds_on_it(made: ShardFiles) -> None:
    files = FaultFiles(REAL)
    run(made, files)
    done = [call for call in files.calls if call.split()[0] in EFFECTS]
    folder = f"sync_folder {made.folder.name}"
    for change in (
        "rename shard_conversion_status.json",
        "link audio_48k.bak",
        "rename audio.tar",
        "unlink audio_48k.bak",
    ):
        assert done[done.index(change) + 1] == folder
    temporary = f"{made.status_name}.tmp"
    first = done.index(f"create {temporary}")
    assert done[first : first + 5] == [
        *(f"{what} {temporary}" for what in ("create", "write", "sync", "close")),
        f"rename {made.status_name}",
    ]


def test_a_lone_tar_is_swapped_beside_its_neighbours_without_touching_them(tmp_path: Path, tars: Tars) -> None:
    names = ShardFiles.of_lone(tmp_path / "part-0.tar")
    names.audio.write_bytes(tars.original)
    names.temporary.write_bytes(tars.result)
    (tmp_path / "part-1.tar").write_bytes(tars.other)
    neighbour = snapshot(tmp_path)["part-1.tar"]
    run(names)
    assert names_in(names) == {"part-0.tar", "part-0.status.json", "part-1.tar"}
    assert names.audio.read_bytes() == tars.result
    assert snapshot(tmp_path)["part-1.tar"] == neighbour
