from __future__ import annotations

import math
import time
from pathlib import Path

import pytest

from engine.watch.records import Record
from engine.watch.sources.trackio import TrackioSource, sniff
from tests.engine.watch.binary_writers import read_all
from tests.engine.watch.real.children import Child

_LOG = """
import os, sys
import trackio
trackio.init(project="p", name="one", resume="allow")
for line in sys.stdin:
    step = int(line)
    trackio.log({"loss": 7.0 / (step + 1), "lr": float("nan") if step == 3 else 1e-4, "deep": {"x": step}}, step=step)
    print("done", step, flush=True)
trackio.finish()
"""


def rows_up_to(folder: Path, known: list[TrackioSource], last: int) -> list[Record]:
    """Poll until the step came: trackio hands rows to a thread that writes them; the limit is the test's failure."""
    rows: list[Record] = []
    until = time.monotonic() + 60
    while time.monotonic() < until:
        known += [TrackioSource("t", path) for path in folder.rglob("p*.db")] if not known else []
        for source in known:
            rows += read_all(source).records
        if any(row.step == last for row in rows):
            return rows
        time.sleep(0.02)
    raise AssertionError(f"step {last} was never told; {len(rows)} rows were")


def test_a_project_is_tailed_killed_and_resumed(tmp_path: Path) -> None:
    pytest.importorskip("trackio", reason="trackio is not installed: it writes what is read here")
    folder = tmp_path / "kept"  # Older versions know HF_HOME alone.
    env = {"TRACKIO_DIR": str(folder / "trackio"), "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder)}
    sources: list[TrackioSource] = []
    rows: list[Record] = []
    with Child(_LOG, folder=tmp_path, env=env) as child:
        for step in range(12):
            child.ask(str(step))
            if step % 4 == 3:
                rows += rows_up_to(folder, sources, step)
    assert [row.step for row in rows] == list(range(12))
    assert [row.values["loss"] for row in rows] == [7.0 / (step + 1) for step in range(12)]
    assert math.isnan(rows[3].values["learning_rate"])
    assert {row.run for row in rows} == {"one"}
    assert all(row.time_s is not None and abs(row.time_s - time.time()) < 3600 for row in rows)
    with Child(_LOG, folder=tmp_path, env=env) as child:
        for step in range(8, 16):
            child.ask(str(step))
        child.finish()
    again = rows_up_to(folder, sources, 15)
    assert [row.step for row in again] == list(range(8, 16))
    assert {(row.run, row.segment) for row in again} == {("one", 1)}
    (path,) = folder.rglob("p*.db")
    assert sniff(path, path.read_bytes()[:256])
