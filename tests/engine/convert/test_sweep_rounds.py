"""Which trials a sweep runs: far beyond the knee none, and no more rounds than the recommendation needs."""

from __future__ import annotations

from engine.convert.sweep_events import SweepTrial
from engine.convert.sweep_rounds import ROUNDS, ROUNDS_MOST, in_the_race, is_over, turns
from engine.convert.sweep_trial import Figures

COUNTS = (1, 2, 4, 8, 16, 32)


def trial(number: int, workers: int, mb_per_s: float) -> SweepTrial:
    figures = Figures(
        workers=workers,
        wall_s=1.0,
        bytes_in=mb_per_s * 1e6,
        mb_per_s=mb_per_s,
        cpu_s_per_gb=1.0,
        utilisation=1.0,
        in_hand=1.0,
        on_cpu=1.0,
        cpu_wait=0.0,
        stages={},
        disk_read_bytes=0,
        disk_written_bytes=0,
    )
    return SweepTrial(codec="wav", round=number, figures=figures)


def rounds(count: int, paces: dict[int, float]) -> list[SweepTrial]:
    return [trial(number, workers, pace) for number in range(1, count + 1) for workers, pace in paces.items()]


def test_before_anything_is_measured_all_counts_are_in_the_race() -> None:
    assert in_the_race(COUNTS, []) == COUNTS


def test_beyond_a_knee_where_the_disk_seeks_nothing_larger_is_measured() -> None:
    thrashing = [trial(1, 1, 80), trial(1, 2, 100), trial(1, 4, 60), trial(1, 8, 40)]
    assert in_the_race(COUNTS, thrashing) == (1, 2)


def test_one_bad_count_does_not_end_the_race() -> None:
    told = [trial(1, 1, 80), trial(1, 2, 100), trial(1, 4, 60)]
    assert in_the_race(COUNTS, told) == (1, 2, 8, 16, 32)


def test_few_workers_that_are_far_behind_twice_are_out_and_more_stay_in() -> None:
    once = [trial(1, 1, 10), trial(1, 2, 20), trial(1, 4, 40), trial(1, 8, 80)]
    assert in_the_race(COUNTS, once) == COUNTS, "one disturbance is not enough"
    twice = [*once, trial(2, 1, 11), trial(2, 2, 21), trial(2, 4, 70), trial(2, 8, 81)]
    assert in_the_race(COUNTS, twice) == (4, 8, 16, 32)


def test_a_count_that_was_as_good_once_stays_in() -> None:
    told = [trial(1, 1, 100), trial(1, 2, 50), trial(2, 1, 100), trial(2, 2, 110)]
    assert in_the_race((1, 2), told) == (1, 2)


def test_the_first_round_goes_up_and_later_ones_in_another_order_each() -> None:
    assert turns("wav", 1, COUNTS) == list(COUNTS)
    later = [turns("wav", number, COUNTS) for number in (2, 3, 4)]
    assert all(sorted(order) == list(COUNTS) for order in later)
    assert len({tuple(order) for order in later}) > 1


def test_where_it_is_clear_the_least_number_of_rounds_is_enough() -> None:
    told = rounds(ROUNDS, {1: 100, 2: 195})
    assert not is_over(ROUNDS, told)
    assert is_over(ROUNDS + 1, told)


def test_where_it_hangs_on_one_round_more_follow_but_not_for_ever() -> None:
    told = [*rounds(ROUNDS - 1, {1: 100, 2: 103}), trial(ROUNDS, 1, 60), trial(ROUNDS, 2, 120)]
    assert not is_over(ROUNDS + 1, told)
    assert is_over(ROUNDS_MOST + 1, told)


def test_a_codec_that_nothing_was_measured_of_is_over_after_its_rounds() -> None:
    assert is_over(ROUNDS + 1, [])
