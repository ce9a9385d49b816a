from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dataset.buckets.batches import LARGEST_BATCH
from engine.dataset.buckets.calibration import (
    GAP,
    Bracket,
    CalibrationError,
    Evidence,
    Outcome,
    Trial,
    calibrate,
    search,
)
from engine.errors import UsageError

EDGES_8 = [2.0, 3.2, 4.4, 5.9, 7.9, 11.0, 17.0, 40.0]
EDGES_30 = [round(1.5 * 1.12**number, 2) for number in range(30)]


class Device:
    """Holds so many seconds of clips, and remembers what was tried on it."""

    def __init__(self, room_s: float) -> None:
        self.room_s = room_s
        self.tried: list[Trial] = []

    def __call__(self, trial: Trial) -> Outcome:
        self.tried.append(trial)
        return Outcome(trial.batch * trial.seconds <= self.room_s, f"{trial.batch} clips")


@given(st.integers(1, LARGEST_BATCH), st.integers(1, LARGEST_BATCH), st.integers(1, 1_000))
def test_the_answer_fits_and_one_a_twentieth_larger_does_not(limit: int, start: int, stride: int) -> None:
    found = search(lambda batch: batch <= limit, Bracket(), start, stride)
    assert found.fitting <= limit
    if found.failing is None:
        assert found.fitting == limit == LARGEST_BATCH
    else:
        assert limit < found.failing
        assert found.failing - found.fitting <= max(1, GAP * found.failing)


@given(st.integers(1, 10_000), st.integers(1, 20_000), st.integers(1, 1_000))
def test_no_batch_is_tried_twice(limit: int, start: int, stride: int) -> None:
    asked: list[int] = []

    def fits(batch: int) -> bool:
        asked.append(batch)
        return batch <= limit

    search(fits, Bracket(), start, stride)
    assert len(asked) == len(set(asked))
    assert all(1 <= batch <= LARGEST_BATCH for batch in asked)


@given(st.lists(st.integers(1, 6000), min_size=1, max_size=30, unique=True), st.floats(60.0, 1e5))
def test_every_batch_fits_and_shorter_clips_come_in_larger_batches(edges: list[int], room_s: float) -> None:
    rising = sorted(edge / 100 for edge in edges)
    found = calibrate(rising, Device(room_s))
    assert found.batches == sorted(found.batches, reverse=True)
    for seconds, batch in zip(rising, found.batches, strict=True):
        assert batch * seconds <= room_s < (batch + max(1, 0.06 * batch) + 1) * seconds or batch == LARGEST_BATCH


def test_the_search_goes_from_the_longest_bucket_to_the_shortest() -> None:
    device = Device(700.0)
    calibrate(EDGES_8, device)
    asked = [trial.seconds for trial in device.tried]
    assert [trial.batch for trial in device.tried[:5]] == [32, 16, 24, 20, 18]
    assert asked == sorted(asked, reverse=True)
    assert set(asked) == set(EDGES_8)


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("room_s", [400.0, 1_500.0, 6_000.0])
def test_it_takes_less_than_half_of_the_published_search_s_205_steps(power: float, room_s: float) -> None:
    def step(trial: Trial) -> Outcome:
        return Outcome(trial.batch * trial.seconds**power <= room_s * 45.0 ** (power - 1.0))

    assert 30 <= calibrate(EDGES_30, step).steps <= 100
    assert 8 <= calibrate(EDGES_8, step).steps <= 40


def test_a_wrong_foretelling_costs_steps_and_nothing_else() -> None:
    def step(trial: Trial) -> Outcome:
        return Outcome(trial.batch <= (5 if trial.seconds > 10 else 3_000))

    found = calibrate(EDGES_8, step)
    assert found.batches[-3:] == [5, 5, 5]
    assert all(0.94 * 3_000 <= batch <= 3_000 for batch in found.batches[:-3])


def test_every_step_is_kept_as_evidence_and_told_at_once() -> None:
    told: list[Evidence] = []
    ticks = iter(range(1000))
    device = Device(700.0)
    found = calibrate(EDGES_8, device, memory_fraction=0.8, on_try=told.append, clock=lambda: float(next(ticks)))
    assert told == found.tried
    assert found.tried[0] == Evidence(seconds=40.0, batch=32, fits=False, wall_s=1.0, said="32 clips")
    assert {trial.memory_fraction for trial in device.tried} == {0.8}
    for seconds, batch in zip(EDGES_8[:-1], found.batches[:-1], strict=True):
        assert any(each.fits and each.batch == batch and each.seconds >= seconds for each in found.tried)


def test_a_single_clip_that_does_not_fit_ends_the_search() -> None:
    device = Device(39.0)
    with pytest.raises(CalibrationError, match=r"not even one clip of 40 s fits.*lower max_duration.*1 clips"):
        calibrate(EDGES_8, device)
    assert [trial.batch for trial in device.tried] == [32, 16, 8, 4, 2, 1]


def test_a_step_that_cannot_tell_stops_the_search() -> None:
    def broken(trial: Trial) -> Outcome:
        raise CalibrationError(f"no such model for {trial.batch}")

    with pytest.raises(CalibrationError, match="no such model for 32"):
        calibrate(EDGES_8, broken)


@pytest.mark.parametrize("edges", [[], [2.0, 1.0], [0.0, 1.0], [1.0, 1.0]])
def test_edges_that_are_none_are_refused(edges: list[float]) -> None:
    with pytest.raises(UsageError, match="wanted rising edges"):
        calibrate(edges, Device(700.0))
