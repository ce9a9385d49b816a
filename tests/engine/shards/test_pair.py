"""Where the record is lost, a tar passes beside its own original: by its clip table exactly, by ear without one."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import xxhash

from app.demo.recordings import Samples
from engine.convert.clips import write_clip_table
from engine.errors import DamagedError
from engine.shards.clips import ClipRow
from engine.shards.files import RealFiles
from engine.shards.names import ShardFiles
from engine.shards.pair import BY_EAR, BY_TABLE, prove
from engine.shards.recovery import Stamp, recover
from engine.shards.states import Ends
from tests.engine.shards.conftest import Tars, snapshot, with_words
from tests.recordings import Clip, real_clips_48k, tar_bytes, wav_bytes

REAL = RealFiles()
NOT_ITS_OWN = "not the conversion of its original"


def members_of(tar: bytes) -> list[Clip]:
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        return [(info.name, file.read()) for info in archive if (file := archive.extractfile(info)) is not None]


def rows_of(original: bytes, result: bytes) -> list[ClipRow]:
    """Make the table that a conversion of ``original`` to ``result`` leaves."""
    rows = []
    for (name, was), (_, now) in zip(members_of(original), members_of(result), strict=True):
        if name.endswith(".wav"):
            row = ClipRow(
                member=name,
                offset_bytes=0,
                size_bytes=len(now),
                frames=soundfile.info(io.BytesIO(now)).frames,
                original_frames=soundfile.info(io.BytesIO(was)).frames,
                original_xxh3_128=xxhash.xxh3_128_hexdigest(was),
                xxh3_128=xxhash.xxh3_128_hexdigest(now),
            )
            rows.append(row)
    return rows


def table_of(folder: Path, original: bytes, result: bytes) -> Path:
    table = folder / "clips" / "shard.jsonl.gz"
    write_clip_table(table, rows_of(original, result))
    return table


def proven(folder: Path, original: bytes, result: bytes, table: Path | None = None) -> str:
    (folder / "original.tar").write_bytes(original)
    (folder / "result.tar").write_bytes(result)
    return prove(REAL, folder / "original.tar", folder / "result.tar", table)


def changed(tar: bytes, change: Callable[[list[Clip]], list[Clip]]) -> bytes:
    return tar_bytes(change(members_of(tar)))


def samples_of(clip: Clip) -> Samples:
    samples: Samples = soundfile.read(io.BytesIO(clip[1]), dtype="float32", always_2d=True)[0]
    return samples


def with_its_last_bit_turned(members: list[Clip]) -> list[Clip]:
    """One sample, one step: less than any ear, or rounding, tells."""
    name, data = members[0]
    return [(name, data[:-1_000] + bytes([data[-1_000] ^ 1]) + data[-999:]), *members[1:]]


def with_one_other_sample(members: list[Clip]) -> list[Clip]:
    name, data = members[0]
    return [(name, data[:-999] + bytes([data[-999] ^ 1]) + data[-998:]), *members[1:]]


def silenced(members: list[Clip]) -> list[Clip]:
    return [(members[0][0], wav_bytes(np.zeros_like(samples_of(members[0])), 16_000)), *members[1:]]


def a_tenth_of_a_db_softer(members: list[Clip]) -> list[Clip]:
    return [(members[0][0], wav_bytes(samples_of(members[0]) * np.float32(0.9886), 16_000)), *members[1:]]


def exchanged(members: list[Clip]) -> list[Clip]:
    """Two clips of one length, each under the other's name."""
    return [(members[0][0], members[2][1]), members[1], (members[2][0], members[0][1]), *members[3:]]


def other_words(members: list[Clip]) -> list[Clip]:
    return [members[0], (members[1][0], members[1][1].replace(b"words", b"sword")), *members[2:]]


def one_fewer(members: list[Clip]) -> list[Clip]:
    return members[:-1]


def test_a_conversion_is_proven_by_its_table_and_without_one_by_ear(tmp_path: Path, tars: Tars) -> None:
    for original, result in tars.result_of.items():
        assert proven(tmp_path, original, result, table_of(tmp_path, original, result)) == BY_TABLE
        assert proven(tmp_path, original, result) == f"{BY_EAR} (there is no clip table)"
        assert proven(tmp_path, original, result, tmp_path / "none.gz") == f"{BY_EAR} (there is no clip table)"


@pytest.mark.parametrize("harm", [silenced, a_tenth_of_a_db_softer, exchanged, with_one_other_sample])
@pytest.mark.parametrize("with_table", [True, False])
def test_a_clip_that_was_changed_is_told_and_named(
    tmp_path: Path, tars: Tars, harm: Callable[[list[Clip]], list[Clip]], with_table: bool
) -> None:
    table = table_of(tmp_path, tars.original, tars.result) if with_table else None
    with pytest.raises(DamagedError, match=f"is not what its original was converted to|{NOT_ITS_OWN}") as caught:
        proven(tmp_path, tars.original, changed(tars.result, harm), table)
    assert caught.value.fault.member == "clip_0.wav"


@pytest.mark.parametrize("harm", [other_words, one_fewer])
@pytest.mark.parametrize("with_table", [True, False])
def test_what_is_no_clip_is_compared_byte_for_byte(
    tmp_path: Path, tars: Tars, harm: Callable[[list[Clip]], list[Clip]], with_table: bool
) -> None:
    table = table_of(tmp_path, tars.original, tars.result) if with_table else None
    with pytest.raises(DamagedError, match=r"no clip has changed|members of the converted tar differ"):
        proven(tmp_path, tars.original, changed(tars.result, harm), table)


