"""The merge of fragments into a manifest, over real files."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from engine.checklist.kinds.table_stop import Stop, StoppedError
from engine.dataset.manifest import table as manifest_table
from engine.dataset.manifest.fragment import write_fragment
from engine.dataset.manifest.groups import find_groups
from engine.dataset.manifest.inputs import INPUTS, read_manifest_inputs
from engine.dataset.manifest.markdown import markdown
from engine.dataset.manifest.merge import PROBLEMS, REPORT, merge
from engine.dataset.manifest.report import EXAMPLES, ManifestReport
from engine.dataset.manifest.rows import ClipEntry, ShardRows
from engine.dataset.manifest.schema import Problem, ProblemKind, problems_schema, schema
from engine.errors import DamagedError
from tests.engine.dataset.manifest.corpora import asked, entry, inputs_of_shard, make_manifest, shard, write_fragments

SHARDS = [
    shard("a", [entry("u1", "v1", "x"), entry("u2", "v1", text="", has_metadata=False)]),
    shard("b", [], problems=(Problem(ProblemKind.SHARD, detail="cut short"),), state="quarantined"),
    shard("c", [entry("u1", "v0", "x", seconds=2.5), entry("u4", seconds=None)]),
]


def of_entries(shards: list[ShardRows]) -> list[dict[str, object]]:
    fields = [name for name in ClipEntry.__struct_fields__ if name != "bucket"]
    return [
        {"shard": one.shard, **{name: getattr(row, name) for name in fields}, "bucket": list(row.bucket)}
        for one in shards
        for row in one.rows
    ]


def test_every_clip_has_its_row_in_order_with_the_columns_of_the_contract(tmp_path: Path) -> None:
    out, report = make_manifest(tmp_path, SHARDS)
    table = pq.read_table(out)
    wanted = of_entries(SHARDS)
    assert table.schema.remove_metadata().equals(schema())
    assert table.select(list(wanted[0])).to_pylist() == wanted
    assert table["group_id"].to_pylist() == ["v0", "v0", "v0", "clip:u4"]
    assert table["tar"].to_pylist() == ["src/a/audio.tar"] * 2 + ["src/c/audio.tar"] * 2
    assert table["shard_state"].to_pylist() == ["done"] * 4
    assert (report.rows, report.shards, report.without_text, report.without_metadata) == (4, 3, 1, 1)
    assert [(part.state, part.shards, part.clips) for part in report.parts] == [("done", 2, 4), ("quarantined", 1, 0)]
    assert report.hours == pytest.approx(4.5 / 3600)


def test_row_groups_are_full_but_the_last_whatever_the_shards_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest_table, "ROW_GROUP", 10)
    shards = [shard(f"s{at}", [entry(f"{at}-{row}") for row in range(size)]) for at, size in enumerate((3, 0, 24, 9))]
    out, _ = make_manifest(tmp_path, shards)
    with pq.ParquetFile(out, page_checksum_verification=True) as file:
        groups = [file.metadata.row_group(at) for at in range(file.num_row_groups)]
        assert [group.num_rows for group in groups] == [10, 10, 10, 6]
        assert {groups[0].column(at).compression for at in range(groups[0].num_columns)} == {"ZSTD"}
        assert file.read()["utt_id"].to_pylist() == [row.utt_id for one in shards for row in one.rows]


def test_a_flipped_bit_in_the_manifest_is_found_by_its_pages_checksum(tmp_path: Path) -> None:
    out, _ = make_manifest(tmp_path, SHARDS)
    with pq.ParquetFile(out) as file:
        column = file.metadata.row_group(0).column(0)
        at = column.data_page_offset + column.total_compressed_size - 1
    data = bytearray(out.read_bytes())
    data[at] ^= 1
    out.write_bytes(data)
    with pytest.raises(OSError, match="CRC"):
        pq.read_table(out, page_checksum_verification=True, use_threads=False)


def test_every_problem_is_in_the_table_and_the_report_names_the_first(tmp_path: Path) -> None:
    left = tuple(Problem(ProblemKind.NO_CLIP, utt_id=f"r{at}", detail=f"row {at}") for at in range(EXAMPLES + 20))
    shards = [*SHARDS, shard("d", [entry("u9")], problems=left)]
    out, report = make_manifest(tmp_path, shards)
    table = pq.read_table(out.with_name(PROBLEMS))
    rows = table.to_pylist()
    assert table.schema.remove_metadata().equals(problems_schema())
    assert [(row["kind"], row["shard"], row["utt_id"]) for row in rows[:3]] == [
        ("shard that cannot be read", "b", ""),
        ("duplicate utt_id", "c", "u1"),
        ("duplicate audio", "c", "u1"),
    ]
    assert rows[1]["detail"] == "as in row 0 of the manifest (from 0), of src/a"
    assert [row["utt_id"] for row in rows[3:]] == [problem.utt_id for problem in left]
    counts = {one.kind: one for one in report.problems}
    assert (counts[ProblemKind.NO_CLIP].count, len(counts[ProblemKind.NO_CLIP].examples)) == (EXAMPLES + 20, EXAMPLES)
    assert msgspec.json.decode(out.with_name(REPORT).read_bytes(), type=ManifestReport) == report


def test_a_manifest_says_what_it_was_made_of_and_the_same_makes_the_same_bytes(tmp_path: Path) -> None:
    out, _ = make_manifest(tmp_path, SHARDS)
    before = out.read_bytes()
    assert read_manifest_inputs(out) == asked(SHARDS)
    assert INPUTS in pq.read_metadata(out).metadata
    assert read_manifest_inputs(out) != asked(SHARDS[:2])
    make_manifest(tmp_path, SHARDS)
    assert out.read_bytes() == before
    assert read_manifest_inputs(tmp_path / "none.parquet") is None


def test_a_manifest_over_a_disk_that_refused_is_never_current(tmp_path: Path) -> None:
    out, report = make_manifest(tmp_path, [shard("a", [entry("u")], look_again=True)])
    assert (read_manifest_inputs(out), report.look_again) == (None, True)


def test_a_merge_that_ends_early_leaves_the_old_manifest(tmp_path: Path) -> None:
    out, _ = make_manifest(tmp_path, SHARDS[:1])
    before = {path: path.read_bytes() for path in tmp_path.glob("manifest*")}
    paths = write_fragments(tmp_path / "fragments", SHARDS)
    groups, stop = find_groups(paths, tmp_path), Stop()
    with pytest.raises(StoppedError):
        merge(paths, out, groups, asked(SHARDS), tick=stop.now, stop=stop)
    write_fragment(paths[0], SHARDS[2], inputs_of_shard(SHARDS[2]))
    write_fragment(paths[2], shard("c", []), inputs_of_shard(SHARDS[2]))
    with pytest.raises(DamagedError, match=r"002\.parquet.*changed while it was used.*0 rows.*run it again"):
        merge(paths, out, groups, asked(SHARDS))
    paths[1].write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(DamagedError, match=r"001\.parquet.*cannot be read"):
        merge(paths, out, groups, asked(SHARDS))
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_the_state_is_that_of_the_rows_where_reading_them_told_more(tmp_path: Path) -> None:
    known = shard("a", [entry("u1")], state="pending")
    paths, out = write_fragments(tmp_path / "fragments", [known]), tmp_path / "manifest.parquet"
    write_fragment(paths[0], msgspec.structs.replace(known, state="skipped"), inputs_of_shard(known))
    report = merge(paths, out, find_groups(paths, tmp_path), asked([known]))
    assert pq.read_table(out)["shard_state"].to_pylist() == ["skipped"]
    assert [part.state for part in report.parts] == ["skipped"]


def test_an_empty_corpus_has_an_empty_manifest(tmp_path: Path) -> None:
    out, report = make_manifest(tmp_path, [])
    assert (pq.read_table(out).num_rows, report.rows, report.problems) == (0, 0, ())
    assert "No problems" in markdown(report)


def test_the_page_tells_states_and_problems_and_takes_no_name_for_markup(tmp_path: Path) -> None:
    odd = shard("<b>|x", [entry("u1", has_metadata=False)], problems=(Problem(ProblemKind.NO_METADATA, "a|*b*.wav"),))
    page = markdown(make_manifest(tmp_path, [*SHARDS, odd])[1])
    assert "5 clips of 4 shards, 0.00 hours." in page
    assert "| src | quarantined | 1 | 0 | 0.00 |" in page
    assert "## Clip without metadata: 1 in 1 shard" in page
    assert r"src/&lt;b&gt;\|x/a\|\*b\*.wav" in page
