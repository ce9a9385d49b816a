from __future__ import annotations

import math
from pathlib import Path

import pytest

from engine.watch.records import Record
from engine.watch.sources.wandb_offline import WandbSource, sniff
from tests.engine.watch.binary_writers import read_all
from tests.engine.watch.real.children import Child

_LOG = """
import os, sys
import wandb
resume = {"id": sys.argv[1], "resume": "allow"} if len(sys.argv) > 1 else {}
run = wandb.init(project="p", mode="offline", **resume)
for line in sys.stdin:
    step = int(line)
    train = {"lr": float("nan") if step == 3 else 1e-4}
    run.log({"loss": 7.0 / (step + 1), "train": train, "text": "x" * 3000}, step=step)
    print("done", run.id, flush=True)
if len(sys.argv) > 1:
    run.finish()
"""
_ENV = {"WANDB_SILENT": "true", "WANDB_CONSOLE": "off", "WANDB_ERROR_REPORTING": "false"}


def rows_until(source: WandbSource, child: Child, first: int, count: int) -> tuple[list[Record], str]:
    """Log steps until ``count`` rows were told: W&B writes a row when the next begins, and from another process."""
    rows: list[Record] = []
    run_id = ""
    for step in range(first, first + 20_000):
        run_id = child.ask(str(step))
        rows += read_all(source).records
        if len(rows) >= count:
            return rows, run_id
    raise AssertionError(f"{len(rows)} rows of 20,000 were told")


def test_an_offline_run_is_tailed_killed_and_resumed(tmp_path: Path) -> None:
    pytest.importorskip("wandb", reason="wandb is not installed: it writes what is read here")
    source = WandbSource("wb", tmp_path)
    with Child(_LOG, folder=tmp_path, env=_ENV) as child:
        rows, run_id = rows_until(source, child, 0, 60)
    rows += read_all(source).records
    assert [row.step for row in rows] == list(range(len(rows)))
    assert {(row.run, row.segment) for row in rows} == {(run_id, 0)}
    assert [row.values["loss"] for row in rows] == [7.0 / (row.step + 1) for row in rows]
    assert math.isnan(rows[3].values["learning_rate"])
    assert rows[4].values["learning_rate"] == 1e-4
    assert all(row.time_s is not None for row in rows)
    with Child(_LOG, run_id, folder=tmp_path, env=_ENV) as child:
        again, _ = rows_until(source, child, 30, 10)
        child.finish()
    last = read_all(source)
    again += last.records
    assert not last.notes
    assert {(row.run, row.segment) for row in again} == {(run_id, 1)}
    assert [row.step for row in again] == list(range(30, 30 + len(again)))
    assert [row.values["loss"] for row in again] == [7.0 / (row.step + 1) for row in again]
    files = [Path(path) for path in source.status().files]
    assert len(files) == 2
    assert all(sniff(path, path.read_bytes()[:256]) for path in files)
