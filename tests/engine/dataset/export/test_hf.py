from __future__ import annotations

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from engine.dataset.export import hf as export_hf
from tests.engine.dataset.export.corpora import Made, clip_bytes, small_corpus

KEY = re.compile(r"^((?:.*/|)[^.]+)[.]([^/]*)$")  # base_plus_ext of webdataset and datasets


def rows(corpus: Made, split: str) -> list[dict[str, object]]:
    files = sorted((corpus.folder / "hf" / "data").glob(f"{split}-*.parquet"))
    found: list[dict[str, object]] = [row for file in files for row in pq.read_table(file).to_pylist()]
    return found


def test_a_row_says_where_the_clip_lies_and_what_is_said(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path)
    corpus.export("hf")
    for split in ("train", "dev", "test"):
        found = rows(corpus, split)
        assert len(found) == len(corpus.of(split)) > 0
        for row, wanted in zip(found, corpus.of(split), strict=True):
            assert clip_bytes(corpus, row) == clip_bytes(corpus, wanted)
            assert {
                ours: row[name] for name, ours in export_hf.COLUMNS.items() if ours != "key"
            }.items() <= wanted.items()
            match = KEY.match(str(row["file_name"]))
            assert match is not None
            assert row["key"] == match[1]


def test_files_of_a_split_are_numbered_as_load_dataset_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_hf, "ROW_GROUP", 6)
    monkeypatch.setattr(export_hf, "FILE_ROWS", 6)
    monkeypatch.setattr(export_hf, "_LOOSE", 2)
    corpus = small_corpus(tmp_path)
    corpus.export("hf")
    names = sorted(path.name for path in (corpus.folder / "hf" / "data").glob("train-*"))
    assert names == [f"train-{number:05d}-of-{len(names):05d}.parquet" for number in range(len(names))]
    assert len(names) > 1
    assert [row["utt_id"] for row in rows(corpus, "train")] == [row["utt_id"] for row in corpus.of("train")]


def test_a_split_without_clips_has_neither_files_nor_a_line_on_the_card(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path, shards=0)
    (report,) = corpus.export("hf").formats
    card = (corpus.folder / "hf" / "README.md").read_text(encoding="utf-8")
    assert report.clips == {"train": 2, "dev": 1, "test": 0}
    assert "split: dev\n    path: data/dev-*.parquet" in card
    assert "split: test" not in card
    assert not rows(corpus, "test")
