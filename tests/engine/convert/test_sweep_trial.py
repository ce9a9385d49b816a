from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.convert.sweep_trial import Stint, weigh, window
from engine.convert.tasks import Measured


def stint(worker: int, start: float, end: float, *, size: int = 1_000_000, cpu: float = 0.9) -> Stint:
    lasted = end - start
    measured = Measured(
        codec="wav",
        seconds=lasted,
        cpu_s=cpu * lasted,
        cpu_wait_s=0.05 * lasted,
        stages={"convert": 0.75 * lasted, "verify": 0.25 * lasted},
        disk_read_bytes=size,
        disk_written_bytes=size // 3,
    )
    return Stint(worker, start, end, size, measured)


def test_one_worker_is_measured_from_its_first_shard_to_its_last() -> None:
    found = weigh([stint(1, 0, 1), stint(1, 1, 2), stint(1, 2.5, 3.5)], workers=1)
    assert found.mb_per_s == pytest.approx(3 / 3.5)
    assert found.utilisation == pytest.approx(0.9 * 3 / 3.5)
    assert found.in_hand == pytest.approx(3 / 3.5)
    assert found.on_cpu == pytest.approx(0.9)
    assert found.waiting == pytest.approx(0.05)
    assert found.stages == {"convert": pytest.approx(0.75), "verify": pytest.approx(0.25)}
    assert found.cpu_s_per_gb == pytest.approx(900)


def test_a_worker_that_has_nothing_left_to_do_does_not_count_as_idle() -> None:
    stints = [stint(1, 0, 4), stint(1, 4, 8), stint(2, 1, 3), stint(2, 3, 5)]
    assert window(stints, 2) == (1.0, 5.0)
    found = weigh(stints, workers=2)
    assert found.bytes_in == pytest.approx(1e6 * (3 / 4 + 1 / 4 + 2))
    assert found.utilisation == pytest.approx(0.9)


def test_where_a_worker_never_had_a_shard_the_whole_trial_counts() -> None:
    found = weigh([stint(1, 0, 1), stint(1, 1, 2)], workers=2)
    assert (found.wall_s, found.in_hand) == (2, 0.5)


@given(st.lists(st.tuples(st.integers(1, 4), st.floats(0, 50), st.floats(0.01, 10)), min_size=1), st.integers(1, 4))
def test_shares_stay_shares_and_no_byte_is_counted_twice(raw: list[tuple[int, float, float]], workers: int) -> None:
    stints = [stint(worker, start, start + lasted) for worker, start, lasted in raw]
    found = weigh(stints, workers)
    assert 0 <= found.bytes_in <= len(stints) * 1_000_000 * 1.000001
    assert 0 <= found.on_cpu <= 1
    assert 0 <= found.waiting <= 1
