from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dataset.split.quota import Codes, Hours, Split, Splits, Targets, assign, hash_order

VIDEOS = 165_000
STRATA = 240
TARGETS = Targets(dev_hours=50, test_hours=50)
MOST_OFF_TARGET = 0.001
MOST_VARIATION = 0.015


@cache
def large() -> tuple[Codes, Hours]:
    """16,000 hours in videos of some minutes, in strata of very different sizes."""
    random = np.random.default_rng(8)
    sizes = random.dirichlet(np.full(STRATA, 0.4)) + 0.05 / STRATA
    return random.choice(STRATA, VIDEOS, p=sizes / sizes.sum()), random.lognormal(np.log(0.08), 0.6, VIDEOS)


def names(count: int, prefix: str = "v") -> list[str]:
    return [f"{prefix}{number:07d}" for number in range(count)]


def none(count: int) -> Splits:
    return np.full(count, Split.NONE, np.int8)


def hours_off(splits: Splits, hours: Hours, split: Split) -> float:
    return abs(float(hours[splits == split].sum()) - TARGETS.of(split)) / TARGETS.of(split)


def variation(chosen: npt.NDArray[np.bool_], strata: Codes, hours: Hours) -> float:
    part, whole = (np.bincount(strata[which], hours[which], STRATA) for which in (chosen, hours > 0))
    return float(np.abs(part / part.sum() - whole / whole.sum()).sum()) / 2


@pytest.mark.parametrize("split", [Split.DEV, Split.TEST])
def test_a_large_corpus_gives_the_hours_and_the_balance_that_are_wanted(split: Split) -> None:
    strata, hours = large()
    splits = assign(hash_order(names(VIDEOS), b"key"), hours, strata, none(VIDEOS), TARGETS)
    assert hours_off(splits, hours, split) <= MOST_OFF_TARGET
    assert variation(splits == split, strata, hours) <= MOST_VARIATION


def test_new_videos_move_nobody_and_keep_the_hours() -> None:
    strata, hours = large()
    old = VIDEOS * 100 // 111
    first = assign(hash_order(names(old), b"key"), hours[:old], strata[:old], none(old), TARGETS)
    before = np.concatenate([first, none(VIDEOS - old)])
    grown = assign(hash_order(names(VIDEOS), b"key"), hours, strata, before, Targets(55, 55))
    assert np.array_equal(grown[:old], first)
    held = hours[grown == Split.TEST].sum(), hours[grown == Split.DEV].sum()
    assert held == pytest.approx((55, 55), rel=MOST_OFF_TARGET)


def test_a_corpus_that_is_split_already_stays_as_it_is() -> None:
    strata, hours = large()
    order = hash_order(names(VIDEOS), b"key")
    first = assign(order, hours, strata, none(VIDEOS), TARGETS)
    assert np.array_equal(assign(order[:0], hours, strata, first, TARGETS), first)


def test_the_order_of_the_groups_does_not_matter() -> None:
    strata, hours = large()
    shuffled = np.random.default_rng(1).permutation(VIDEOS)
    ids = names(VIDEOS)
    one = assign(hash_order(ids, b"key"), hours, strata, none(VIDEOS), TARGETS)
    order = hash_order([ids[at] for at in shuffled], b"key")
    other = assign(order, hours[shuffled], strata[shuffled], none(VIDEOS), TARGETS)
    assert np.count_nonzero(other != one[shuffled]) == 0


def test_another_key_makes_another_split() -> None:
    assert not np.array_equal(hash_order(names(100), b"key"), hash_order(names(100), b"other"))


@given(
    st.lists(st.tuples(st.integers(0, 4), st.floats(0, 3), st.sampled_from(Split)), max_size=60),
    st.floats(0, 20),
    st.floats(0, 20),
)
def test_everybody_gets_a_split_and_keeps_the_one_that_was_there(
    groups: list[tuple[int, float, Split]], dev_hours: float, test_hours: float
) -> None:
    strata = np.array([group[0] for group in groups], np.int64)
    hours = np.array([group[1] for group in groups], np.float64)
    before = np.array([group[2] for group in groups], np.int8)
    splits = assign(hash_order(names(len(groups)), b"key"), hours, strata, before, Targets(dev_hours, test_hours))
    assert np.array_equal(splits[before != Split.NONE], before[before != Split.NONE])
    assert not np.isin(splits[before == Split.NONE], (Split.NONE, Split.EXCLUDED)).any()


def test_a_split_of_no_hours_gets_nobody() -> None:
    splits = assign(hash_order(names(9), b"key"), np.ones(9), np.zeros(9, np.int64), none(9), Targets(0, 3))
    assert sorted(splits.tolist()) == [Split.TRAIN] * 6 + [Split.TEST] * 3


def test_one_group_that_is_far_too_large_stays_in_training() -> None:
    splits = assign(hash_order(names(1), b"key"), np.array([100.0]), np.zeros(1, np.int64), none(1), Targets(5, 5))
    assert splits.tolist() == [Split.TRAIN]
