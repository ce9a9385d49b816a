from __future__ import annotations

from pathlib import Path

from engine.watch.sources.lightning_csv import open_lightning_csv
from tests.engine.watch.writing import curve, read_all, read_finished


def rewrite(path: Path, header: str, *rows: str) -> None:
    """Write the file anew in place, as the logger does when a key appears."""
    path.write_text("\n".join((header, *rows)) + "\n")


def test_rows_are_sparse_and_a_column_that_appears_repeats_nothing(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    source = open_lightning_csv(path)
    rewrite(path, "epoch,step,train_loss_step", "0,4,4.5", "0,9,4.25")
    assert curve(read_all(source).records) == [(4, 4.5), (9, 4.25)]
    rewrite(path, "epoch,step,train_loss_step,val_loss", "0,4,4.5,", "0,9,4.25,", "0,9,,4.75")
    batch = read_all(source)
    assert curve(batch.records) == []
    assert curve(batch.records, "eval_loss") == [(9, 4.75)]
    rewrite(path, "epoch,step,train_loss_epoch,train_loss_step,val_loss",
            "0,4,,4.5,", "0,9,,4.25,", "0,9,,,4.75", "0,9,4.4,,", "1,14,,4.0,")  # fmt: skip
    batch = read_all(source)
    assert curve(batch.records) == [(14, 4.0)]
    assert curve(batch.records, "train_loss_epoch") == [(9, 4.4)]
    assert {record.segment for record in batch.records} == {0}
    assert any("train_loss_step counts as the loss" in note for note in batch.notes)


def test_a_run_started_again_over_the_same_file_is_a_new_segment(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    source = open_lightning_csv(path)
    rewrite(path, "epoch,step,train_loss", "0,4,4.5", "0,9,4.25", "0,14,4.0")
    read_all(source)
    rewrite(path, "epoch,step,train_loss", "0,4,4.75")
    assert [(r.segment, r.step) for r in read_all(source).records] == [(1, 4)]


def test_a_torn_last_row_is_told_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,step,train_loss\n0,4,4.5\n0,9,4.2")
    source = open_lightning_csv(path)
    assert curve(read_all(source).records) == [(4, 4.5)]
    with path.open("a") as log:
        log.write("5\n0,14,nan")
    assert [repr(point) for point in curve(read_finished(source).records)] == ["(9, 4.25)", "(14, nan)"]
