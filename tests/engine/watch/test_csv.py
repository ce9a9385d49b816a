from __future__ import annotations

from pathlib import Path

import pytest

from engine.watch.sources.csv_log import open_csv
from tests.engine.watch.writing import Writer, curve, read_all, read_finished


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_step_is_a_column_by_its_name(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "log.csv"
    rows = ["note,global_step,train loss,lr", "a,1,4.5,1e-4", "b,2,nan,1e-4", "c,3,,1e-4"]
    path.write_text("\ufeff" + "\r\n".join(rows).replace(",", delimiter) + "\r\n")
    batch = read_finished(open_csv(path))
    assert [repr(point) for point in curve(batch.records)] == ["(1, 4.5)", "(2, nan)"]
    assert curve(batch.records, "learning_rate") == [(1, 1e-4), (2, 1e-4), (3, 1e-4)]


def test_rows_are_counted_where_no_column_is_a_step_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("loss,lr\n4.5,1\n4.25,1\n")
    batch = read_finished(open_csv(path))
    assert curve(batch.records) == [(1, 4.5), (2, 4.25)]
    assert any("rows are counted" in note for note in batch.notes)


def test_a_run_that_writes_its_header_again_goes_on_as_a_new_segment(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    source = open_csv(path)
    with Writer(path) as writer:
        writer.write(b"step,loss\n1,4.5\n2,4.25\n3,4.")
        first = read_all(source)
    with Writer(path) as writer:
        writer.write(b"\nstep,loss\n2,4.125\n3,4.0\nnot,a,row\n")
        second = read_all(source)
    assert curve(first.records) == [(1, 4.5), (2, 4.25)]
    assert [(r.segment, *point) for r, point in zip(second.records, curve(second.records), strict=True)] == [
        (0, 3, 4.0), (1, 2, 4.125), (1, 3, 4.0),
    ]  # fmt: skip
