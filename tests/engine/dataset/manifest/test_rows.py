"""The rows of one shard, from real tars with real recordings in them."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
import xxhash

from engine.dataset.manifest.rows import ClipEntry, ShardRows, list_shard
from engine.dataset.manifest.schema import ProblemKind
from engine.shards.clips import ClipRow
from engine.shards.files import RealFiles
from engine.shards.names import ShardFiles
from tests.recordings import Clip, cut, real_clips_48k, tar_bytes

CLIPS = [cut((f"v{at}_0.wav", data), 4_800, rate_hz=16_000) for at, (_, data) in enumerate(real_clips_48k(3))]
NAMES = [name for name, _ in CLIPS]


def write_tar(folder: Path, members: Sequence[Clip]) -> Path:
    (folder / "audio.tar").write_bytes(tar_bytes(members))
    return folder / "audio.tar"


def write_jsonl(folder: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    path = folder / "metadata.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def listed(
    folder: Path, sidecar: Path | None = None, *, table: Path | None = None, state: str = "skipped"
) -> ShardRows:
    return list_shard(
        RealFiles(),
        ShardFiles.of_folder(folder),
        source="src",
        shard="a",
        tar="src/a/audio.tar",
        sidecar=sidecar,
        clip_table=table,
        state=state,
        aliases={},
    )


def kinds(found: ShardRows) -> list[tuple[ProblemKind, str]]:
    return [(problem.kind, problem.member or problem.utt_id) for problem in found.problems]


def write_table(folder: Path, rows: Sequence[ClipEntry], **more: object) -> Path:
    """Leave what a conversion leaves of its clips, with hashes that say where they are from."""
    path = folder / "clips.jsonl.gz"
    table = [
        ClipRow(
            member=row.member,
            offset_bytes=row.offset,
            size_bytes=row.size,
            frames=row.num_frames or 0,
            original_frames=0,
            original_xxh3_128="",
            xxh3_128=f"{at:032x}",
        )
        for at, row in enumerate(rows)
    ]
    table[1] = msgspec.structs.replace(table[1], **more)
    path.write_bytes(gzip.compress(b"\n".join(map(msgspec.json.encode, table))))
    return path


def test_rows_are_what_tarfile_and_soundfile_say_of_the_clips(tmp_path: Path) -> None:
    tar = write_tar(tmp_path, [("readme.txt", b"words"), *CLIPS])
    sidecar = write_jsonl(
        tmp_path,
        [
            {"utt_id": f"id{at}", "audio_filepath": name, "video_id": f"v{at}", "text": "hello", "lang": "de"}
            for at, name in enumerate(NAMES)
        ],
    )
    found = listed(tmp_path, sidecar)
    assert (found.problems, found.look_again) == ((), False)
    with tarfile.open(tar) as members:
        wanted = [(each.name, each.offset_data, each.size) for each in members if each.name in NAMES]
    assert [(row.member, row.offset, row.size) for row in found.rows] == wanted
    for at, (row, (_, data)) in enumerate(zip(found.rows, CLIPS, strict=True)):
        info = soundfile.info(io.BytesIO(data))
        assert (row.num_frames, row.sample_rate_hz, row.channels) == (info.frames, 16_000, 1)
        assert (row.codec, row.sample_format, row.audio_hash) == ("wav", "pcm_16", xxhash.xxh3_128_hexdigest(data))
        assert (row.utt_id, row.video_id, row.text, row.language) == (f"id{at}", f"v{at}", "hello", "de")
        assert row.has_metadata


def test_a_clip_without_a_sidecar_row_is_named_after_its_place(tmp_path: Path) -> None:
    write_tar(tmp_path, CLIPS)
    found = listed(tmp_path)
    assert [row.utt_id for row in found.rows] == ["src/a/v0_0", "src/a/v1_0", "src/a/v2_0"]
    assert [row.has_metadata for row in found.rows] == [False] * 3
    assert kinds(found) == [(ProblemKind.NO_METADATA, name) for name in NAMES]


def test_hashes_come_from_the_clip_table_only_where_it_is_of_this_tar_and_the_shard_is_done(tmp_path: Path) -> None:
    write_tar(tmp_path, CLIPS)
    entries = listed(tmp_path).rows
    read = [row.audio_hash for row in entries]
    zeros = [f"{at:032x}" for at in range(3)]
    for more in ({"offset_bytes": 1}, {"size_bytes": 1}, {"member": "other.wav"}):
        table = write_table(tmp_path, entries, **more)
        hashes = [row.audio_hash for row in listed(tmp_path, table=table, state="done").rows]
        assert hashes == [zeros[0], read[1], zeros[2]]
    table = write_table(tmp_path, entries)
    assert [row.audio_hash for row in listed(tmp_path, table=table, state="pending").rows] == read
    table.write_bytes(table.read_bytes()[:-20])
    assert [row.audio_hash for row in listed(tmp_path, table=table, state="done").rows] == read


def test_a_tar_damaged_half_way_gives_the_rows_before_it_and_a_problem(tmp_path: Path) -> None:
    tar = write_tar(tmp_path, CLIPS)
    whole = listed(tmp_path)
    tar.write_bytes(tar.read_bytes()[: whole.rows[2].offset + 512])
    found = listed(tmp_path, write_jsonl(tmp_path, [{"utt_id": name[:-4]} for name in NAMES]))
    assert [row.audio_hash for row in found.rows] == [row.audio_hash for row in whole.rows[:2]]
    assert kinds(found) == [(ProblemKind.SHARD, NAMES[2]), (ProblemKind.NO_CLIP, "v2_0")]
    assert "longer than the rest of the tar" in found.problems[0].detail


def test_a_clip_with_an_unreadable_header_has_a_row_with_nulls(tmp_path: Path) -> None:
    write_tar(tmp_path, [CLIPS[0], ("bad.wav", b"RIFF" + bytes(60)), ("empty.flac", b""), CLIPS[1]])
    found = listed(tmp_path, write_jsonl(tmp_path, [{"utt_id": "bad", "text": "still known"}]))
    bad = found.rows[1]
    assert (bad.num_frames, bad.sample_rate_hz, bad.channels, bad.codec, bad.sample_format) == (
        None,
        None,
        None,
        "",
        "",
    )
    assert (bad.text, bad.audio_hash) == ("still known", xxhash.xxh3_128_hexdigest(b"RIFF" + bytes(60)))
    assert [each for each in kinds(found) if each[0] is ProblemKind.HEADER] == [
        (ProblemKind.HEADER, "bad.wav"),
        (ProblemKind.HEADER, "empty.flac"),
    ]
    assert [row.member for row in found.rows] == [NAMES[0], "bad.wav", "empty.flac", NAMES[1]]


def test_metadata_without_a_clip_and_metadata_again_are_told(tmp_path: Path) -> None:
    write_tar(tmp_path, CLIPS[:1])
    found = listed(tmp_path, write_jsonl(tmp_path, [{"utt_id": "v0_0"}, {"utt_id": "gone"}, {"utt_id": "v0_0"}]))
    assert kinds(found) == [(ProblemKind.NO_CLIP, "gone"), (ProblemKind.CLIP_AGAIN, "v0_0")]
    assert [problem.detail for problem in found.problems] == ["row 2", "row 3"]


def test_names_that_webdataset_would_merge_are_told_and_not_renamed(tmp_path: Path) -> None:
    write_tar(tmp_path, [("vid.1_0.wav", CLIPS[0][1]), ("vid.1_1.wav", CLIPS[1][1]), CLIPS[2]])
    found = listed(tmp_path, write_jsonl(tmp_path, [{"id": "vid.1_0"}, {"id": "vid.1_1"}, {"id": "v2_0"}]))
    assert [row.utt_id for row in found.rows] == ["vid.1_0", "vid.1_1", "v2_0"]
    assert kinds(found) == [(ProblemKind.MERGED, "vid.1_0.wav"), (ProblemKind.MERGED, "vid.1_1.wav")]


LABELS = ["gold", ["gold", 7, ""], 3, None, []]
WANTED = [("gold",), ("gold", "7"), ("3",), (), ()]


@pytest.mark.parametrize("ending", ["jsonl", "json"])
def test_all_labels_of_a_json_sidecar_are_kept(tmp_path: Path, ending: str) -> None:
    clips = [(f"c{at}.wav", CLIPS[0][1]) for at in range(len(LABELS))]
    write_tar(tmp_path, clips)
    rows = [{"file_name": f"c{at}.wav", "lane": label} for at, label in enumerate(LABELS)]
    path = write_jsonl(tmp_path, rows)
    if ending == "json":
        path = tmp_path / "metadata.json"
        path.write_text(json.dumps(rows), encoding="utf-8")
    found = listed(tmp_path, path)
    assert ([row.bucket for row in found.rows], found.problems) == (WANTED, ())


def test_all_labels_of_a_parquet_list_are_kept(tmp_path: Path) -> None:
    write_tar(tmp_path, CLIPS)
    table = pa.table({"file_name": NAMES, "bucket": [["a", "b"], None, ["c"]]})
    pq.write_table(table, tmp_path / "metadata.parquet")
    found = listed(tmp_path, tmp_path / "metadata.parquet")
    assert ([row.bucket for row in found.rows], found.problems) == ([("a", "b"), (), ("c",)], ())


def test_a_webdataset_tar_knows_its_clips_by_members_of_its_own(tmp_path: Path) -> None:
    members = [
        *CLIPS,
        ("v0_0.json", b'{"text": "one", "bucket": ["x", "y"], "tags": [1]}'),
        ("v1_0.json", b'{"bucket": ["x", "y"], "bucket": 1}'),
        ("v2_0.txt", b"two\n"),
    ]
    write_tar(tmp_path, members)
    found = listed(tmp_path)
    assert [(row.text, row.bucket, row.has_metadata) for row in found.rows] == [
        ("one", ("x", "y"), True),
        ("", (), True),
        ("two", (), True),
    ]
    assert kinds(found) == [(ProblemKind.METADATA, "v1_0.json")]


def test_an_unreadable_sidecar_costs_its_metadata_alone(tmp_path: Path) -> None:
    write_tar(tmp_path, CLIPS[:1])
    (tmp_path / "metadata.jsonl").write_bytes(b'{"utt_id": ')
    found = listed(tmp_path, tmp_path / "metadata.jsonl")
    assert [row.member for row in found.rows] == NAMES[:1]
    assert [kind for kind, _ in kinds(found)] == [ProblemKind.METADATA, ProblemKind.NO_METADATA]


def test_a_name_that_is_no_text_is_escaped(tmp_path: Path) -> None:
    name = b"caf\xe9\x1b.wav".decode("utf-8", "surrogateescape")
    info = tarfile.TarInfo(name)
    info.size = len(CLIPS[0][1])
    blocks = info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape") + CLIPS[0][1]
    blocks += bytes(-len(blocks) % 512) + bytes(1024)
    (tmp_path / "audio.tar").write_bytes(blocks)
    found = listed(tmp_path)
    assert [(row.member, row.utt_id) for row in found.rows] == [(r"caf\udce9\x1b.wav", r"src/a/caf\udce9\x1b")]


def test_a_shard_without_a_tar_or_with_a_link_for_one_has_a_problem_and_no_row(tmp_path: Path) -> None:
    assert kinds(listed(tmp_path)) == [(ProblemKind.SHARD, "")]
    write_tar(tmp_path, CLIPS).rename(tmp_path / "elsewhere.tar")
    (tmp_path / "audio.tar").symlink_to(tmp_path / "elsewhere.tar")
    found = listed(tmp_path)
    assert (found.rows, "a link" in found.problems[0].detail) == ((), True)


def test_what_a_disk_refuses_is_told_and_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tar(tmp_path, CLIPS)
    whole, pread = listed(tmp_path), os.pread

    def refuse(descriptor: int, size: int, offset: int) -> bytes:
        if (offset, size) == (whole.rows[1].offset, whole.rows[1].size):
            raise OSError(errno.EIO, "Input/output error")
        return pread(descriptor, size, offset)

    monkeypatch.setattr(os, "pread", refuse)
    found = listed(tmp_path)
    assert [row.audio_hash for row in found.rows] == [whole.rows[0].audio_hash, "", whole.rows[2].audio_hash]
    assert (ProblemKind.BYTES, NAMES[1]) in kinds(found)
    assert found.look_again