def test_a_table_of_this_original_tells_a_single_bit(tmp_path: Path, tars: Tars) -> None:
    """The ear cannot: by a bit, one correct method differs from another."""
    rotten = changed(tars.result, with_its_last_bit_turned)
    with pytest.raises(DamagedError, match="is not what its original was converted to: read XXH3-128"):
        proven(tmp_path, tars.original, rotten, table_of(tmp_path, tars.original, tars.result))
    assert proven(tmp_path, tars.original, rotten).startswith(BY_EAR)


def test_no_table_makes_a_pair_of_two_tars_that_are_none(tmp_path: Path, tars: Tars) -> None:
    for original in tars.result_of:
        for other in set(tars.result_of) - {original}:
            result = tars.result_of[other]
            for of in (original, other):
                with pytest.raises(DamagedError):
                    proven(tmp_path, original, result, table_of(tmp_path, of, tars.result_of[of]))
            with pytest.raises(DamagedError, match=NOT_ITS_OWN):
                proven(tmp_path, original, result)


def test_a_table_of_another_tar_under_this_name_leaves_it_to_the_ear(tmp_path: Path, tars: Tars) -> None:
    stale = table_of(tmp_path, tars.other, tars.other_result)
    assert proven(tmp_path, tars.original, tars.result, stale) == f"{BY_EAR} (the clip table is of another tar)"
    shorter = tar_bytes(with_words(real_clips_48k(1)))
    write_clip_table(stale, rows_of(shorter, shorter))
    assert proven(tmp_path, tars.original, tars.result, stale) == f"{BY_EAR} (the clip table is of another tar)"


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda packed: packed[: len(packed) // 2],
        lambda packed: packed[:40] + bytes([packed[40] ^ 1]) + packed[41:],
        lambda _: b"no table at all",
        lambda _: gzip.compress(b'{"member": "clip_0.wav"}\n'),
        lambda _: gzip.compress(b"\xff\xfe\n"),
        lambda packed: packed + b"\0" * 40 + b"more",
    ],
    ids=["empty", "cut", "flipped", "junk", "fields lacking", "no text", "more behind it"],
)
def test_a_damaged_table_is_as_none_and_it_is_said(
    tmp_path: Path, tars: Tars, damage: Callable[[bytes], bytes]
) -> None:
    table = table_of(tmp_path, tars.original, tars.result)
    table.write_bytes(damage(table.read_bytes()))
    told = proven(tmp_path, tars.original, tars.result, table)
    assert told.startswith(BY_EAR)
    assert "the clip table" in told
    with pytest.raises(DamagedError, match=NOT_ITS_OWN):
        proven(tmp_path, tars.original, tars.reverse_result, table)


def test_a_table_that_cannot_be_opened_is_as_none_and_it_is_said(tmp_path: Path, tars: Tars) -> None:
    (tmp_path / "folder").mkdir()
    told = proven(tmp_path, tars.original, tars.result, tmp_path / "folder")
    assert told.startswith(f"{BY_EAR} (the clip table cannot be read: ")


@pytest.mark.parametrize("broken", ["damaged", "silent", "mixed", "result", "original"])
def test_only_an_original_and_a_result_are_a_pair(tmp_path: Path, tars: Tars, broken: str) -> None:
    tar: bytes = getattr(tars, broken)
    table = table_of(tmp_path, tars.original, tars.result)
    if broken != "original":
        with pytest.raises(DamagedError):
            proven(tmp_path, tar, tars.result, table)
    if broken != "result":
        with pytest.raises(DamagedError):
            proven(tmp_path, tars.original, tar, table)


def test_recovery_says_what_it_went_by(shard: ShardFiles, tmp_path: Path, tars: Tars) -> None:
    table = table_of(tmp_path, tars.original, tars.result)
    shard.audio.write_bytes(tars.result)
    shard.backup.write_bytes(tars.original)
    heard = recover(REAL, shard, Stamp("test", "run"), act=False)
    assert (heard.decision.row, heard.decision.ends) == (6, Ends.DONE)
    assert heard.decision.why == f"{BY_EAR} (there is no clip table)"
    done = recover(REAL, shard, Stamp("test", "run"), clips=table)
    assert (done.decision.row, done.decision.why) == (6, BY_TABLE)
    assert shard.audio.read_bytes() == tars.result
    assert not shard.backup.exists()


def test_recovery_keeps_an_original_whose_result_has_one_bit_turned_and_names_the_clip(
    shard: ShardFiles, tmp_path: Path, tars: Tars
) -> None:
    table = table_of(tmp_path, tars.original, tars.result)
    shard.audio.write_bytes(changed(tars.result, with_its_last_bit_turned))
    shard.backup.write_bytes(tars.original)
    before = snapshot(shard.folder)
    done = recover(REAL, shard, Stamp("test", "run"), clips=table, let_go=True)
    assert (done.decision.row, done.decision.ends) == (12, Ends.RED)
    assert "clip_0.wav: a clip is not what its original was converted to" in done.decision.why
    assert snapshot(shard.folder) == before
