from __future__ import annotations

import json
import os
from pathlib import Path

from engine.watch.sources.hf_stdout import open_hf_stdout
from engine.watch.sources.trainer_state import open_trainer_state
from tests.engine.watch.writing import Writer, curve, read_all, read_finished, steps


def test_both_versions_of_the_trainer_are_read_and_nan_stands_bare(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text(
        "{'loss': 4.5, 'grad_norm': 1.5, 'learning_rate': 5e-05, 'epoch': 0.1}\n"
        "Writing model shards: 100%|##| 1/1 [00:00<00:00, 9.0it/s]"
        "{'loss': '4.25', 'grad_norm': 'nan', 'epoch': '0.2'}\n"
        "{'loss': nan, 'grad_norm': inf, 'learning_rate': 1e-05, 'epoch': 0.3}\n"
        "{'eval_loss': 4.75, 'eval_runtime': 0.01, 'epoch': 0.3}\n"
        "{'train_runtime': 0.5, 'train_loss': 4.4, 'epoch': 0.3}\n"
    )
    batch = read_finished(open_hf_stdout(path, logging_steps=5))
    assert [repr(point) for point in curve(batch.records)] == ["(5, 4.5)", "(10, 4.25)", "(15, nan)"]
    assert curve(batch.records, "eval_loss") == [(15, 4.75)]
    assert batch.records[-1].values["train_loss"] == 4.4
    assert any("prints no steps" in note for note in batch.notes)


def test_a_resumed_run_goes_back_to_the_step_of_its_epoch(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    source = open_hf_stdout(path)
    with Writer(path) as writer:
        for tenth in range(1, 6):
            writer.write(b"{'loss': '4.%d', 'epoch': '0.%d'}\n" % (9 - tenth, tenth))
        first = read_all(source)
    with Writer(path) as writer:
        for tenth in range(4, 8):
            writer.write(b"{'loss': '3.%d', 'epoch': '0.%d'}\n" % (9 - tenth, tenth))
        second = read_all(source)
    assert steps(first.records) == [1, 2, 3, 4, 5]
    assert [(r.segment, r.step) for r in second.records] == [(1, 4), (1, 5), (1, 6), (1, 7)]


def test_a_log_that_begins_with_a_resumed_run_counts_from_its_epoch(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text(
        "{'loss': '2.8', 'epoch': '1.6'}\n{'loss': '2.7', 'epoch': '1.7'}\n{'loss': '2.6', 'epoch': '1.8'}\n"
    )
    batch = read_finished(open_hf_stdout(path, logging_steps=5))
    assert steps(batch.records) == [80, 85, 90]
    assert any("begins at epoch 1.6" in note for note in batch.notes)


def test_a_first_line_alone_is_told_once_the_log_is_quiet(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("{'loss': '2.8', 'epoch': '0.1'}\n")
    source = open_hf_stdout(path)
    assert source.poll().records == ()
    assert steps(source.poll().records) == [1]


def test_a_loss_of_zero_beside_a_gradient_of_nan_is_hidden_nan(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    honest = "{'loss': 1.5, 'grad_norm': 1.0, 'epoch': 0.1}\n{'loss': 1.25, 'grad_norm': nan, 'epoch': 0.2}\n"
    path.write_text(honest)
    source = open_hf_stdout(path)
    read_all(source)
    assert not source.status().hides_nan
    with path.open("a") as log:
        log.write("{'loss': 0.0, 'grad_norm': nan, 'epoch': 0.3}\n")
    read_all(source)
    assert source.status().hides_nan


def state(*rows: dict[str, float]) -> str:
    return json.dumps(
        {"best_metric": None, "global_step": 5, "is_world_process_zero": True, "log_history": rows}, indent=2
    )


def row(step: int, loss: float) -> dict[str, float]:
    return {"epoch": step / 10, "loss": loss, "grad_norm": 1.0, "step": step}


def save(run: Path, number: int, text: str, at_s: int) -> None:
    folder = run / f"checkpoint-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "trainer_state.json").write_text(text)
    os.utime(folder / "trainer_state.json", (at_s, at_s))


def test_the_newest_checkpoint_holds_the_history_and_only_new_rows_are_told(tmp_path: Path) -> None:
    save(tmp_path, 5, state(row(5, 4.5)), 1000)
    source = open_trainer_state(tmp_path / "checkpoint-5" / "trainer_state.json")
    assert curve(read_all(source).records) == [(5, 4.5)]
    assert not source.poll()
    save(tmp_path, 10, state(row(5, 4.5), row(10, float("nan"))), 2000)
    (record,) = read_all(source).records
    assert (record.step, repr(record.values["loss"])) == (10, "nan")


def test_a_run_resumed_from_an_older_checkpoint_is_a_new_segment(tmp_path: Path) -> None:
    save(tmp_path, 5, state(row(5, 4.5)), 1000)
    save(tmp_path, 10, state(row(5, 4.5), row(10, 4.0)), 2000)
    source = open_trainer_state(tmp_path / "checkpoint-10" / "trainer_state.json")
    read_all(source)
    save(tmp_path, 7, state(row(5, 4.5), row(7, 4.25)), 3000)
    assert [(r.segment, r.step) for r in read_all(source).records] == [(1, 7)]


def test_a_half_written_state_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "trainer_state.json"
    path.write_text(state(row(5, 4.5))[:-20])
    source = open_trainer_state(path)
    assert not source.poll()
    assert "not whole JSON" in source.status().problem
    path.write_text(state(row(5, 4.5)))
    assert steps(read_all(source).records) == [5]
    assert source.status().problem == ""
    path.unlink()
    assert not source.poll()
    assert "cannot be read" in source.status().problem
