from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import DamagedError
from engine.shards.sidecar import match_rows, read_sidecar
from engine.shards.sidecar.sample import read_sidecar_sample

NAMES = st.from_regex(r"\A([ab]/)?[xy]{0,2}(\.[0-2](_[01])?)?(\.wav)?\Z")
"""Few and alike, so that they meet at every level of matching."""
ROWS = st.lists(st.tuples(st.none() | NAMES, st.none() | NAMES, st.floats(0, 30)), max_size=8)


def write(path: Path, rows: list[tuple[str | None, str | None, float]]) -> Path:
    members, ids, seconds = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    columns = {"member": (members, pa.string()), "utt_id": (ids, pa.string()), "duration": (seconds, pa.float64())}
    table = pa.table({name: pa.array(cells, kind) for name, (cells, kind) in columns.items()})
    pq.write_table(table, path, write_page_checksum=True)
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(rows=ROWS, names=st.lists(NAMES.filter(bool), unique=True, max_size=5))
def test_a_sample_matches_clips_with_the_rows_that_the_whole_sidecar_does(
    tmp_path: Path, rows: list[tuple[str | None, str | None, float]], names: list[str]
) -> None:
    path = write(tmp_path / "metadata.parquet", rows)
    whole, found = read_sidecar(path), read_sidecar_sample(path, names, {})
    row_of = match_rows(whole, names).row_of
    sampled = match_rows(found.sidecar, names).row_of
    assert {name: whole.rows[row] for name, row in row_of.items()} == {
        name: found.sidecar.rows[row] for name, row in sampled.items()
    }
    assert (found.rows, found.sidecar.mapping) == (len(whole.rows), whole.mapping)


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_other_formats_give_the_rows_of_the_sampled_clips_too(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"metadata.{ending}"
    lines = {
        "jsonl": [f'{{"member": "c{at}.wav", "duration": {at}}}' for at in range(9)],
        "csv": ["member,duration", *(f"c{at}.wav,{at}" for at in range(9))],
    }
    path.write_text("\n".join(lines[ending]) + "\n")
    found = read_sidecar_sample(path, ["c3.wav"], {})
    assert ([row.duration_s for row in found.sidecar.rows], found.rows) == ([3.0], 9)


def test_names_that_are_numbers_are_matched_as_well(tmp_path: Path) -> None:
    path = tmp_path / "metadata.parquet"
    pq.write_table(pa.table({"utt_id": [7, 8], "duration": [1.0, 2.0]}), path, write_page_checksum=True)
    found = read_sidecar_sample(path, ["8.wav"], {})
    assert ([row.duration_s for row in found.sidecar.rows], found.rows) == ([2.0], 2)


def test_a_damaged_sidecar_is_refused_in_the_words_of_the_whole_reader(tmp_path: Path) -> None:
    path = write(tmp_path / "metadata.parquet", [("a.wav", None, 1.0)] * 50)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DamagedError, match="not Parquet, or damaged"):
        read_sidecar_sample(path, ["a.wav"], {})
