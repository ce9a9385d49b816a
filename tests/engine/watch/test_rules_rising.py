import numpy as np
import pytest

from engine.watch.alerts import Level
from engine.watch.records import EVAL_LOSS, LEARNING_RATE, LOSS, Record
from tests.engine.watch.curves import broken, noise, scratch_level, thinned
from tests.engine.watch.hard_curves import hard_broken, hard_healthy, overfitted
from tests.engine.watch.watching import records, watch

RNG_SHARE = 0.02


def falling(count: int, seed: int = 1) -> list[float]:
    steps = np.arange(1, count + 1, dtype=np.float64)
    level = scratch_level(steps) * noise(np.random.default_rng(seed), count, RNG_SHARE)
    return [float(each) for each in level]


def test_a_run_that_diverges_is_red_within_150_steps() -> None:
    for seed in range(900, 908):
        curve = broken("diverge", seed)
        assert curve.onset is not None
        red = min(
            (a.last_step for a in watch(curve.records).raised if a.level is Level.RED and a.last_step), default=None
        )
        assert red is not None
        assert 0 <= red - curve.onset <= 150


def test_a_slow_drift_is_yellow_long_before_it_is_red() -> None:
    watched = watch(broken("drift", 905).records)
    yellow, red = watched.first("R4"), watched.first("R4", Level.RED)
    assert yellow is not None
    assert red is not None
    assert red - yellow > 50


def test_a_learning_rate_that_climbs_above_its_peak_makes_a_small_rise_red() -> None:
    losses = falling(1200)
    rates = [3e-4] * 800 + [3e-4 * 1.01**i for i in range(400)]
    rise = [1.0] * 800 + [1 + 0.09 * min(1.0, i / 100) for i in range(400)]
    rows = zip(losses, rates, rise, strict=True)
    ramp = [Record("log", "", 0, i, {LOSS: a * c, LEARNING_RATE: b}) for i, (a, b, c) in enumerate(rows)]
    plain = [Record("log", "", 0, each.step, {LOSS: each.values[LOSS]}) for each in ramp]
    red = watch(ramp).first("R4", Level.RED)
    assert red is not None
    assert red < 900
    assert "R4" not in watch([r for r in plain if r.step < 900]).rules(Level.RED)


def test_a_loss_near_zero_that_becomes_half_as_much_again_has_lost_nothing() -> None:
    down = [0.3 * 0.98**i + 0.0002 for i in range(500)]
    assert watch(records([*down, *[0.0003] * 200])).worst is Level.GREEN


@pytest.mark.parametrize("offset", [-5.0, -20.0])
def test_negative_losses_are_judged_by_their_range(offset: float) -> None:
    losses = [each + offset for each in falling(1500)]
    assert watch(records(losses)).worst is Level.GREEN
    assert "R4" in watch(records([*losses, *[offset + 6.0] * 60])).rules(Level.RED)


def test_a_level_that_hovers_at_the_threshold_is_one_alert() -> None:
    losses = falling(1000)
    hover = [2.0 * losses[-1] * (0.5 + 0.055 + 0.004 * ((i // 30) % 2)) for i in range(600)]
    assert (
        sum(alert.rule == "R4" and alert.level is Level.YELLOW for alert in watch(records([*losses, *hover])).raised)
        <= 1
    )


def test_a_learning_rate_far_beyond_its_peak_is_red_once_the_loss_stops_falling_even_in_a_sparse_log() -> None:
    for seed in range(900, 904):
        curve = thinned(hard_broken("lr-ramp", seed), 10)
        assert curve.onset is not None
        red = watch(curve.records).first("R4", Level.RED)
        assert red is not None
        assert 0 <= red - curve.onset <= 150


def test_a_long_warm_up_is_no_ramp() -> None:
    for seed in range(900, 904):
        assert "R4" not in watch(hard_healthy("long-warm-up", seed).records).rules(Level.RED)


def test_a_loss_that_oscillates_is_told_by_its_own_past() -> None:
    swing = [1.2 + 0.35 * np.sin(i / 60) for i in range(8000)]
    losses = np.array(swing) * noise(np.random.default_rng(3), len(swing), 0.05)
    watched = watch(records([float(each) for each in losses]))
    assert sum(alert.rule == "R4" and alert.level is Level.RED for alert in watched.raised) <= 3
    worse = watch(records([float(each) for each in [*losses, *(losses[:600] + 1.5)]]))
    assert max(alert.last_step or 0 for alert in worse.raised if alert.rule == "R4") > len(swing)


def test_one_rise_that_was_overcome_hides_no_second_one() -> None:
    losses = falling(3000)
    burst = [each * (2.0 if 800 <= i < 860 else 1.0) for i, each in enumerate(losses)]
    again = [each * (1 + 0.6 * max(0.0, min(1.0, (i - 2000) / 300))) for i, each in enumerate(burst)]
    steps = [alert.last_step or 0 for alert in watch(records(again)).raised if alert.rule == "R4"]
    assert any(2000 < step < 2300 for step in steps)


def test_a_loss_that_starts_at_0_and_grows_has_lost_nothing() -> None:
    losses = [0.0] * 40 + [round(0.03 * (1 - 0.99**i), 4) for i in range(900)]
    assert "R4" not in watch(records(losses)).rules()


def test_a_validation_loss_that_climbs_while_the_training_loss_falls_is_yellow() -> None:
    for seed in range(900, 904):
        watched = watch(overfitted(seed).records)
        assert watched.rules() == {"R4"}
        assert watched.worst is Level.YELLOW
        assert "validation" in next(alert.told for alert in watched.raised)


def test_a_validation_loss_that_is_only_noisy_is_green() -> None:
    rng = np.random.default_rng(4)
    rows = records(falling(3000))
    noisy = [Record("log", "", 0, i, {EVAL_LOSS: float(2.5 * (1 + rng.normal(0, 0.08)))}) for i in range(50, 3001, 50)]
    assert watch(sorted([*rows, *noisy], key=lambda each: each.step)).worst is Level.GREEN
