"""Hugging Face's Trainer, really training: its output and its trainer_state.json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.watch.detect import open_sources
from engine.watch.sources.hf_stdout import open_hf_stdout
from engine.watch.sources.trainer_state import open_trainer_state
from tests.engine.watch.real.following import follow, start
from tests.engine.watch.writing import curve, read_all, steps

pytest.importorskip("transformers", reason="transformers is not installed")
pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("accelerate", reason="accelerate, which the Trainer needs, is not installed")

PROGRAM = """
import sys, time, torch
from transformers import Trainer, TrainingArguments, TrainerCallback
run, resume, broken = sys.argv[1], sys.argv[2] == "resume", sys.argv[3] == "broken"
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 1)
    def forward(self, x, labels):
        loss = ((self.linear(x)[:, 0] - labels) ** 2).mean()
        return {"loss": loss * float("nan") if broken else loss}
class Rows(torch.utils.data.Dataset):
    def __len__(self): return 160
    def __getitem__(self, at): return {"x": torch.full((4,), at / 160), "labels": torch.tensor(at / 80)}
class Slow(TrainerCallback):
    def on_step_end(self, args, state, control, **_): time.sleep(0.02)
torch.manual_seed(0)
arguments = TrainingArguments(run, per_device_train_batch_size=8, num_train_epochs=3, logging_steps=5, save_steps=10,
    eval_strategy="no", report_to=[], use_cpu=True, disable_tqdm=True, seed=1 if resume else 0)
trainer = Trainer(Net(), arguments, train_dataset=Rows(), callbacks=[Slow()])
trainer.train(resume_from_checkpoint=resume or None)
"""


@pytest.mark.timeout(300)
def test_its_output_and_states_are_read_while_it_is_killed_and_resumed(tmp_path: Path) -> None:
    run, output = tmp_path / "run", tmp_path / "out.txt"
    source = open_hf_stdout(output, logging_steps=5)
    first = follow(source, start(PROGRAM, output, str(run), "fresh", "sound"), until=lambda records: len(records) >= 5)
    assert steps(first)[:5] == [5, 10, 15, 20, 25]
    second = follow(source, start(PROGRAM, output, str(run), "resume", "sound"))
    losses = [record for record in second if "loss" in record.values]
    assert losses[-1].step == 60
    assert len(losses) < 12
    (state,) = [source for source in open_sources(run) if source.status().format == "trainer_state"]
    truth = json.loads((run / "checkpoint-60" / "trainer_state.json").read_text())["log_history"]
    assert curve(read_all(state).records) == [(row["step"], row["loss"]) for row in truth if "loss" in row]
    told = dict(curve([*first, *second]))
    assert told == pytest.approx({row["step"]: row["loss"] for row in truth if "loss" in row}, rel=1e-3)


@pytest.mark.timeout(300)
def test_a_nan_that_the_trainer_prints_as_zero_is_found_out(tmp_path: Path) -> None:
    run, output = tmp_path / "run", tmp_path / "out.txt"
    source = open_hf_stdout(output, logging_steps=5)
    records = follow(source, start(PROGRAM, output, str(run), "fresh", "broken"))
    assert 0.0 in dict(curve(records)).values()
    assert source.status().hides_nan
    state = open_trainer_state(run)
    read_all(state)
    assert state.status().hides_nan
