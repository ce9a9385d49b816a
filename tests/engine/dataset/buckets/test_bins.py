from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dataset.buckets.bins import equal_seconds, optimal, padding
from engine.dataset.buckets.durations import Histogram, Seconds
from engine.errors import UsageError

CLIPS = 200_000
DURATIONS = st.lists(st.integers(1, 40), min_size=1, max_size=60)


@cache
def benchmark_durations() -> Seconds:
    """Mean 5.9 s, 99th percentile 19.9 s, none over 40 s: the durations that the bins are held against."""
    return np.minimum(np.random.default_rng(1).lognormal(1.60, 0.60, CLIPS), 40.0)


def walked(durations: Seconds, bins: int) -> list[float]:
    """Cut at equal seconds clip by clip, as lhotse's documentation tells it."""
    edges, since_cut = set(), 0.0
    share = float(durations.sum()) / bins
    for duration in np.sort(durations).tolist():
        if since_cut > share:
            edges.add(duration)
            since_cut = 0.0
        since_cut += duration
    return sorted({*edges, float(durations.max())})


@given(DURATIONS, st.integers(1, 6))
def test_edges_rise_to_the_longest_clip_and_are_as_many_as_asked_for(durations: list[int], bins: int) -> None:
    counted = Histogram.exact(np.array(durations, dtype=np.float64))
    found = optimal(counted, bins)
    assert len(found) == min(bins, len(set(durations)))
    assert found[-1] == max(durations)
    assert (np.diff(found) > 0).all()


@settings(max_examples=300)
@given(st.lists(st.integers(1, 14), min_size=1, max_size=60), st.integers(1, 5))
def test_the_least_padding_of_all_choices_is_found(durations: list[int], bins: int) -> None:
    counted = Histogram.exact(np.array(durations, dtype=np.float64))
    *inner, longest = counted.longest_s.tolist()
    choices = itertools.combinations(inner, min(bins - 1, len(inner)))
    least = min(padding(np.array([*chosen, longest]), counted) for chosen in choices)
    assert padding(optimal(counted, bins), counted) == pytest.approx(least, abs=1e-12)


@settings(max_examples=200)
@given(DURATIONS, st.integers(2, 8))
def test_equal_seconds_cuts_where_a_walk_over_the_clips_does(durations: list[int], bins: int) -> None:
    exact = np.array(durations, dtype=np.float64)
    assert equal_seconds(Histogram.exact(exact), bins).tolist() == walked(exact, bins)


def test_equal_seconds_of_slots_is_near_the_walk_over_the_clips() -> None:
    exact = benchmark_durations()
    slots, walk = equal_seconds(Histogram.count([exact]), 30), walked(exact, 30)
    assert len(slots) == len(walk)
    assert np.abs(slots - np.array(walk))[:-2] == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize(("bins", "ours_at_most"), [(8, 0.17), (16, 0.088), (30, 0.048)])
def test_optimal_bins_waste_a_fifth_less_than_equal_seconds(bins: int, ours_at_most: float) -> None:
    exact = benchmark_durations()
    everything, slots = Histogram.exact(exact), Histogram.count([exact])
    ours = padding(optimal(slots, bins), everything)
    assert ours <= 0.8 * padding(np.array(walked(exact, bins)), everything)
    assert ours <= ours_at_most


def test_the_slots_cost_less_than_a_fiftieth_of_the_padding() -> None:
    exact = benchmark_durations()[:4_000]
    everything, slots = Histogram.exact(exact), Histogram.count([exact])
    best = padding(optimal(everything, 30), everything)
    assert best <= padding(optimal(slots, 30), everything) <= 1.02 * best


def test_padding_is_what_batches_hold_beside_the_clips() -> None:
    counted = Histogram.exact(np.array([1.0, 2.0, 3.0, 4.0]))
    assert padding(np.array([2.0, 4.0]), counted) == pytest.approx(2.0 / 12.0)
    assert padding(np.array([1.0, 2.0, 3.0, 4.0]), counted) == 0.0


def test_bins_of_nothing_are_refused_with_what_was_left_out() -> None:
    counted = Histogram.count([np.array([np.nan, 4000.0])])
    for cut in (optimal, equal_seconds):
        with pytest.raises(UsageError, match="1 without a duration, 0 too short, 1 too long"):
            cut(counted, 30)
        with pytest.raises(UsageError, match="0 bins: wanted 1 or more"):
            cut(Histogram.exact(np.array([1.0])), 0)
