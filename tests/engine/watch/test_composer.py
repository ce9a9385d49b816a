from __future__ import annotations

from pathlib import Path

import pytest

from engine.watch.sources.text import open_text
from tests.engine.watch.writing import Writer, curve, read_finished, steps


def block(place: str, **metrics: float) -> bytes:
    """A block as Composer's ConsoleLogger prints it; ``__`` stands for a slash."""
    lines = [f"\t {name.replace('__', '/').replace('_', ' ', 1)}: {value}" for name, value in metrics.items()]
    return "\n".join([f"{place}:", *lines, ""]).encode()


def test_batches_that_begin_again_with_each_epoch_are_one_run(tmp_path: Path) -> None:
    path = tmp_path / "log"
    source = open_text(path)
    with Writer(path) as writer:
        for at in range(4):
            place = f"[epoch={at // 2 + 1}][batch={at % 2 + 1}/2]"
            writer.write(block(place, Train_time__batch=at, Train_loss__train__total=5.0 - at))
        writer.write(block("[epoch=2][batch=1/2]", Train_time__batch=2, Train_loss__train__total=2.5))
    records = read_finished(source).records
    assert curve(records) == [(1, 5.0), (2, 4.0), (3, 3.0), (4, 2.0), (3, 2.5)]
    assert [record.segment for record in records] == [0, 0, 0, 0, 1]
    assert [record.values["epoch"] for record in records] == [1, 1, 2, 2, 2]


def test_without_its_count_of_batches_epochs_are_added_up(tmp_path: Path) -> None:
    path = tmp_path / "log"
    source = open_text(path)
    with Writer(path) as writer:
        for at in range(4):
            writer.write(block(f"[epoch={at // 2 + 1}][batch={at % 2 + 1}/2]", Train_loss__train__total=5.0 - at))
    assert steps(read_finished(source).records) == [1, 2, 3, 4]


@pytest.mark.parametrize("unit", ["token", "sample", "iteration", "second"])
def test_a_run_measured_in_other_units_still_counts_batches(unit: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    source = open_text(path)
    with Writer(path) as writer:
        for at in range(3):
            place = f"[{unit}={(at + 1) * 4096}/{1 << 20}]"
            writer.write(block(place, Train_time__batch=at, Train_loss__train__total=5.0 - at))
    assert curve(read_finished(source).records) == [(1, 5.0), (2, 4.0), (3, 3.0)]


def test_evaluation_belongs_to_the_step_before_it(tmp_path: Path) -> None:
    path = tmp_path / "log"
    source = open_text(path)
    with Writer(path) as writer:
        writer.write(block("[batch=40/100]", Train_time__batch=39, Train_metrics__train__LanguageCrossEntropy=5.0))
        writer.write(b"[Eval batch=1/12] Eval on eval data\n")
        writer.write(block("[Eval batch=12/12] Eval on eval data", Eval_metrics__eval__LanguageCrossEntropy=4.75))
        writer.write(b"[Eval batch=1/3] Eval on songs data\n")
        writer.write(block("[Eval batch=3/3] Eval on songs data", Eval_metrics__songs__Accuracy=0.25))
        writer.write(block("[batch=41/100]", Train_time__batch=40, Train_metrics__train__LanguageCrossEntropy=5.5))
    records = read_finished(source).records
    assert curve(records) == [(40, 5.0), (41, 5.5)]
    assert curve(records, "eval_loss") == [(40, 4.75)]
    assert curve(records, "eval/metrics/songs/Accuracy") == [(40, 0.25)]


def test_an_evaluation_before_the_first_step_is_at_step_0(tmp_path: Path) -> None:
    path = tmp_path / "log"
    source = open_text(path)
    with Writer(path) as writer:
        writer.write(block("[Eval batch=2/2] Eval on eval data", Eval_metrics__eval__LanguageCrossEntropy=9.0))
        writer.write(block("[batch=1/100]", Train_time__batch=0, Train_loss__train__total=5.0))
    records = read_finished(source).records
    assert curve(records, "eval_loss") == [(0, 9.0)]
    assert curve(records) == [(1, 5.0)]
    assert {record.segment for record in records} == {0}


def test_a_block_that_comes_in_two_pieces_is_at_one_step(tmp_path: Path) -> None:
    path = tmp_path / "log"
    source = open_text(path)
    with Writer(path) as writer:
        writer.write(b"[epoch=3][batch=2/10]:\n\t Train time/batch: 21\n\t Train loss/train/total: 5.0\n")
        records = [record for _ in range(3) for record in source.poll().records]
        writer.write(b"\t Train lr-SGD/group0: 0.01\n")
    records += read_finished(source).records
    assert curve(records) == [(22, 5.0)]
    assert curve(records, "learning_rate") == [(22, 0.01)]
