from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.checklist.kinds.table_stop import Stop, StoppedError
from engine.config.artifact_sections import EXPORTS
from engine.dataset.export import folder as export_folder
from engine.dataset.export import rows as export_rows
from engine.dataset.export.exporting import export
from engine.errors import DamagedError, UsageError
from tests.engine.dataset.export.corpora import Made, made, recordings, small_corpus, write_tables
from tests.recordings import make_lone

Tree = dict[str, bytes | str]


def tree(folder: Path) -> Tree:
    """Return what all files hold; links by where they lead."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or path.is_file()]
    return {
        str(path.relative_to(folder)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in paths
    }


def written(folder: Path) -> dict[Path, tuple[int, int]]:
    """Return which file each is, and when it was last changed."""
    return {path: (path.lstat().st_ino, path.lstat().st_mtime_ns) for path in folder.rglob("*")}


def change_texts(corpus: Made) -> None:
    write_tables(corpus.manifest, corpus.split, [row | {"text": "other words"} for row in corpus.rows])


def test_all_formats_tell_of_the_same_clips_and_hours(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path)
    reports = corpus.export().formats
    assert [report.format for report in reports] == list(EXPORTS)
    for report in reports:
        assert report.made
        assert report.clips == {split: len(corpus.of(split)) for split in ("train", "dev", "test")}
        assert sum(report.seconds.values()) == pytest.approx(sum(float(str(row["duration_s"])) for row in corpus.rows))
        assert report.tars == 5
        assert (Path(report.folder) / "README.md").stat().st_size > 500


def test_an_export_of_the_same_inputs_is_left_as_it_is(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path)
    first = corpus.export().formats
    marks = written(corpus.folder)
    second = corpus.export().formats
    assert not any(report.made for report in second)
    assert [report.clips for report in second] == [report.clips for report in first]
    assert written(corpus.folder) == marks


def test_another_manifest_or_a_lost_file_makes_it_again_and_the_same_inputs_make_the_same_bytes(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path)
    corpus.export()
    before = tree(corpus.folder)
    (corpus.folder / "hf" / "data" / "dev-00000-of-00001.parquet").unlink()
    assert [report.format for report in corpus.export().formats if report.made] == ["hf"]
    assert tree(corpus.folder) == before
    change_texts(corpus)
    assert all(report.made for report in corpus.export().formats)
    assert tree(corpus.folder) != before


@pytest.mark.parametrize("exchanges", [True, False])
def test_files_that_are_no_longer_wanted_go_with_the_old_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, exchanges: bool
) -> None:
    if not exchanges:
        monkeypatch.setattr(export_folder, "renameat2", _refuse)
    corpus = small_corpus(tmp_path)
    corpus.export()
    write_tables(corpus.manifest, corpus.split, corpus.rows[:5])
    corpus.export()
    assert sorted(path.name for path in corpus.folder.iterdir()) == sorted(EXPORTS)
    assert len(list((corpus.folder / "nemo" / "train").glob("audio_*.tar"))) == 1


def _refuse(source: Path, target: Path, flags: int) -> None:
    raise OSError(os.strerror(flags), str(source), str(target))


def test_a_fault_on_the_way_leaves_the_old_exports_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_rows, "ROWS", 4)
    corpus = small_corpus(tmp_path)
    corpus.export()
    before = tree(corpus.folder)
    change_texts(corpus)
    (corpus.corpus / "speech" / "lone.tar").unlink()  # the last of them
    with pytest.raises(DamagedError):
        corpus.export()
    assert tree(corpus.folder) == before


def test_a_stop_between_two_batches_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_rows, "ROWS", 4)
    corpus = small_corpus(tmp_path)
    stop, ticks = Stop(), list[int]()

    def tick() -> None:
        ticks.append(len(ticks))
        if len(ticks) == 3:
            stop.now()

    with pytest.raises(StoppedError):
        export(corpus.ask(), tick, stop)
    assert len(ticks) == 3
    assert not list(corpus.folder.iterdir())


def test_what_a_killed_export_left_is_removed(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path)
    left = corpus.folder / ".nemo.4711.tmp" / "train"
    left.mkdir(parents=True)
    (left / "manifest_0.json").write_text("{}")
    corpus.export("nemo")
    assert [path.name for path in corpus.folder.iterdir()] == ["nemo"]


def test_a_format_that_there_is_none_of_is_refused(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path, shards=1)
    with pytest.raises(UsageError, match="formats kaldi"):
        corpus.ask("nemo", "kaldi")


def test_a_folder_whose_name_is_not_utf8_is_found_by_how_it_is_shown(tmp_path: Path) -> None:
    make_lone(tmp_path / "corpus" / "caf\udce9" / "a.tar", recordings(2))
    corpus = made(tmp_path / "corpus", lambda row: row.update(split="train"))
    assert {row["tar"] for row in corpus.rows} == {"caf\\udce9/a.tar"}
    nemo, lhotse, hf, index = corpus.export().formats
    link = corpus.folder / "nemo" / "train" / "audio_0.tar"
    assert link.read_bytes() == corpus.tars[0].read_bytes()
    assert [report.clips["train"] for report in (nemo, hf, index)] == [2, 2, 2]
    assert lhotse.left_out == {"the path of its tar is not UTF-8": 2}
