from __future__ import annotations

import json
from pathlib import Path

from engine.watch.sources.dora import open_dora, open_history
from tests.engine.watch.writing import Writer, curve, kinds, read_all


def said(text: str, module: str = "flashy.solver") -> bytes:
    """A line as dora's logger colours it."""
    return f"[\x1b[36m11-22 03:52:04\x1b[0m][\x1b[34m{module}\x1b[0m][\x1b[32mINFO\x1b[0m] - {text}\x1b[0m\n".encode()


def step_line(epoch: int, at: int, ce: float) -> bytes:
    return said(
        f"Train | Epoch {epoch} | {at}/60 | 7.26 it/sec | lr 1.00E-04 | grad_norm 5.358E+00 | ce {ce:.3f} | ppl 9.000"
    )


def summaries(epoch: int, ce: float) -> bytes:
    train = said(
        f"\x1b[1mTrain Summary | Epoch {epoch} | lr=1.00E-04 | grad_norm=4.3E+00 | ce={ce:.3f} | duration=5.881"
    )
    return train + said(f"\x1b[1mValid Summary | Epoch {epoch} | ce={ce - 0.5:.3f} | duration=0.047")


def test_a_solver_that_is_killed_and_resumed_repeats_its_summaries_and_they_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "solver.log.0"
    source = open_dora(path)
    with Writer(path) as writer:
        writer.write(said("Model size: 0.34 M params"))
        writer.write(step_line(1, 30, 6.0) + step_line(1, 54, 5.5) + summaries(1, 5.75))
        writer.write(step_line(2, 30, 5.0))
        first = read_all(source)
    with Writer(path) as writer:  # dies while it loads
        writer.write(said("Loading existing checkpoint: checkpoint.th"))
        writer.write(b'Traceback (most recent call last):\n  File "a.py", line 1, in f\n_pickle.UnpicklingError: no\n')
        crashed = read_all(source)
    with Writer(path) as writer:
        writer.write(said("Loading existing checkpoint: checkpoint.th") + said("Replaying past metrics..."))
        writer.write(summaries(1, 5.75) + step_line(2, 30, 5.125) + step_line(2, 54, 4.5) + summaries(2, 4.75))
        second = read_all(source)
    assert curve(first.records) == [(30, 6.0), (54, 5.5), (90, 5.0)]
    assert curve(first.records, "eval_loss") == [(60, 5.25)]
    assert first.records[0].values["grad_norm"] == 5.358
    assert first.records[0].values["steps_per_s"] == 7.26
    assert kinds(crashed.mishaps) == ["traceback"]
    assert curve(second.records) == [(90, 5.125), (114, 4.5)]
    assert curve(second.records, "eval_loss") == [(120, 4.25)]
    assert {r.segment for r in first.records} == {0}
    assert {r.segment for r in second.records} == {1}


def test_a_history_tells_an_epoch_a_step(tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    epochs = [{"train": {"ce": 6.0, "lr": 1e-4}, "valid": {"ce": 5.5}}, {"train": {"ce": 5.0, "lr": 1e-4}}]
    path.write_text(json.dumps(epochs[:1]))
    source = open_history(path)
    assert curve(read_all(source).records) == [(1, 6.0)]
    path.write_text(json.dumps(epochs, indent=1))
    assert curve(read_all(source).records) == [(2, 5.0)]
    assert source.status().format == "dora_history"
