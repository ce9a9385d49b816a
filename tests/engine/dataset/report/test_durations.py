"""What the report says of durations, held against counting them one by one."""

from __future__ import annotations

import bisect
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dataset.buckets.buckets import Cutting, cut, make_buckets
from engine.dataset.buckets.durations import Histogram, Limits
from engine.dataset.report.durations import CLASSES, by_bins, in_classes, missed_by, told

LIMITS = Limits(0.5, 20.0)


def counted(durations: list[float], limits: Limits | None = None) -> Histogram:
    return Histogram.count([np.array(durations, np.float64)], limits)


@settings(max_examples=150)
@given(st.lists(st.integers(1, 60_000), min_size=1, max_size=200))
def test_every_clip_is_in_the_class_that_its_slot_says(slots: list[int]) -> None:
    durations = [slot / 50 for slot in slots]
    found = in_classes(counted(durations))
    assert found is not None
    assert len(found.clips) <= CLASSES
    assert sum(found.clips) + found.longer == len(durations)
    for at, clips in enumerate(found.clips):
        low, high = at * found.width_s, (at + 1) * found.width_s
        assert clips == sum(low + 1e-6 < duration <= high + 1e-6 for duration in durations)
    assert found.longest_s == max(durations)
    assert found.median_s == sorted(durations)[(len(durations) - 1) // 2]


def test_one_clip_of_an_hour_does_not_press_the_others_into_one_class() -> None:
    found = in_classes(counted([*np.linspace(1, 10, 5_000), 3_600.0]))
    assert found is not None
    assert found.longer == 1
    assert found.width_s * len(found.clips) == pytest.approx(10, abs=1)


def test_no_clip_makes_no_classes() -> None:
    assert in_classes(counted([])) is None
    assert by_bins(counted([])) == ()


def test_more_buckets_never_pad_more_and_ours_never_more_than_lhotse_s() -> None:
    found = by_bins(counted([*np.random.default_rng(7).lognormal(1.5, 0.6, 3_000)]))
    assert [one.bins for one in found][:3] == [1, 2, 4]
    for one, more in itertools.pairwise(found):
        assert more.optimal <= one.optimal
    assert all(one.optimal <= one.equal_seconds + 1e-12 for one in found)


def test_padding_of_very_many_different_durations_is_not_reckoned() -> None:
    assert by_bins(counted([*np.arange(1, 7_001) / 50])) == ()


@settings(max_examples=60)
@given(st.lists(st.integers(1, 1_500), min_size=1, max_size=100), st.integers(1, 6))
def test_every_clip_within_the_limits_is_counted_in_the_bucket_that_lhotse_takes(slots: list[int], bins: int) -> None:
    durations = [slot / 50 for slot in slots]
    histogram = counted(durations, LIMITS)
    inside = [one for one in durations if LIMITS.min_duration_s <= one <= LIMITS.max_duration_s]
    if not inside:
        assert histogram.total_clips == 0
        return
    made = make_buckets(histogram, cut(histogram, bins, Cutting.OPTIMAL), None, {}, bins=bins, limits=LIMITS)
    missed, shown = missed_by(made, histogram), told(made, histogram)
    places = [bisect.bisect_left(shown.edges_s, duration) for duration in inside]
    assert shown.clips == tuple(places.count(at) for at in range(len(shown.edges_s)))
    assert (missed.inside, missed.beyond_last_edge) == (len(inside), 0)
    assert missed.too_short == sum(one < LIMITS.min_duration_s for one in durations)
    assert missed.too_long == sum(one > LIMITS.max_duration_s for one in durations)
