from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dataset.buckets.durations import Histogram, LeftOut, Limits, read_durations, slots_of
from engine.errors import DamagedError, UsageError


@given(st.lists(st.floats(1e-6, 3600.0), min_size=1, max_size=50))
def test_no_clip_is_longer_than_its_slot_and_none_fits_the_one_before(durations: list[float]) -> None:
    exact = np.array(durations)
    slots = slots_of(exact)
    assert (exact <= slots / 50).all()
    assert (exact > (slots - 1) / 50).all()


def test_a_duration_on_the_grid_is_its_own_edge() -> None:
    slots = np.arange(1, 180_001)
    assert (slots_of(slots / 50) == slots).all()


@given(st.lists(st.lists(st.floats(0.01, 60.0), max_size=20), min_size=1, max_size=5))
def test_batches_count_as_if_they_were_one(batches: list[list[float]]) -> None:
    arrays = [np.array(batch, dtype=np.float64) for batch in batches]
    apart, together = Histogram.count(arrays), Histogram.count([np.concatenate(arrays)])
    assert apart.longest_s.tolist() == together.longest_s.tolist()
    assert apart.clips.tolist() == together.clips.tolist()
    assert apart.total_clips == sum(map(len, batches))
    assert apart.total_s == pytest.approx(sum(map(sum, batches)))


def test_clips_that_are_not_counted_are_told_by_their_reason() -> None:
    durations = np.array([np.nan, -1.0, 0.0, np.inf, 0.05, 0.1, 5.0, 30.0, 30.01, 1e9])
    counted = Histogram.count([durations], Limits(0.1, 30.0))
    assert counted.left_out == LeftOut(without_duration=4, too_short=1, too_long=2)
    assert counted.longest_s.tolist() == [0.1, 5.0, 30.0]


@pytest.mark.parametrize(("low", "high"), [(-1.0, 5.0), (5.0, 5.0), (0.0, float("inf")), (float("nan"), 5.0)])
def test_limits_that_leave_nothing_are_refused(low: float, high: float) -> None:
    with pytest.raises(UsageError, match="wanted a range"):
        Limits(low, high)


def test_a_manifest_is_read_a_piece_at_a_time_and_a_missing_duration_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "manifest.parquet"
    durations = [None if row % 1000 == 0 else 1.0 + row % 7 for row in range(150_000)]
    pq.write_table(pa.table({"duration_s": pa.array(durations, pa.float32())}), path, row_group_size=40_000)
    pieces = list(read_durations(path))
    counted = Histogram.count(pieces)
    assert max(map(len, pieces)) <= 65_536
    assert counted.total_clips == 149_850
    assert counted.left_out.without_duration == 150
    assert counted.longest_s.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]


def test_a_manifest_without_durations_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "manifest.parquet"
    pq.write_table(pa.table({"duration_s": ["long"], "text": ["a"]}), path)
    with pytest.raises(DamagedError, match=r"manifest\.parquet: no durations in column duration_s: read duration_s of"):
        list(read_durations(path))
    with pytest.raises(DamagedError, match="read columns duration_s, text"):
        list(read_durations(path, "seconds"))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a table at all, but long enough to be looked at"])
def test_a_file_that_is_no_parquet_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "manifest.parquet"
    path.write_bytes(content)
    with pytest.raises(DamagedError, match=r"manifest\.parquet: the table cannot be read"):
        list(read_durations(path))
