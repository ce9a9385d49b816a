"""Whatever is measured, the number of workers stays within its bounds, goes by steps, and gives its reasons."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.convert.auto_course import Course, Limits, Step, follow, noise, wanted_stretches
from engine.convert.auto_pace import Window
from engine.host.load import Load

IDLE = Load(idle=0.4, iowait=0.0, io_stalled=0.0)
FULL = Load(idle=0.02, iowait=0.0, io_stalled=0.0)
STUCK = Load(idle=0.1, iowait=0.5, io_stalled=0.6)
LIMITS = Limits(most=16, usable_cpus=8)


def fed(course: Course, rates: list[float], load: Load, limits: Limits = LIMITS) -> list[Step]:
    """Feed stretches, one after the other, and return what followed from each."""
    steps = []
    for rate in rates:
        step = follow(course, Window(course.wanted, 10.0, rate * 1e6, load), limits)
        steps.append(step)
        course = step.course
    return steps


def test_with_full_cpus_nothing_is_tried() -> None:
    steps = fed(Course(8), [800.0] * 50, FULL)
    assert {step.course.wanted for step in steps} == {8}
    assert not any(step.why for step in steps)


def test_a_gain_is_kept_and_told_with_both_paces_and_the_idle_cpus() -> None:
    *_, last = fed(Course(3), [212.0, 212.0, 268.0, 268.0], Load(idle=0.3, iowait=0.05, io_stalled=0.0))
    assert last.course.workers == 4
    assert last.why == "3 -> 4 workers: 212.0 -> 268.0 MB/s, CPUs 35% idle"


def test_what_brings_nothing_is_taken_back_and_told() -> None:
    *_, last = fed(Course(3), [212.0, 212.0, 214.0, 214.0], IDLE)
    assert (last.course.workers, last.course.wanted) == (3, 3)
    assert last.why == "4 -> 3 workers: 4 gained too little: 212.0 -> 214.0 MB/s, CPUs 40% idle"


def test_where_all_wait_for_the_disk_fewer_are_tried_first_and_kept_where_nothing_is_lost() -> None:
    *_, tried, _, kept = fed(Course(8), [200.0, 200.0, 199.0, 199.0], STUCK)[-3:]
    assert tried.course.wanted == 6
    assert kept.course.workers == 6
    assert "all wait for the disk 60% of the time" in kept.why


def test_where_others_take_the_cpus_that_a_disk_leaves_fewer_are_tried_all_the_same() -> None:
    shared = Load(idle=0.0, iowait=0.0, io_stalled=0.0, io_waiting=0.7)
    *_, kept = fed(Course(8), [200.0, 200.0, 210.0, 210.0], shared)
    assert kept.course.workers == 6
    assert kept.why == "8 -> 6 workers: 200.0 -> 210.0 MB/s, CPUs 0% idle, disk waited for 70% of the time"


def test_one_stretch_that_is_clearly_worse_ends_a_try() -> None:
    *_, last = fed(Course(8), [200.0, 200.0, 100.0], STUCK)
    assert last.course.wanted == 8
    assert "lost too much" in last.why


def at_best_four(tries: int) -> list[Step]:
    """Measure a machine on which fewer than four workers are slower, and more are no faster."""
    course, steps = Course(4), []
    for _ in range(tries):
        rate = 200e6 * min(4, course.wanted) / 4
        steps.append(follow(course, Window(course.wanted, 10.0, rate, IDLE), LIMITS))
        course = steps[-1].course
    return steps


def test_each_try_in_vain_makes_the_next_one_wait_twice_as_long() -> None:
    steps = at_best_four(300)
    up = [at for at, step in enumerate(steps) if step.why.startswith("4 -> 5") and ": a try" in step.why]
    gaps = [after - before for before, after in pairwise(up)]
    assert len(gaps) >= 3
    assert all(after >= 1.5 * before for before, after in pairwise(gaps)), gaps


def test_many_small_steps_down_do_not_add_up_to_a_loss() -> None:
    course = Course(32)
    for _ in range(400):
        pace = 1_000.0 * (1 - 0.012 * (32 - course.wanted))
        course = follow(course, Window(course.wanted, 10.0, pace * 1e6, STUCK), Limits(64, 32)).course
    assert 1_000.0 * (1 - 0.012 * (32 - course.workers)) >= 920.0


def test_another_machine_is_noticed_and_looked_at_anew() -> None:
    waited = at_best_four(40)[-1].course
    assert min(waited.wait) > 3
    shifted = fed(waited, [400.0] * 3, FULL)[-1].course
    assert shifted.wait == (0, 0)
    assert min(shifted.rates) == 400e6


def test_noise_asks_for_more_stretches() -> None:
    assert noise([100.0]) == 0.0
    assert noise([90.0, 100.0, 110.0]) == pytest.approx(0.1)
    asked = [wanted_stretches([100 - off, 100.0, 100 + off]) for off in (1, 5, 10, 30)]
    assert asked == sorted(asked)
    assert len(set(asked)) == 4


@given(
    start=st.integers(1, 64),
    most=st.integers(1, 64),
    cpus=st.integers(1, 32),
    measured=st.lists(
        st.tuples(st.floats(0, 1e10), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=60
    ),
)
def test_the_number_stays_within_its_bounds_whatever_is_measured(
    start: int, most: int, cpus: int, measured: list[tuple[float, float, float, float]]
) -> None:
    course, limits = Course(min(start, most)), Limits(most, cpus)
    for rate, idle, iowait, stalled in measured:
        before = course.wanted
        step = follow(course, Window(before, 10.0, rate, Load(idle, iowait, stalled)), limits)
        course = step.course
        assert 1 <= course.wanted <= most
        assert step.why or course.wanted == before, "no change without a reason"
