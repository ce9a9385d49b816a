from __future__ import annotations

import json
import math
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.watch.sources.jsonl import open_jsonl
from tests.engine.watch.writing import Writer, curve, read_all, read_finished, steps


def test_nested_keys_strings_and_bare_nan_are_read(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(
        '{"step": 1, "train": {"loss": 4.5, "lr": "1e-4"}, "_timestamp": 1700000000.5, "note": "x", "ok": true}\n'
        '{"step": 2, "train": {"loss": NaN}}\n'
        '{"global_step": "3", "eval/loss": "4.75"}\n'
        "no json\n"
    )
    source = open_jsonl(path)
    first, second, third = read_finished(source).records
    assert (first.step, dict(first.values), first.time_s) == (1, {"loss": 4.5, "learning_rate": 1e-4}, 1700000000.5)
    assert math.isnan(second.values["loss"])
    assert (third.step, third.values["eval_loss"]) == (3, 4.75)
    assert source.status().unparsed == 1


def test_rows_without_steps_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"loss": 4.5}\n{"loss": 4.25}\n')
    assert curve(read_finished(open_jsonl(path)).records) == [(0, 4.5), (1, 4.25)]


def test_a_writer_that_is_killed_within_a_row_costs_only_that_row(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    source = open_jsonl(path)
    with Writer(path) as writer:
        writer.write(b'{"step": 1, "loss": 4.5}\n{"step": 2, "loss": 4.25}\n{"step": 3, "lo')
        assert steps(read_all(source).records) == [1, 2]
    with Writer(path) as writer:
        writer.write(b'\n{"step": 1, "loss": 4.125}\n{"step": 2, "loss": 4.0}\n')
    batch = read_all(source)
    assert [(r.segment, r.step) for r in batch.records] == [(1, 1), (1, 2)]
    assert source.status().unparsed == 1


@settings(deadline=None, max_examples=60)
@given(losses=st.lists(st.floats(allow_nan=False), min_size=1, max_size=30), cut=st.integers(0, 2000))
def test_what_was_written_is_what_is_read_wherever_the_file_was_cut(losses: list[float], cut: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        data = "".join(json.dumps({"step": step, "loss": loss}) + "\n" for step, loss in enumerate(losses)).encode()
        source = open_jsonl(path)
        path.write_bytes(data[:cut])
        records = list(read_all(source).records)
        with path.open("ab") as log:
            log.write(data[cut:])
        records += read_all(source).records
        source.close()
        assert curve(records) == list(enumerate(losses))
