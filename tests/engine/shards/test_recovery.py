"""Every row of the recovery table on real files, and every mixture of files that a stranger may have left.

A is ``audio.tar``, B its backup, T the temporary tar, S the record.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from engine.shards.digest import digest
from engine.shards.files import RealFiles
from engine.shards.names import ShardFiles
from engine.shards.record import Record, SwapState, TarDigest, Unreadable, now, read_record
from engine.shards.recovery import Recovered, Stamp, recover
from engine.shards.states import Ends
from tests.engine.shards.conftest import Tars, bytes_at, snapshot
from tests.faults.fault_files import EFFECTS, FaultFiles, LyingFiles

REAL = RealFiles()
STAMP = Stamp("test", "recovering-run")
SECOND_NAME = "second name of audio.tar"
LINK = "symbolic link"
FOLDER = "folder"
SWAPPING, SWAPPED, UNREADABLE = "swapping", "swapped", "unreadable"
OF_ANOTHER = "swapped, of another shard"
SWAPPING_KEPT, SWAPPED_KEPT = "swapping, the original is to stay", "swapped, the original stays"
ANY_RECORD = (None, SWAPPING, SWAPPED, UNREADABLE)


@dataclass(frozen=True)
class State:
    """What stands under the four names: a tar by its name in ``Tars``, or one of the things above."""

    a: str | None = None
    b: str | None = None
    t: str | None = None
    s: str | None = None

    def __str__(self) -> str:
        return " ".join(f"{name}:{what}" for name, what in zip("ABTS", (self.a, self.b, self.t, self.s), strict=True))


def tar_named(what: str, tars: Tars) -> bytes:
    if what == "empty":
        return b""
    if what == "rotten":  # one bit of one sample, 1/128 of full scale: no header tells
        return flipped(tars.result)
    return bytes(getattr(tars, what))


def flipped(tar: bytes) -> bytes:
    at = tar.index(b"data") + 1_001
    return tar[:at] + bytes([tar[at] ^ 1]) + tar[at + 1 :]


def lay(names: ShardFiles, state: State, tars: Tars) -> None:
    """Make the files of a state."""
    for path, what in ((names.audio, state.a), (names.backup, state.b), (names.temporary, state.t)):
        if what == SECOND_NAME:
            os.link(names.audio, path, follow_symlinks=False)
        elif what == LINK:
            aside = names.folder.parent / f"{path.name} elsewhere"
            aside.write_bytes(tars.original)
            path.symlink_to(aside)
        elif what == FOLDER:
            path.mkdir()
        elif what is not None:
            path.write_bytes(tar_named(what, tars))
    if state.s == UNREADABLE:
        names.status.write_bytes(b'{"state": "swap')
    elif state.s is not None:
        pair = (tars.other, tars.other_result) if state.s == OF_ANOTHER else (tars.original, tars.result)
        original, result = (hash_of(tar, names.folder.parent / "hashed") for tar in pair)
        record = Record(
            state=SwapState.SWAPPING if state.s in (SWAPPING, SWAPPING_KEPT) else SwapState.SWAPPED,
            tool="test",
            run="before",
            time=now(),
            original=original,
            result=result,
            keeps_backup=state.s in (SWAPPING_KEPT, SWAPPED_KEPT),
        )
        names.status.write_bytes(msgspec.json.encode(record))


def hash_of(tar: bytes, path: Path) -> TarDigest:
    path.write_bytes(tar)
    return digest(REAL, path)


def recovered(names: ShardFiles, *, let_go: bool = False, act: bool = True) -> Recovered:
    return recover(REAL, names, STAMP, let_go=let_go, act=act)


def over(records: tuple[str | None, ...], **files: str) -> list[State]:
    return [State(**files, s=record) for record in records]


PENDING_ROWS = [
    *((1, state) for state in [State("original")]),
    *((2, state) for t in ("damaged", "empty") for state in over(ANY_RECORD, a="original", t=t)),
    *((3, state) for state in over(ANY_RECORD, a="original", t="result")),
    *((4, state) for state in over((SWAPPING, SWAPPED, UNREADABLE), a="original")),
    *((5, state) for state in over(ANY_RECORD, a="original", b=SECOND_NAME)),
    *((5, state) for state in over(ANY_RECORD, a="original", b=SECOND_NAME, t="result")),
    *((5, state) for state in over((SWAPPING,), a="original", b=SECOND_NAME, t="damaged")),
    *((9, state) for a in ("damaged", "empty") for state in over(ANY_RECORD, a=a, b="original")),
    *((9, state) for t in ("result", "damaged") for state in over(ANY_RECORD, a="empty", b="original", t=t)),
    *((9, state) for state in over((SWAPPING, SWAPPED), a="rotten", b="original")),
    *((9, state) for state in over((SWAPPING, SWAPPED), a="reverse_result", b="original")),
    *((10, state) for state in over(ANY_RECORD, b="original")),
    *((10, state) for t in ("result", "damaged") for state in over(ANY_RECORD, b="original", t=t)),
]

DONE_ROWS = [
    *((6, state) for state in over((None, SWAPPING, UNREADABLE), a="result", b="original")),
    *((7, state) for state in over((SWAPPED,), a="result", b="original")),
    *((8, state) for state in over((SWAPPED,), a="result")),
    *((11, state) for state in over((UNREADABLE,), a="result")),
    *((11, state) for t in ("result", "damaged") for state in over((None, UNREADABLE), a="result", t=t)),
]

RED_ROWS = [
    *((12, state) for b in ("other", "reverse") for state in over(ANY_RECORD, a="result", b=b)),
    *((12, state) for state in over((OF_ANOTHER,), a="result", b="original")),
    *((12, state) for state in over((SWAPPING, SWAPPED), a="empty", b="other")),
    *((13, state) for b in ("original", "other") for state in over(ANY_RECORD, a="original", b=b)),
    *((14, state) for b in ("result", "damaged", "empty") for state in over(ANY_RECORD, a="original", b=b)),
    *((15, state) for b in ("result", "damaged", "empty", SECOND_NAME) for state in over(ANY_RECORD, a="result", b=b)),
    *((16, state) for t in ("result", "damaged") for state in over(ANY_RECORD, a="damaged", t=t)),
    *((16, state) for b in ("result", "damaged", SECOND_NAME) for state in over(ANY_RECORD, a="damaged", b=b)),
    *((17, state) for b in ("result", "damaged") for state in over(ANY_RECORD, b=b)),
    *((17, state) for t in ("result", "damaged") for state in over(ANY_RECORD, t=t)),
    *((17, state) for state in over((SWAPPING, SWAPPED, UNREADABLE))),
    *((18, state) for a in ("original", "result", "empty") for state in over(ANY_RECORD, a=a, t="other")),
    *((18, state) for state in over(ANY_RECORD, b="original", t="other")),
    *((19, state) for a in ("mixed", "silent") for state in over((SWAPPING, SWAPPED), a=a)),
    *((19, state) for a in ("mixed", "silent") for state in over(ANY_RECORD, a=a, b="original")),
    *((20, state) for state in over(ANY_RECORD, a=LINK)),
    *((20, state) for state in over(ANY_RECORD, a="result", b=LINK)),
    *((20, state) for state in over(ANY_RECORD, a="original", t=LINK)),
    *((20, state) for state in over(ANY_RECORD, a=FOLDER, b="original")),
    *((20, state) for state in over(ANY_RECORD, a="original", b=FOLDER)),
    *((0, state) for state in over((SWAPPED,), a="result", t="damaged")),
    *((0, state) for state in over((SWAPPING,), a="result")),
    *((0, state) for state in over((SWAPPING, SWAPPED), a="result", b="original", t="result")),
    *((0, state) for state in over(ANY_RECORD, a="original", t="mixed")),
]


@pytest.mark.parametrize(("row", "state"), PENDING_ROWS, ids=str)
def test_what_is_not_done_becomes_the_original_alone(shard: ShardFiles, tars: Tars, row: int, state: State) -> None:
    lay(shard, state, tars)
    done = recovered(shard)
    assert (done.decision.row, done.decision.ends) == (row, Ends.PENDING)
    assert shard.audio.read_bytes() == tars.original
    assert shard.audio.lstat().st_nlink == 1
    assert {path.name for path in shard.folder.iterdir()} <= {shard.audio_name, shard.status_name}
    settles(shard, Ends.PENDING)


@pytest.mark.parametrize(("row", "state"), DONE_ROWS, ids=str)
def test_what_is_done_becomes_the_result_with_its_record(shard: ShardFiles, tars: Tars, row: int, state: State) -> None:
    lay(shard, state, tars)
    inode = shard.audio.lstat().st_ino
    done = recovered(shard)
    assert (done.decision.row, done.decision.ends) == (row, Ends.DONE)
    assert shard.audio.read_bytes() == tars.result
    assert shard.audio.lstat().st_ino == inode
    assert {path.name for path in shard.folder.iterdir()} == {shard.audio_name, shard.status_name}
    record = read_record(REAL, shard.status)
    assert isinstance(record, Record)
    assert record == done.record
    assert record.state is SwapState.SWAPPED
    assert record.result == hash_of(tars.result, shard.folder.parent / "hashed")
    assert record.adopted is (row == 11)
    assert record.original == (None if row == 11 else hash_of(tars.original, shard.folder.parent / "hashed"))
    settles(shard, Ends.DONE)


@pytest.mark.parametrize(("row", "state"), RED_ROWS, ids=str)
def test_what_nobody_can_be_sure_of_is_not_touched(shard: ShardFiles, tars: Tars, row: int, state: State) -> None:
    lay(shard, state, tars)
    before = snapshot(shard.folder)
    done = recovered(shard)
    assert snapshot(shard.folder) == before
    assert (done.decision.row, done.decision.ends, done.decision.actions) == (row, Ends.RED, ())
    assert done.decision.why


def settles(shard: ShardFiles, ends: Ends) -> None:
    """Another recovery finds nothing to do."""
    before = snapshot(shard.folder)
    again = recovered(shard)
    assert snapshot(shard.folder) == before
    assert again.decision.ends in {ends, Ends.UNTOUCHED}


@pytest.mark.parametrize(("row", "state"), [*PENDING_ROWS, *DONE_ROWS], ids=str)
def test_looking_changes_nothing_and_tells_the_same(shard: ShardFiles, tars: Tars, row: int, state: State) -> None:
    lay(shard, state, tars)
    before = snapshot(shard.folder)
    looked = recovered(shard, act=False)
    assert snapshot(shard.folder) == before
    assert looked.decision.row == row
    assert recovered(shard).decision == looked.decision


@pytest.mark.parametrize(("row", "record"), [(6, SWAPPING_KEPT), (7, SWAPPED_KEPT)])
def test_an_original_that_is_to_stay_stays_until_it_is_let_go(
    shard: ShardFiles, tars: Tars, row: int, record: str
) -> None:
    lay(shard, State("result", "original", None, record), tars)
    kept = shard.backup.lstat().st_ino
    done = recovered(shard)
    assert (done.decision.row, done.decision.ends) == (row, Ends.DONE)
    assert (shard.backup.lstat().st_ino, shard.backup.read_bytes()) == (kept, tars.original)
    assert shard.audio.read_bytes() == tars.result
    before = snapshot(shard.folder)
    assert recovered(shard).decision.ends is Ends.DONE
    assert snapshot(shard.folder) == before
    assert recovered(shard, let_go=True).decision.ends is Ends.DONE
    assert not shard.backup.exists()
    assert shard.audio.read_bytes() == tars.result
    settles(shard, Ends.DONE)


def test_a_tar_with_a_further_name_is_left_alone(shard: ShardFiles, tars: Tars) -> None:
    lay(shard, State("original", t="damaged"), tars)
    os.link(shard.audio, shard.folder.parent / "elsewhere.tar")
    before = snapshot(shard.folder)
    done = recovered(shard)
    assert (done.decision.row, done.decision.ends) == (20, Ends.RED)
    assert snapshot(shard.folder) == before


@pytest.mark.parametrize("junk", [b"", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"state": "swapped"}'])
def test_a_status_file_of_anybody_is_no_record(shard: ShardFiles, tars: Tars, junk: bytes) -> None:
    lay(shard, State("original"), tars)
    shard.status.write_bytes(junk)
    done = recovered(shard)
    assert (done.decision.row, done.decision.ends, done.record) == (4, Ends.PENDING, None)
    assert isinstance(read_record(REAL, shard.status), Unreadable)


def test_a_record_never_makes_a_shard_done_whose_tar_is_an_original(shard: ShardFiles, tars: Tars) -> None:
    """Somebody put the original back: the record tells of a tar that is gone."""
    lay(shard, State("result", "original", None, SWAPPED), tars)
    recovered(shard)
    shard.audio.write_bytes(tars.original)
    done = recovered(shard)
    assert (done.decision.row, done.decision.ends) == (4, Ends.PENDING)


def test_a_kept_original_is_not_let_go_before_its_conversion_was_read_again(shard: ShardFiles, tars: Tars) -> None:
    """Weeks lie between the swap and the release; the disk may have rotted, which changes no time stamp."""
    lay(shard, State("result", "original", None, SWAPPING_KEPT), tars)
    recovered(shard)
    rotten = LyingFiles(REAL, lambda path: path == shard.audio, cached_too=True)
    recover(rotten, shard, STAMP, let_go=True)
    assert tars.original in (bytes_at(shard.audio), bytes_at(shard.backup))


FOREIGN_A = ("original", "other", "result", "other_result", "damaged", "rotten", "empty", "mixed", LINK, None)
FOREIGN_B = ("original", "other", "reverse", "result", "damaged", "empty", SECOND_NAME, LINK, None)
FOREIGN_T = ("original", "other", "result", "other_result", "damaged", "mixed", LINK, None)
FOREIGN_S = (SWAPPING, SWAPPED, SWAPPED_KEPT, OF_ANOTHER, UNREADABLE, None)


def foreign_states(a: str | None) -> Iterator[State]:
    for b, t, s in itertools.product(FOREIGN_B, FOREIGN_T, FOREIGN_S):
        if a is not None or b != SECOND_NAME:
            yield State(a, b, t, s)


def originals_in(names: ShardFiles, tars: Tars) -> set[bytes]:
    held = {bytes_at(path) for path in (names.audio, names.backup, names.temporary)}
    return {tar for tar in tars.result_of if tar in held}


@pytest.mark.parametrize("a", FOREIGN_A, ids=str)
def test_no_whole_original_disappears_unless_its_own_conversion_is_in_its_place(
    tmp_path: Path, tars: Tars, a: str | None
) -> None:
    """And what is RED is not touched, and recovery that was done once has nothing more to do."""
    lost = []
    for number, state in enumerate(foreign_states(a)):
        folder = tmp_path / str(number) / "shard"
        folder.mkdir(parents=True)
        names = ShardFiles.of_folder(folder)
        lay(names, state, tars)
        originals, before = originals_in(names, tars), snapshot(folder)
        done = recovered(names, let_go=True)
        after = snapshot(folder)
        if not done.decision.actions:
            assert after == before, state
        gone = originals - originals_in(names, tars)
        if any(bytes_at(names.audio) != tars.result_of[original] for original in gone):
            lost.append(str(state))
        if done.decision.ends is Ends.PENDING:
            assert bytes_at(names.audio) in tars.result_of, state
        if done.decision.ends is Ends.DONE:
            assert bytes_at(names.audio) in {*tars.result_of.values(), flipped(tars.result)}, state
        if done.decision.ends in (Ends.PENDING, Ends.DONE):
            assert not names.backup.exists(), state
            assert not names.temporary.exists(), state
        again = recovered(names, let_go=True)
        assert snapshot(folder) == after, f"{state}: a second recovery changed something"
        assert again.decision.ends is done.decision.ends or Ends.UNTOUCHED in (again.decision.ends, done.decision.ends)
    assert not lost


def test_the_foreign_states_are_many() -> None:
    assert sum(1 for a in FOREIGN_A for _ in foreign_states(a)) > 3_000


RECORD = (
    *(f"{what} shard_conversion_status.json.tmp" for what in ("create", "write", "sync", "close")),
    "rename shard_conversion_status.json",
    "sync_folder shard",
)


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        (State("original", t="damaged"), ("unlink audio_16k.tar.tmp", "sync_folder shard")),
        (
            State("original", SECOND_NAME, "result", SWAPPING),
            ("unlink audio_48k.bak", "sync_folder shard", "unlink audio_16k.tar.tmp", "sync_folder shard"),
        ),
        (
            State("result", "original", None, SWAPPING),
            ("sync_file audio.tar", "sync_folder shard", *RECORD, "unlink audio_48k.bak", "sync_folder shard"),
        ),
        (
            State("result", "original", None, SWAPPED),
            ("sync_file audio.tar", "sync_folder shard", "unlink audio_48k.bak", "sync_folder shard"),
        ),
        (State("empty", "original"), ("sync_file audio_48k.bak", "rename audio.tar", "sync_folder shard")),
        (
            State(None, "original"),
            ("move audio.tar", "sync_folder shard"),
        ),
        (State("result", None, "damaged"), ("unlink audio_16k.tar.tmp", "sync_folder shard", *RECORD)),
    ],
    ids=str,
)
def test_recovery_makes_each_change_durable_before_the_next(
    shard: ShardFiles, tars: Tars, state: State, changes: tuple[str, ...]
) -> None:
    """And a name that another may have taken meanwhile is made by a move, which never overwrites."""
    lay(shard, state, tars)
    files = FaultFiles(REAL)
    recover(files, shard, STAMP)
    assert tuple(call for call in files.calls if call.split()[0] in EFFECTS) == changes
