"""A shard's fragment: whole or not there, and current as long as nothing changed."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
import xxhash

from engine.dataset.manifest.fragment import about_of, is_current, open_fragment, problems_of, write_fragment
from engine.dataset.manifest.fragment_inputs import FragmentInputs, Version, inputs_of
from engine.dataset.manifest.schema import Problem, ProblemKind, fragment_schema
from engine.errors import DamagedError
from engine.shards.files import RealFiles
from engine.shards.names import ShardFiles
from tests.engine.dataset.manifest.corpora import entry, inputs_of_shard, shard

ROWS = shard("a", [entry("u1", "v1"), entry("u2", seconds=None, codec="", sample_format="", bucket=())])


def looked_at(folder: Path) -> FragmentInputs:
    return inputs_of(
        RealFiles(),
        ShardFiles.of_folder(folder),
        source="src",
        shard="a",
        tar="src/a/audio.tar",
        sidecar=folder / "metadata.jsonl",
        clip_table=folder / "clips.gz",
        state="done",
        aliases={"text": ("words",)},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("audio.tar", "metadata.jsonl"):
        (tmp_path / name).write_bytes(b"as it was")
    return tmp_path


def test_a_fragment_has_the_manifests_columns_and_no_null_in_text(tmp_path: Path) -> None:
    write_fragment(tmp_path / "a.parquet", ROWS, inputs_of_shard(ROWS))
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.schema.equals(fragment_schema())
    first, second = table.to_pylist()
    assert first["duration_s"] == 1.0
    assert (second["duration_s"], second["num_frames"], second["codec"], second["bucket"]) == (None, None, "", [])
    assert [first["group_id"], second["group_id"]] == ["v1", "clip:u2"]
    assert first["utt_high"] << 64 | first["utt_low"] == xxhash.xxh3_128_intdigest(b"u1")
    assert first["audio_high"] << 64 | first["audio_low"] == int(first["audio_hash"], 16)
    assert (second["audio_high"], second["audio_low"]) == (0, 0)


def test_a_shard_without_clips_has_a_fragment_too(tmp_path: Path) -> None:
    problem = Problem(ProblemKind.SHARD, detail="cut short \x1b\ud7ff ü")
    rows = shard("a", [], problems=(problem,))
    write_fragment(tmp_path / "a.parquet", rows, inputs_of_shard(rows))
    with open_fragment(tmp_path / "a.parquet") as file:
        assert (file.metadata.num_rows, problems_of(file, tmp_path)) == (0, [problem])
        assert about_of(file, tmp_path).inputs == inputs_of_shard(rows)


def test_a_fragment_is_current_until_a_file_the_state_or_an_alias_changes(folder: Path) -> None:
    path, inputs = folder / "fragment.parquet", looked_at(folder)
    write_fragment(path, ROWS, inputs)
    assert is_current(path, looked_at(folder))
    assert not is_current(path, msgspec.structs.replace(inputs, state="skipped"))
    assert not is_current(path, msgspec.structs.replace(inputs, aliases={}))
    (folder / "clips.gz").write_bytes(b"new")
    assert not is_current(path, looked_at(folder))


@pytest.mark.parametrize("name", ["audio.tar", "metadata.jsonl"])
def test_a_file_of_the_same_size_and_time_is_another_by_its_inode(folder: Path, name: str) -> None:
    path, before = folder / "fragment.parquet", (folder / name).stat()
    write_fragment(path, ROWS, looked_at(folder))
    (folder / "new").write_bytes(b"as it is!")
    (folder / "new").replace(folder / name)
    os.utime(folder / name, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not is_current(path, looked_at(folder))


def test_what_a_disk_refused_is_looked_at_again(folder: Path) -> None:
    path, inputs = folder / "fragment.parquet", looked_at(folder)
    write_fragment(path, msgspec.structs.replace(ROWS, look_again=True), inputs)
    assert not is_current(path, inputs)


def test_a_missing_damaged_or_foreign_fragment_is_not_current(tmp_path: Path) -> None:
    path, inputs = tmp_path / "a.parquet", inputs_of_shard(ROWS, Version(1, 2, 3, 4))
    assert not is_current(path, inputs)
    write_fragment(path, ROWS, inputs)
    assert is_current(path, inputs)
    whole = path.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], whole.replace(b"gonogo.fragment", b"gonogo.fragmint")):
        path.write_bytes(damaged)
        assert not is_current(path, inputs)


def test_a_writing_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, inputs = tmp_path / "a.parquet", inputs_of_shard(ROWS)
    write_fragment(path, ROWS, inputs)
    before = path.read_bytes()

    def refuse(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        write_fragment(path, shard("a", []), inputs)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (before, [path])


def test_a_flipped_bit_is_found_by_its_pages_checksum(tmp_path: Path) -> None:
    path, rows = tmp_path / "a.parquet", shard("a", [entry(f"u{at}") for at in range(100)])
    write_fragment(path, rows, inputs_of_shard(rows))
    with open_fragment(path) as file:
        group = file.metadata.row_group(0)
        column = group.column(group.num_columns - 1)
    data = bytearray(path.read_bytes())
    data[column.data_page_offset + column.total_compressed_size - 1] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedError, match="delete it"), open_fragment(path) as file:
        file.read()
