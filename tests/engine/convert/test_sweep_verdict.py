"""Scripted measurements: what is recommended, and what is named as the limit."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.convert.sweep_trial import Figures
from engine.convert.sweep_verdict import (
    NEAR_BEST,
    Finding,
    Limit,
    counts_up_to,
    find,
    is_steady,
    medians,
    recommend,
    tolerance,
)


def at(
    workers: int,
    mb_per_s: float,
    *,
    on_cpu: float = 0.97,
    cpu_wait: float = 0.0,
    in_hand: float = 0.99,
    cpu_s_per_gb: float = 10.0,
) -> Figures:
    return Figures(
        workers=workers,
        wall_s=2.0,
        bytes_in=mb_per_s * 2e6,
        mb_per_s=mb_per_s,
        cpu_s_per_gb=cpu_s_per_gb,
        utilisation=on_cpu * in_hand,
        in_hand=in_hand,
        on_cpu=on_cpu,
        cpu_wait=cpu_wait,
        stages={"convert": 0.7, "sync": 0.1, "verify": 0.2},
        disk_read_bytes=0,
        disk_written_bytes=0,
    )


@pytest.mark.parametrize(
    ("cpus", "counts"), [(1, (1,)), (2, (1, 2)), (3, (1, 2, 3)), (6, (1, 2, 4, 6)), (8, (1, 2, 4, 8))]
)
def test_counts_are_powers_of_two_up_to_the_cpus_and_the_cpus(cpus: int, counts: tuple[int, ...]) -> None:
    assert counts_up_to(cpus) == counts


def test_the_smallest_count_within_five_percent_of_the_best_is_recommended() -> None:
    assert recommend([at(1, 100), at(2, 190), at(4, 199), at(8, 200)]) == 2
    assert recommend([at(1, 100), at(2, 189), at(4, 199), at(8, 200)]) == 4
    assert recommend([at(4, 50), at(1, 100), at(2, 60)]) == 1


def test_the_median_of_each_count_is_judged_and_one_disturbed_round_changes_nothing() -> None:
    trials = [at(2, 200), at(1, 100), at(1, 101), at(2, 30, on_cpu=0.1), at(1, 99), at(2, 201)]
    one, two = medians(trials)
    assert (one.workers, one.mb_per_s) == (1, 100)
    assert (two.workers, two.mb_per_s, two.on_cpu) == (2, 200, 0.97)


@pytest.mark.parametrize(
    ("figures", "cpus", "workers", "limit"),
    [
        pytest.param([at(1, 100), at(2, 195)], 2, 2, Limit.CPU, id="all CPUs are full at the largest count"),
        pytest.param(
            [at(1, 100), at(2, 195), at(4, 196, on_cpu=0.49, cpu_wait=0.49)], 2, 2, Limit.CPU, id="more workers queue"
        ),
        pytest.param(
            [at(1, 60, on_cpu=0.6, cpu_wait=0.38), at(2, 61, on_cpu=0.3, cpu_wait=0.68)],
            2,
            1,
            Limit.CPU,
            id="others have the CPUs",
        ),
        pytest.param([at(1, 100), at(2, 198), at(4, 395)], 16, 4, Limit.CPU, id="busy and still growing"),
        pytest.param([at(1, 100)], 16, 1, Limit.CPU, id="one count, busy"),
        pytest.param(
            [at(4, 380), at(8, 700), at(16, 710, on_cpu=0.5)],
            8,
            8,
            Limit.CPU,
            id="CPUs full, no schedstat",
        ),
        pytest.param(
            [at(1, 80, on_cpu=0.8), at(2, 100, on_cpu=0.5), at(4, 101, on_cpu=0.25)], 8, 2, Limit.DISK, id="disk"
        ),
        pytest.param([at(1, 20, on_cpu=0.2), at(2, 20, on_cpu=0.1)], 2, 1, Limit.DISK, id="a slow disk from the start"),
        pytest.param(
            [at(1, 90, on_cpu=0.9), at(2, 60, on_cpu=0.3), at(4, 40, on_cpu=0.1)], 4, 1, Limit.DISK, id="seeks cost"
        ),
        pytest.param(
            [at(1, 90, on_cpu=0.4), at(2, 180, on_cpu=0.4), at(4, 360, on_cpu=0.4)], 16, 4, Limit.UNKNOWN, id="latency"
        ),
        pytest.param(
            [at(1, 14, on_cpu=0.07), at(2, 15, on_cpu=0.04), at(4, 16, on_cpu=0.02)],
            4,
            4,
            Limit.DISK,
            id="a disk that computing beside it still helps a little",
        ),
        pytest.param([at(1, 20, on_cpu=0.2)], 2, 1, Limit.UNKNOWN, id="one count, waiting"),
        pytest.param(
            [at(1, 100), at(2, 195), at(4, 300, cpu_s_per_gb=13), at(8, 305, cpu_s_per_gb=26)],
            32,
            4,
            Limit.MEMORY,
            id="cores stand still",
        ),
        pytest.param([at(1, 100), at(2, 102, on_cpu=0.77)], 8, 1, Limit.UNKNOWN, id="neither computing nor waiting"),
        pytest.param(
            [at(1, 50, in_hand=0.6), at(2, 51, in_hand=0.3)], 8, 1, Limit.UNKNOWN, id="shards of a few kilobytes"
        ),
    ],
)
def test_the_limit_is_named(figures: list[Figures], cpus: int, workers: int, limit: Limit) -> None:
    found = find(figures, cpus)
    assert (found.workers, found.limited_by) == (workers, limit), found.why
    assert find(list(reversed(figures)), cpus) == found


def test_an_open_question_says_what_to_measure() -> None:
    assert "measure more than 4" in find([at(2, 180, on_cpu=0.4), at(4, 360, on_cpu=0.4)], 16).why
    assert "measure more than 4" in find([at(2, 198), at(4, 395)], 16).why
    assert "too small" in find([at(1, 50, in_hand=0.5)], 16).why


def model(workers: int, cpus: int, core_mb_s: float, disk_mb_s: float) -> Figures:
    """A machine whose cores and disk each have a pace; work is shared fairly."""
    mb_per_s = min(min(workers, cpus) * core_mb_s, disk_mb_s)
    on_cpu = mb_per_s / core_mb_s / workers
    queue = 1 - on_cpu if mb_per_s < disk_mb_s else 0.0
    return at(workers, mb_per_s, on_cpu=on_cpu, cpu_wait=queue, in_hand=1.0, cpu_s_per_gb=1000 / core_mb_s)


def sweep_of(cpus: int, core_mb_s: float, disk_mb_s: float) -> Finding:
    return find([model(count, cpus, core_mb_s, disk_mb_s) for count in counts_up_to(cpus)], cpus)


@given(cpus=st.integers(1, 128), core=st.floats(5, 2_000))
def test_a_fast_disk_leaves_the_cpus_as_the_limit(cpus: int, core: float) -> None:
    found = sweep_of(cpus, core, disk_mb_s=core * cpus * 2)
    assert found.limited_by is Limit.CPU, found.why
    assert NEAR_BEST * cpus <= found.workers <= cpus


@given(cpus=st.integers(4, 128), core=st.floats(5, 2_000), share=st.floats(0.01, 0.15))
def test_a_slow_disk_is_named_and_gets_few_workers(cpus: int, core: float, share: float) -> None:
    found = sweep_of(cpus, core, disk_mb_s=core * cpus * share)
    assert found.limited_by is Limit.DISK, found.why
    assert found.workers <= max(1, 2 * cpus * share + 1)


@given(
    st.lists(
        st.builds(
            at,
            st.integers(1, 64),
            st.floats(0.1, 1e5),
            on_cpu=st.floats(0, 1),
            cpu_wait=st.floats(0, 1),
            in_hand=st.floats(0, 1),
            cpu_s_per_gb=st.floats(0, 1e4),
        ),
        min_size=1,
    ),
    st.integers(1, 64),
)
def test_whatever_was_measured_there_is_a_finding_and_nothing_smaller_is_as_good(
    trials: list[Figures], cpus: int
) -> None:
    figures = medians(trials)
    found = find(figures, cpus)
    enough = (1 - tolerance(figures)) * max(one.mb_per_s for one in figures)
    chosen = next(one for one in figures if one.workers == found.workers)
    assert chosen.mb_per_s >= enough
    assert all(one.mb_per_s < enough for one in figures if one.workers < found.workers)
    assert found.why


def repeated(truth: dict[int, float], noise: float, seed: int) -> list[Figures]:
    """Measure counts of workers, of a given pace each, six times on a machine that is off by so much."""
    dice = random.Random(seed)
    return [at(count, pace * (1 + dice.uniform(-noise, noise))) for _ in range(6) for count, pace in truth.items()]


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.2, 0.3])
def test_noise_does_not_make_it_choose_the_most_where_the_disk_is_the_limit(noise: float) -> None:
    flat = {1: 70.0, 2: 100.0, 4: 100.0, 8: 100.0, 16: 100.0}
    chosen = [recommend(medians(repeated(flat, noise, seed))) for seed in range(200)]
    assert chosen.count(16) <= 2, chosen
    assert sum(count <= 4 for count in chosen) >= 180, chosen


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.2])
def test_noise_does_not_hide_what_more_workers_bring(noise: float) -> None:
    scaling = {1: 100.0, 2: 198.0, 4: 390.0, 8: 760.0}
    assert {recommend(medians(repeated(scaling, noise, seed))) for seed in range(200)} == {8}


def test_where_repetitions_differ_much_the_finding_says_what_cannot_be_told() -> None:
    noisy = find(medians([at(1, 80), at(1, 120), at(1, 100), at(2, 90), at(2, 130), at(2, 100)]), 2)
    assert noisy.workers == 1
    assert "cannot be told from noise" in noisy.why
    quiet = find(medians([at(1, 100), at(1, 101), at(1, 99), at(2, 100), at(2, 101), at(2, 99)]), 2)
    assert "noise" not in quiet.why


def test_a_recommendation_that_hangs_on_one_round_is_not_steady() -> None:
    clear = [[at(1, 100), at(2, 190)]] * 3
    assert is_steady(clear)
    hanging = [[at(1, 100), at(2, 103)], [at(1, 100), at(2, 103)], [at(1, 60), at(2, 120)]]
    assert not is_steady(hanging)
