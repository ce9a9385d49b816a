import numpy as np
import pytest

from engine.watch.alerts import Level
from tests.engine.watch.watching import records, watch

STEADY = [4.2 + 0.03 * ((i * 7) % 5 - 2) for i in range(60)]


@pytest.mark.parametrize("interval", [1, 10])
def test_the_checklist_s_spike_is_yellow_at_once_and_red_at_the_next_record(interval: int) -> None:
    rows = records([*STEADY, 6.8, 5.3], start=interval, interval=interval)
    watched = watch(rows[:-2])
    levels = [watched.level]
    for row in rows[-2:]:
        watched.feed([row])
        levels.append(watched.level)
    assert levels == [Level.GREEN, Level.YELLOW, Level.RED]
    assert watched.first("R6b", Level.RED) == rows[-1].step


def test_after_five_lines_of_a_log_the_spike_is_seen_already() -> None:
    watched = watch(records([4.567, 4.423, 4.289, 4.25, 4.2, 4.2, 6.8, 5.3], start=10, interval=10))
    assert watched.desk.level() is Level.RED


def test_a_lone_spike_that_recovers_is_yellow_for_a_while_and_never_red() -> None:
    watched = watch(records([*STEADY, 6.8, *STEADY]))
    assert watched.worst is Level.YELLOW
    assert watched.desk.level() is Level.GREEN


def test_a_bad_batch_of_two_records_is_not_yet_red() -> None:
    assert watch(records([*STEADY, 8.0, 7.8, *STEADY])).worst is Level.YELLOW


def test_a_jump_that_stays_is_red_within_three_records() -> None:
    watched = watch(records([*STEADY, *[5.9] * 3, 5.9]))
    assert watched.first("R6b", Level.RED) == len(STEADY) + 4


def test_three_spikes_within_1000_steps_are_red() -> None:
    watched = watch(records([*STEADY, 6.8, *STEADY, 6.8, *STEADY, 6.8, *STEADY]))
    assert "R6b" in watched.rules(Level.RED)


def test_three_spikes_far_apart_are_not() -> None:
    quiet = STEADY * 20
    assert watch(records([*quiet, 6.8, *quiet, 6.8, *quiet, 6.8, *STEADY])).worst is Level.YELLOW


def test_a_red_of_this_rule_stays_until_somebody_has_seen_it() -> None:
    watched = watch(records([*STEADY, 6.8, 5.3, *STEADY]))
    assert watched.desk.level() is Level.RED
    watched.desk.acknowledge("R6b", "anna", "the batch of step 61 was removed")
    assert watched.desk.level() is Level.GREEN
    assert watched.worst is Level.RED


def test_a_jump_whose_first_half_is_hidden_in_a_mean_is_yellow_at_its_second_record() -> None:
    watched = watch(records([*STEADY, 5.1, 6.6, *STEADY]))
    assert watched.first("R6a") == len(STEADY) + 2
    assert watched.worst is Level.YELLOW


def test_high_records_that_are_common_in_a_run_are_no_spikes() -> None:
    rng = np.random.default_rng(5)
    losses = [3.0 * (1.6 if i % 20 == 7 else 1.0) * float(1 + rng.normal(0, 0.02)) for i in range(3000)]
    steps = [alert.last_step or 0 for alert in watch(records(losses)).raised if alert.rule in ("R6a", "R6b")]
    assert all(step < 200 for step in steps)
    higher = watch(records([*losses, 20.0, 3.0, 3.0]))
    assert max(alert.last_step or 0 for alert in higher.raised if alert.rule == "R6a") == 3001


def test_batches_that_differ_by_factors_are_no_spikes() -> None:
    losses = 0.2 * np.random.default_rng(6).lognormal(0, 0.5, 3000)
    assert not {"R6a", "R6b"} & watch(records([float(each) for each in losses])).rules()


def test_a_step_of_the_last_digit_is_no_spike() -> None:
    losses = [0.0001 if i % 7 else 0.0002 for i in range(600)]
    assert not {"R6a", "R6b", "R4"} & watch(records(losses)).rules()
