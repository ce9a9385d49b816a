import numpy as np
import pytest

from engine.watch.alerts import Level
from engine.watch.scale import Mode, Setting
from tests.engine.watch.watching import records, watch


def test_a_loss_above_10_is_yellow_only_after_step_100() -> None:
    assert "R2" not in watch(records([11.0] * 3, start=98)).rules()
    assert watch(records([9.0] * 100 + [10.5])).first("R2") == 101


def test_a_run_that_begins_at_22_and_learns_is_healthy() -> None:
    assert watch(records([3 + 19 * 0.9**i for i in range(400)])).worst is Level.GREEN


def test_a_median_worse_than_guessing_is_red_where_the_card_is_known() -> None:
    losses = [8.3] * 200
    assert "R2" in watch(records(losses), Setting(card=2048)).rules(Level.RED)
    assert "R2" not in watch(records(losses)).rules()


def test_a_large_vocabulary_may_cost_more_than_10() -> None:
    losses = [10.5 - 0.001 * i for i in range(200)]
    assert "R2" in watch(records(losses)).rules()
    assert "R2" not in watch(records(losses), Setting(card=50257)).rules()


@pytest.mark.parametrize("interval", [1, 10, 50])
def test_a_median_above_5_at_step_500_is_yellow_at_any_log_interval(interval: int) -> None:
    losses = [5.2 + 2 * 0.99 ** (i * interval) for i in range(700 // interval)]
    first = watch(records(losses, start=interval, interval=interval)).first("R3")
    assert first is not None
    assert 500 <= first < 500 + interval


@pytest.mark.parametrize("interval", [1, 10, 50])
def test_a_loss_that_fell_below_5_just_before_step_500_is_not_held_to_its_past(interval: int) -> None:
    losses = [8 - 4 * min(1.0, i * interval / 420) for i in range(600 // interval)]
    assert "R3" not in watch(records(losses, start=interval, interval=interval)).rules()


def test_the_scale_of_the_log_is_taken_into_account() -> None:
    divided = records([5.4 / 4] * 600)
    assert watch(divided).rules() == set()
    assert {"R3", "R5"} <= watch(divided, Setting(scale=4, mode=Mode.FROM_SCRATCH)).rules()


def test_a_loss_that_is_no_cross_entropy_is_not_held_to_nats_and_that_is_said() -> None:
    watched = watch(records([3000 + 2500 * 0.997**i for i in range(1500)]))
    assert watched.worst is Level.GREEN
    assert "R2, R3 and R5 are silent" in watched.detector.note


def test_small_batches_of_a_loss_of_8_that_reach_10_are_no_news() -> None:
    rng = np.random.default_rng(10)
    losses = [7.5 * float(each) for each in rng.lognormal(0, 0.15, 600)]
    assert "R2" not in watch(records(losses)).rules()


def test_a_noisy_median_that_hovers_at_5_is_one_alert() -> None:
    rng = np.random.default_rng(11)
    losses = [float(5.0 * each) for each in rng.lognormal(0, 0.3, 3000)]
    assert sum(alert.rule == "R3" for alert in watch(records(losses)).raised) <= 1
