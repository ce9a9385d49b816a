"""audiocraft's MusicGen solver through dora, really training a tiny model on a CPU."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.watch.detect import open_sources
from engine.watch.records import Record
from engine.watch.sources.dora import open_dora, open_history
from engine.watch.sources.text import open_text
from tests.app.program import until
from tests.engine.watch.real.following import follow, start
from tests.engine.watch.writing import curve, kinds, read_all

pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers, which audiocraft imports, is not installed")
pytest.importorskip("flashy", reason="flashy, audiocraft's solver and logger, is not installed")

SOURCE = Path(sys.prefix) / "src" / "audiocraft-1.3.0"
"""Its sdist, unpacked by ``make real``: the wheel has no settings, and its pins cannot be installed any more."""
if not (SOURCE / "config").is_dir():
    pytest.skip(f"audiocraft's sdist is not at {SOURCE}: make real puts it there", allow_module_level=True)

PROGRAM = """
import json, os, sys, time
audiocraft, run, old_torch = sys.argv[1:4]
sys.path.insert(1, audiocraft)
os.environ |= {"AUDIOCRAFT_DORA_DIR": f"{run}/dora", "USER": "somebody"}
if old_torch == "unsafe":
    os.environ["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"] = "1"
import torch, torchmetrics, transformers
from tests.engine.watch.real.absent import pretend
pretend("av", "librosa", "spacy", "torchaudio", "xformers")
import xformers.ops
xformers.ops.unbind = torch.unbind  # all that this solver calls of them
import flashy.logging
update = flashy.logging.LogProgressBar.update
def told(self, **metrics):
    logs = update(self, **metrics)
    if logs:
        with open(f"{run}/told.jsonl", "a") as truth:
            truth.write(json.dumps([self._name, self._index, metrics]) + chr(10))
    time.sleep(0.01)
    return logs
flashy.logging.LogProgressBar.update = told

from dora.__main__ import main
sys.argv[1:] = ["-P", "audiocraft", "run", *sys.argv[4:]]
main()
"""
UPDATES = 20
SETTINGS = (
    "solver=musicgen/debug", "device=cpu", "dora.git_save=false", "mp_start_method=fork", "dataset.num_workers=0",
    "dataset.segment_duration=1", "dataset.valid.num_samples=4", "dataset.batch_size=2", "optim.epochs=1000",
    f"optim.updates_per_epoch={UPDATES}", f"logging.log_updates={UPDATES}", "logging.log_tensorboard=false",
    "transformer_lm.dim=32", "transformer_lm.memory_efficient=false", "conditioners.description.model=lut",
    "+conditioners.description.lut={n_bins:8,dim:16,tokenizer:noop}",
)  # fmt: skip


def corpus(folder: Path) -> Path:
    folder.mkdir()
    with gzip.open(folder / "data.jsonl.gz", "wt") as manifest:
        for number in range(4):
            path = folder / f"{number}.flac"
            soundfile.write(path, 0.5 * np.sin(np.arange(64_000) * 0.05 * (number + 1)), 32_000)
            manifest.write(json.dumps({"path": str(path), "duration": 2.0, "sample_rate": 32_000}) + "\n")
    return folder


def told(path: Path) -> list[tuple[int, Mapping[str, float]]]:
    """What the solver handed to its logger at each step of training, before it was rounded and written."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    epochs = [(int(name.rpartition(" ")[2]), index, values) for name, index, values in rows if "Train" in name]
    return [((epoch - 1) * UPDATES + index, values) for epoch, index, values in epochs]


def assert_told(records: list[Record], truth: list[tuple[int, Mapping[str, float]]]) -> None:
    """Each line that was written was read; the solver tells its logger of one line more before it writes it."""
    read = [record for record in records if "loss" in record.values]
    assert len(truth) - len(read) in (0, 1)
    assert [record.step for record in read] == [step for step, _ in truth[: len(read)]]
    for record, (_, values) in zip(read, truth, strict=False):
        assert record.values["loss"] == pytest.approx(values["ce"], abs=6e-4)
        assert record.values["grad_norm"] == pytest.approx(values["grad_norm"], rel=6e-4)
        assert record.values["learning_rate"] == pytest.approx(values["lr"], rel=6e-3)


@pytest.mark.timeout(600)
def test_its_log_and_history_are_read_while_it_trains_is_killed_crashes_and_is_resumed(tmp_path: Path) -> None:
    sounds, output, truth = corpus(tmp_path / "sounds"), tmp_path / "out.txt", tmp_path / "told.jsonl"
    sets = [f"datasource.{split}={sounds}" for split in ("train", "valid", "evaluate", "generate")]
    arguments = (str(SOURCE), str(tmp_path), "unsafe", *SETTINGS, *sets)
    child = start(PROGRAM, output, *arguments)
    until(lambda: list(tmp_path.glob("dora/xps/*/solver.log.0")) or child.poll(), "the solver's log")
    (path,) = tmp_path.glob("dora/xps/*/solver.log.0")
    source, history = open_dora(path), open_history(path.parent / "history.json")
    epochs: list[Record] = []

    def is_in_epoch(wanted: int, records: list[Record]) -> bool:
        epochs.extend(history.poll().records)
        return bool(records) and records[-1].step > (wanted - 1) * UPDATES + 5

    first = follow(source, child, until=lambda records: is_in_epoch(3, records))
    before = told(truth)
    assert_told(first, before)
    assert {record.segment for record in first} == {0}

    follow(open_text(output), start(PROGRAM, output, *arguments[:2], "safe", *arguments[3:]))
    assert not read_all(source).records
    assert kinds(read_all(open_text(output)).mishaps) == ["traceback"]  # torch no longer loads what flashy saved

    child = start(PROGRAM, output, *arguments)
    second = follow(source, child, until=lambda records: is_in_epoch(5, records))
    assert_told(second, told(truth)[len(before) :])
    assert second[0].step % UPDATES == 1
    assert second[0].step <= first[-1].step + 1
    assert {record.segment for record in second} == {1}

    means = json.loads((path.parent / "history.json").read_text())
    epochs += read_all(history).records
    assert curve(epochs) == [(at, epoch["train"]["ce"]) for at, epoch in enumerate(means, 1)]
    assert curve(epochs, "eval_loss") == [(at, epoch["valid"]["ce"]) for at, epoch in enumerate(means, 1)]
    summaries = dict(curve([*first, *second], "eval_loss"))
    assert summaries == pytest.approx(
        {at * UPDATES: epoch["valid"]["ce"] for at, epoch in enumerate(means, 1)}, abs=6e-4
    )
    (again,) = (found for found in open_sources(path.parent) if found.status().format == "dora")
    assert curve(read_all(again).records) == curve([*first, *second])
