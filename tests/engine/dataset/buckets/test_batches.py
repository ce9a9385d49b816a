from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import nnls

from engine.dataset.buckets.batches import LARGEST_BATCH, MeasuredStep, MemoryModel, fit, merge_equal, modelled_batches
from engine.errors import UsageError

GB = 10**9
MODEL = MemoryModel(fixed_bytes=2e9, per_second_bytes=4e6, per_second2_bytes=1.5e5)
EDGES = [2.0, 5.0, 10.0, 20.0, 40.0]
STEPS = [(4, 2.0), (16, 5.0), (8, 10.0), (2, 40.0), (12, 20.0)]


def measured(model: MemoryModel, noise: float = 0.0) -> list[MeasuredStep]:
    random = np.random.default_rng(3)
    return [
        MeasuredStep(batch, seconds, int(model.size_bytes(batch, seconds) * (1 + noise * random.uniform(-1, 1))))
        for batch, seconds in STEPS
    ]


def test_the_fit_finds_the_model_that_made_the_steps() -> None:
    found = fit(measured(MODEL))
    assert found.model.fixed_bytes == pytest.approx(2e9, rel=1e-5)
    assert found.model.per_second_bytes == pytest.approx(4e6, rel=1e-5)
    assert found.model.per_second2_bytes == pytest.approx(1.5e5, rel=1e-5)
    assert found.worst_under == pytest.approx(0.0, abs=1e-6)


@given(st.lists(st.integers(10**6, 10**11), min_size=len(STEPS), max_size=len(STEPS)))
def test_the_fit_is_the_best_without_negative_terms(sizes: list[int]) -> None:
    steps = [MeasuredStep(batch, seconds, size) for (batch, seconds), size in zip(STEPS, sizes, strict=True)]
    relative = np.array([[1.0, batch * seconds, batch * seconds**2] for batch, seconds in STEPS])
    relative /= np.array(sizes)[:, None]
    scale = np.linalg.norm(relative, axis=0)
    reference, _ = nnls(relative / scale, np.ones(len(STEPS)))
    wanted = float(np.square(relative / scale @ reference - 1).sum())
    try:
        model = fit(steps).model
    except UsageError:  # the best is a constant, which says nothing of batches
        assert reference[1:] == pytest.approx(0.0, abs=1e-9)
        return
    terms = np.array([model.fixed_bytes, model.per_second_bytes, model.per_second2_bytes])
    assert (terms >= 0).all()
    assert float(np.square(relative @ terms - 1).sum()) == pytest.approx(wanted, rel=1e-6, abs=1e-9)


def test_a_noisy_fit_says_how_far_off_it_is() -> None:
    found = fit(measured(MODEL, noise=0.05))
    assert 0.0 < found.worst_under < 0.06
    for step in measured(MODEL, noise=0.05):
        assert step.size_bytes <= found.model.size_bytes(step.batch, step.seconds) * (1 + found.worst_under) * (
            1 + 1e-9
        )


@pytest.mark.parametrize("steps", [[], measured(MODEL)[:2], [MeasuredStep(b, 5.0, b * GB) for b in (1, 2, 4, 8)]])
def test_steps_that_are_too_few_or_too_alike_are_refused(steps: list[MeasuredStep]) -> None:
    with pytest.raises(UsageError, match="too few or too alike; wanted three or more"):
        fit(steps)


@given(
    st.floats(0, 1e9), st.floats(1e3, 1e8), st.floats(0, 1e6), st.floats(0.1, 60.0), st.integers(5 * 10**9, 80 * 10**9)
)
def test_the_largest_batch_fits_and_one_more_does_not(
    fixed: float, per_second: float, per_second2: float, seconds: float, budget: int
) -> None:
    model = MemoryModel(fixed_bytes=fixed, per_second_bytes=per_second, per_second2_bytes=per_second2)
    batch = model.largest_batch(seconds, budget)
    assert batch == 0 or model.size_bytes(batch, seconds) <= budget * (1 + 1e-12)
    assert batch == LARGEST_BATCH or model.size_bytes(batch + 1, seconds) > budget * (1 - 1e-12)


def test_longer_buckets_get_smaller_batches_within_the_fraction() -> None:
    batches = modelled_batches(EDGES, MODEL, 24 * GB, 0.9)
    assert batches == sorted(batches, reverse=True)
    for edge, batch in zip(EDGES, batches, strict=True):
        assert MODEL.size_bytes(batch, edge) <= 0.9 * 24 * GB < MODEL.size_bytes(batch + 1, edge)


def test_a_clip_that_does_not_fit_is_told_with_its_size() -> None:
    with pytest.raises(UsageError, match=r"one clip of 40 s takes 2\.40 GB .* wanted at most 2\.16 GB; lower max_dur"):
        modelled_batches(EDGES, MODEL, int(2.4 * GB), 0.9)


@pytest.mark.parametrize("fraction", [0.0, -1.0, 1.1, float("nan")])
def test_a_fraction_that_is_none_is_refused(fraction: float) -> None:
    with pytest.raises(UsageError, match="memory_fraction = "):
        modelled_batches(EDGES, MODEL, 24 * GB, fraction)


@pytest.mark.parametrize(("fixed", "per_second"), [(-1.0, 1.0), (1.0, 0.0), (float("nan"), 1.0), (1.0, float("inf"))])
def test_a_model_that_cannot_be_is_refused(fixed: float, per_second: float) -> None:
    with pytest.raises(UsageError, match="wanted no negative number"):
        MemoryModel(fixed_bytes=fixed, per_second_bytes=per_second)


def test_neighbours_with_equal_batches_become_one_bucket() -> None:
    assert merge_equal([1.0, 2.0, 3.0, 4.0, 5.0], [9, 9, 4, 4, 9]) == ([2.0, 4.0, 5.0], [9, 4, 9])
