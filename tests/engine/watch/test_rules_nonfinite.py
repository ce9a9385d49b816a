import math

import numpy as np
import pytest

from engine.watch.alerts import Level
from engine.watch.records import EVAL_LOSS, GRAD_NORM, LOSS, Record
from tests.engine.watch.curves import scratch, thinned, with_validation
from tests.engine.watch.hard_curves import hard_broken
from tests.engine.watch.watching import records, watch


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_is_red_at_its_own_record(value: float) -> None:
    watched = watch(records([4.0, value]))
    (alert,) = watched.raised
    assert (alert.rule, alert.level, alert.first_step, alert.latched) == ("R1", Level.RED, 2, True)


def test_a_nan_long_after_step_1000_counts_as_much() -> None:
    assert watch(records([3.0, 2.9, math.nan], start=50_000)).level is Level.RED


def test_a_validation_loss_that_is_no_number_counts() -> None:
    watched = watch(with_validation(scratch(1, 300), 250, math.nan).records)
    assert "R1" in watched.rules(Level.RED)


def test_a_tracker_of_the_best_that_starts_at_infinity_is_no_news() -> None:
    watched = watch([Record("log", "", 0, step, {LOSS: 3.0, "best_loss": math.inf}) for step in range(5)])
    assert watched.desk.level() is Level.GREEN


def test_a_gradient_norm_that_is_no_number_is_no_divergence() -> None:
    values = [3.5 + 0.01 * (i % 7) for i in range(200)]
    rows = [
        Record("log", "", 0, i, {LOSS: loss, GRAD_NORM: math.nan if i % 12 == 0 else 1.0})
        for i, loss in enumerate(values)
    ]
    assert watch(rows).worst is Level.GREEN


def test_zeros_where_the_trainer_filters_nan_are_red() -> None:
    watched = watch(records([3.4, 3.3, 3.2, 3.178, 1.79, 0.0, 0.0, 0.0], interval=10))
    assert watched.rules(Level.RED) == {"R8"}


def test_one_zero_with_a_gradient_norm_that_is_no_number_is_red_at_once() -> None:
    watched = watch([*records([3.4] * 5), Record("log", "", 0, 6, {LOSS: 0.0, GRAD_NORM: math.nan})])
    assert watched.first("R8", Level.RED) == 6


def test_a_loss_that_gently_reaches_zero_is_no_masked_nan() -> None:
    watched = watch(records([round(0.3 * 0.9**i, 4) for i in range(120)], interval=25))
    assert watched.worst is Level.GREEN


def test_the_same_number_again_and_again_with_a_nan_gradient_is_red() -> None:
    watched = watch(records([3.2, 3.1, 3.0, 3.0, 3.0], grad_norm=math.nan))
    assert watched.first("R8", Level.RED) == 5


def test_a_nan_validation_beside_a_finite_training_loss_is_told_as_masked() -> None:
    watched = watch([*records([3.0] * 5), Record("log", "", 0, 6, {EVAL_LOSS: math.nan})])
    assert {"R1", "R8"} <= watched.rules(Level.RED)


def test_a_log_that_is_rounded_to_two_digits_may_repeat_itself() -> None:
    losses = [3.42, 3.42, 3.43, 3.42, 3.42, 3.42, 3.41, 3.41] * 20
    rows = [
        Record("log", "", 0, i, {LOSS: loss, GRAD_NORM: math.nan if i % 40 > 34 else 1.0})
        for i, loss in enumerate(losses)
    ]
    assert "R8" not in watch(rows).rules()


def test_zeros_after_a_loss_that_was_small_but_printed_finely_are_red() -> None:
    for seed in range(900, 904):
        curve = hard_broken("small-zeros", seed)
        assert curve.onset is not None
        assert watch(curve.records).first("R8", Level.RED) == curve.onset + 2


def test_a_loss_that_is_now_and_then_0_hides_nothing() -> None:
    rng = np.random.default_rng(7)
    losses = [round(max(0.0, float(0.08 + rng.normal(0, 0.06))), 4) for _ in range(3000)]
    assert "R8" not in watch(records(losses)).rules()


def test_the_same_float_ten_times_is_red_without_any_gradient_norm() -> None:
    for interval in (1, 10):
        curve = thinned(hard_broken("constant", 900), interval)
        assert curve.onset is not None
        red = watch(curve.records).first("R8", Level.RED)
        assert red is not None
        assert red - curve.onset <= 10 * interval


def test_a_loss_that_comes_to_rest_without_noise_hides_nothing() -> None:
    assert "R8" not in watch(records([3 + 4 * 0.97**i for i in range(2500)])).rules()


def test_a_settled_loss_that_falls_to_nothing_is_too_good_to_be_true() -> None:
    for seed in range(900, 904):
        watched = watch(hard_broken("same-batch", seed).records)
        assert watched.rules() == {"R8"}
        assert watched.worst is Level.YELLOW
        assert "too good" in watched.raised[0].told


def test_a_loss_that_falls_step_by_step_at_each_epoch_is_not_too_good() -> None:
    rng = np.random.default_rng(8)
    losses = [1.8 * (1, 0.62, 0.3, 0.12, 0.05)[i // 400] * float(rng.gamma(25, 1 / 25)) for i in range(2000)]
    assert "R8" not in watch(records(losses)).rules()
