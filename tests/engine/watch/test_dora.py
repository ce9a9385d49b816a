from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import pytest

from engine.watch.sources.dora import open_dora, open_history
from tests.engine.watch.writing import Writer, curve, kinds, read_all


def said(text: str, module: str = "flashy.solver", stamp: str = "11-22 03:52:04") -> bytes:
    """A line as dora's logger colours it."""
    return f"[\x1b[36m{stamp}\x1b[0m][\x1b[34m{module}\x1b[0m][\x1b[32mINFO\x1b[0m] - {text}\x1b[0m\n".encode()


def step_line(epoch: int, at: int, ce: float, *, rate: str = "7.26 it/sec", stamp: str = "11-22 03:52:04") -> bytes:
    text = f"Train | Epoch {epoch} | {at}/60 | {rate} | lr 1.00E-04 | grad_norm 5.358E+00 | ce {ce:.3f} | ppl 9.000"
    return said(text, stamp=stamp)


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


@pytest.mark.parametrize(
    ("rate", "steps_per_s"),
    [
        ("7.26 it/sec", 7.26),
        ("12.5 sec/it", 0.08),
        ("1.25 sec/it", 0.8),
        ("250.0 ms/it", 4.0),
        ("oo sec/it", None),
        ("0.00 it/sec", None),
    ],
)
def test_a_slow_solver_tells_its_rate_in_seconds_a_step(tmp_path: Path, rate: str, steps_per_s: float | None) -> None:
    path = tmp_path / "solver.log.0"
    path.write_bytes(step_line(1, 30, 6.0, rate=rate))
    (record,) = read_all(open_dora(path)).records
    assert (record.step, record.values["loss"]) == (30, 6.0)
    assert record.values.get("steps_per_s") == steps_per_s
    assert record.values.keys() - {"steps_per_s"} == {"loss", "learning_rate", "grad_norm", "ppl", "epoch"}


def test_the_mean_gradient_norm_of_an_epoch_is_no_step_of_it(tmp_path: Path) -> None:
    path = tmp_path / "solver.log.0"
    path.write_bytes(step_line(1, 30, 6.0) + summaries(1, 5.75))
    records = read_all(open_dora(path)).records
    assert curve(records, "grad_norm") == [(30, 5.358)]
    assert curve(records, "epoch_mean/grad_norm") == [(60, 4.3)]


def since_1970(told: str) -> float:
    return datetime.fromisoformat(told).timestamp()


def times(path: Path, changed: str, *stamps: str) -> list[str]:
    """When the steps of a log were logged that was last changed at some time; "" for nobody knows."""
    path.write_bytes(b"".join(step_line(1, at, 6.0 - at / 100, stamp=stamp) for at, stamp in enumerate(stamps, 1)))
    os.utime(path, (0, since_1970(changed)))
    records = read_all(open_dora(path)).records
    assert len(records) == len(stamps)
    return ["" if one.time_s is None else f"{datetime.fromtimestamp(one.time_s)}" for one in records]  # noqa: DTZ006


def test_a_stamp_has_no_year_and_takes_that_of_its_files_last_change(tmp_path: Path) -> None:
    told = times(tmp_path / "log", "2026-11-22 04:00", "11-21 23:59:59", "11-22 03:52:04")
    assert told == ["2026-11-21 23:59:59", "2026-11-22 03:52:04"]


def test_a_run_over_new_year_goes_on_in_the_next_year(tmp_path: Path) -> None:
    told = times(tmp_path / "log", "2027-01-02 08:00", "12-31 23:59:59", "01-01 00:00:01")
    assert told == ["2026-12-31 23:59:59", "2027-01-01 00:00:01"]


def test_a_log_that_grows_over_new_year_keeps_its_years(tmp_path: Path) -> None:
    path = tmp_path / "log"
    source = open_dora(path)
    found: list[float | None] = []
    stamps = ("2026-12-31 23:59:59", "2027-01-01 00:00:01")
    for at, stamp in enumerate(stamps, 1):
        with path.open("ab") as log:
            log.write(step_line(1, at, 6.0 - at / 100, stamp=stamp[5:]))
        os.utime(path, (0, since_1970(stamp)))
        found += [record.time_s for record in read_all(source).records]
    assert found == [since_1970(stamp) for stamp in stamps]


def test_a_writer_whose_clock_is_ahead_is_not_a_year_behind(tmp_path: Path) -> None:
    told = times(tmp_path / "log", "2026-12-31 20:00", "12-31 23:00:00", "01-01 04:00:00")
    assert told == ["2026-12-31 23:00:00", "2027-01-01 04:00:00"]


def test_a_leap_day_is_of_the_year_that_has_it_and_no_day_at_all_is_no_time(tmp_path: Path) -> None:
    stamps = ("02-29 12:00:00", "13-45 12:00:00", "11-22 25:00:00")
    assert times(tmp_path / "leap", "2028-03-01", *stamps) == ["2028-02-29 12:00:00", "", ""]
    assert times(tmp_path / "none", "2027-03-01", stamps[0]) == [""]
