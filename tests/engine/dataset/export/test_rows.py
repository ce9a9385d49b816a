from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.dataset.export import rows as export_rows
from engine.dataset.export.rows import pieces
from engine.errors import DamagedError
from tests.engine.dataset.export.corpora import SCHEMA, Made, Row, made, small_corpus, write_tables


def outgoing(corpus: Made) -> tuple[list[str], Counter[str]]:
    left_out: Counter[str] = Counter()
    found = []
    for piece in pieces(corpus.manifest, corpus.split, corpus.corpus, left_out, lambda: None):
        assert {name.as_py() for name in piece.rows["tar"]} == {piece.tar.name}
        found += [clip.utt_id for clips in piece.clips.values() for clip in clips]
    return found, left_out


def test_every_clip_goes_out_once_though_the_tables_have_row_groups_of_other_sizes(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path)
    found, left_out = outgoing(corpus)
    assert Counter(found) == Counter(str(row["utt_id"]) for row in corpus.rows)
    assert not left_out


def test_what_is_left_out_is_counted_by_its_first_reason(tmp_path: Path) -> None:
    faults = (
        {"shard_state": "quarantined", "num_frames": None},
        {"shard_state": "failed"},
        {"duration_s": None},
        {"sample_rate_hz": 48_000, "split": "excluded"},
        {"num_frames": 0, "duration_s": 0.0},
        {"split": "excluded"},
        {"shard_state": "skipped"},
    )
    waiting = iter(faults)
    corpus = made(small_corpus(tmp_path).corpus, lambda row: row.update(next(waiting, {})))
    found, left_out = outgoing(corpus)
    assert left_out == {
        "shard is quarantined": 1,
        "shard is failed": 1,
        "header cannot be read": 1,
        "not 16 kHz": 1,
        "no frames": 1,
        "not in train, dev or test": 1,
    }
    assert sorted(found) == sorted(str(row["utt_id"]) for row in corpus.rows[6:])


def test_a_split_of_other_clips_or_of_more_is_refused(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path)
    rows: list[Row] = [dict(row) for row in corpus.rows]
    write_tables(tmp_path / "other.parquet", corpus.split, [rows[1], rows[0], *rows[2:]])
    with pytest.raises(DamagedError, match="the split is of another manifest: read other names"):
        outgoing(corpus)
    write_tables(tmp_path / "other.parquet", corpus.split, rows[1:])
    with pytest.raises(DamagedError, match="read 22 rows, wanted 23 as the manifest has"):
        outgoing(corpus)


def test_a_manifest_that_comes_back_to_a_tar_is_refused(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path)
    write_tables(corpus.manifest, corpus.split, [*corpus.rows[1:], corpus.rows[0]])
    with pytest.raises(DamagedError, match=r"comes back to a tar: read final-export/shard_00000/audio.tar"):
        outgoing(corpus)


def test_a_tar_that_is_gone_is_named(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path)
    (corpus.corpus / "speech" / "lone.tar").unlink()
    with pytest.raises(DamagedError, match=r"speech/lone.tar: the manifest names a tar that is not there"):
        outgoing(corpus)


def test_what_was_read_of_the_manifest_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = small_corpus(tmp_path, shards=1)
    row, count = corpus.rows[0], 20_000
    monkeypatch.setattr(export_rows, "ROWS", 500)
    texts = [random.randbytes(100).hex() for _ in range(count)]  # they must not pack well, no more
    table = pa.Table.from_pylist([{name: row[name] for name in SCHEMA.names}] * count, SCHEMA)
    table = table.set_column(table.schema.get_field_index("text"), "text", pa.array(texts))
    pq.write_table(table, corpus.manifest, row_group_size=500)
    pq.write_table(pa.table({"utt_id": table["utt_id"], "split": ["train"] * count}), corpus.split)
    del table
    before = pa.total_allocated_bytes()
    held = [
        pa.total_allocated_bytes() - before
        for _ in pieces(corpus.manifest, corpus.split, corpus.corpus, Counter(), lambda: None)
    ]
    assert len(held) == count / 500
    assert max(held) < corpus.manifest.stat().st_size / 2


@pytest.mark.parametrize("content", [b"", b"PAR1" + bytes(64) + b"PAR1"])
def test_a_table_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    corpus = small_corpus(tmp_path)
    corpus.manifest.write_bytes(content)
    with pytest.raises(DamagedError, match=r"manifest.parquet: the table cannot be read"):
        outgoing(corpus)
