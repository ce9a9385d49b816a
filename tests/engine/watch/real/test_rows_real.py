"""Rows as programs write them while they train: JSON by a logging formatter, CSV by Python's own writer."""

from __future__ import annotations

import csv
import importlib.util
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.watch.detect import open_sources
from engine.watch.sources.base import Source
from engine.watch.sources.csv_log import open_csv
from engine.watch.sources.jsonl import open_jsonl
from tests.engine.watch.real.following import follow, start
from tests.engine.watch.writing import curve, read_all

pytest.importorskip("torch", reason="torch is not installed")

_TRAINS = """
import sys, time
from pathlib import Path
log, first = sys.argv[1], int(sys.argv[2])
import torch
net = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(net.parameters(), 0.01)
def train(step):
    rows = torch.randn(8, 4)
    loss = ((net(rows) - rows.sum(1, keepdim=True)) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
    time.sleep(0.01)
    return {"loss": loss.item(), "lr": float("nan") if step == 7 else 0.01, "grad_norm": norm.item()}
"""
JSON = (
    _TRAINS
    + """
import logging
from pythonjsonlogger.json import JsonFormatter
handler = logging.FileHandler(log)
handler.setFormatter(JsonFormatter("%(created)f %(levelname)s", rename_fields={"created": "timestamp"}))
logging.getLogger("train").addHandler(handler)
logging.getLogger("train").setLevel("INFO")
for step in range(first, 60):
    logging.getLogger("train").info("", extra={"step": step, "train": train(step)})
"""
)
CSV = (
    _TRAINS
    + """
import csv
with open(log, "a", newline="", buffering=1) as file:
    writer = csv.DictWriter(file, ["step", "loss", "lr", "grad_norm"])
    if not file.tell():
        writer.writeheader()
    for step in range(first, 60):
        writer.writerow({"step": step, **train(step)})
"""
)


def json_rows(path: Path) -> list[tuple[int, float]]:
    return [(row["step"], row["train"]["loss"]) for row in map(json.loads, path.read_text().splitlines())]


def csv_rows(path: Path) -> list[tuple[int, float]]:
    with path.open(newline="") as file:
        return [(int(row["step"]), float(row["loss"])) for row in csv.DictReader(file)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("program", "name", "opened", "rows"),
    [(JSON, "log.jsonl", open_jsonl, json_rows), (CSV, "log.csv", open_csv, csv_rows)],
)
def test_rows_are_read_while_they_are_written_killed_and_resumed(
    program: str,
    name: str,
    opened: Callable[[Path], Source],
    rows: Callable[[Path], list[tuple[int, float]]],
    tmp_path: Path,
) -> None:
    if "pythonjsonlogger" in program and importlib.util.find_spec("pythonjsonlogger") is None:
        pytest.skip("python-json-logger is not installed: make real installs it")
    path, output = tmp_path / name, tmp_path / "out.txt"
    source = opened(path)
    child = start(program, output, str(path), "0")
    first = follow(source, child, until=lambda records: bool(records) and records[-1].step > 20)
    before = rows(path)
    assert curve(first) == before
    assert math.isnan(dict(curve(first, "learning_rate"))[7])
    second = follow(source, start(program, output, str(path), "15"))
    assert curve(second) == rows(path)[len(before) :]
    assert ({row.segment for row in first}, {row.segment for row in second}) == ({0}, {1})
    assert (second[0].step, second[-1].step) == (15, 59)
    (again,) = (found for found in open_sources(tmp_path) if found.name == name)
    assert curve(read_all(again).records) == [*curve(first), *curve(second)]
    again.close()
