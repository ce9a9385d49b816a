from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.watch.detect import open_sources
from engine.watch.sources.stdin import StdinSource
from tests.engine.watch.writing import curve, read_all, read_finished, steps

STATE = json.dumps({"best_metric": None, "log_history": [{"step": 5, "loss": 4.5}]}, indent=2)
CONTENTS = [
    ("text", "banner\nEpoch 1 | Batch 10 | Loss: 4.5 | LR: 1.00e-07\n", "epoch_batch", 10),
    ("hf", "loading\n{'loss': '4.5', 'epoch': '0.1'}\n", "hf_stdout", 1),
    ("state", STATE, "trainer_state", 5),
    ("lightning", "epoch,step,train_loss_step,val_loss\n0,4,4.5,\n", "lightning_csv", 4),
    ("dora", "[11-22][flashy.solver][INFO] - Train | Epoch 1 | 6/60 | 7.0 it/sec | lr 1E-04 | ce 4.5\n", "dora", 6),
    ("history", '[{"train": {"ce": 4.5}}]', "dora_history", 1),
    ("jsonl", '{"step": 3, "loss": 4.5}\n', "jsonl", 3),
    ("csv", "step,loss\n3,4.5\n", "csv", 3),
    ("composer", "[batch=1/100]:\n  Train loss/train/total: 4.5\n", "composer", 1),
]


@pytest.mark.parametrize(("what", "content", "form", "step"), CONTENTS, ids=[row[0] for row in CONTENTS])
@pytest.mark.parametrize("name", ["x", "misleading.csv", "metrics.json"])
def test_a_file_is_what_it_contains_whatever_its_name(  # noqa: PLR0917 - a table's columns
    tmp_path: Path, name: str, what: str, content: str, form: str, step: int
) -> None:
    path = tmp_path / name
    path.write_text(content)
    (source,) = open_sources(path)
    assert curve(read_finished(source).records) == [(step, 4.5)], what
    assert source.status().format == form


def test_a_folder_is_searched_and_what_belongs_together_is_one_source(tmp_path: Path) -> None:
    for number in (5, 10):
        (tmp_path / f"checkpoint-{number}").mkdir()
        (tmp_path / f"checkpoint-{number}" / "trainer_state.json").write_text(STATE)
    (tmp_path / "xp").mkdir()
    (tmp_path / "xp" / "solver.log.0").write_text(CONTENTS[4][1])
    (tmp_path / "xp" / "history.json").write_text(CONTENTS[5][1])
    (tmp_path / "xp" / "config.json").write_text('{"lr": 0.1}')
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "out.txt").write_text(CONTENTS[0][1])
    (tmp_path / "deep" / "er" / "out.txt.1").write_text(CONTENTS[0][1])
    (tmp_path / "deep" / "train.py").write_text(
        "print('Epoch 1 | Batch 10 | Loss: 4.5')\nEpoch 1 | Batch 10 | Loss: 4.5\n"
    )
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "out.txt").write_text(CONTENTS[0][1])
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "data.bin").write_bytes(bytes(range(256)))
    sources = open_sources(tmp_path)
    assert sorted((source.name, source.status().format) for source in sources) == [
        ("deep/er/out.txt", "text"),
        (tmp_path.name, "trainer_state"),
        ("xp/solver.log.0", "dora"),
    ]


def test_what_is_no_log_is_refused_with_what_was_looked_for(tmp_path: Path) -> None:
    binary = tmp_path / "model"
    binary.write_bytes(b"\x80\x02\0\0binary")
    with pytest.raises(UsageError, match="wanted one of") as caught:
        open_sources(binary)
    assert "JSON Lines" in str(caught.value)
    with pytest.raises(UsageError, match="no file in it holds metrics"):
        open_sources(tmp_path)
    with pytest.raises(UsageError, match="neither this file nor its folder"):
        open_sources(tmp_path / "no" / "where.log")


def test_a_log_that_is_not_there_yet_is_waited_for_and_told_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    (source,) = open_sources(path)
    assert not source.poll()
    assert "not there yet" in source.status().problem
    path.touch()
    assert not source.poll()
    assert "empty" in source.status().problem
    path.write_text("step,loss\n3,4.5\n")
    assert steps(read_all(source).records) == [3]
    assert source.status().problem == ""
    source.close()


def test_a_log_that_has_only_a_banner_yet_is_followed_as_text(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_text("loading data\n")
    (source,) = open_sources(path)
    assert not read_all(source).records
    with path.open("a") as log:
        log.write("{'loss': '4.5', 'epoch': '0.1'}\n{'loss': '4.25', 'epoch': '0.2'}\n")
    assert steps(read_all(source).records) == [1, 2]
    assert source.status().format == "hf_stdout"


def test_a_dash_is_standard_input() -> None:
    (source,) = open_sources(Path("-"))
    assert isinstance(source, StdinSource)
