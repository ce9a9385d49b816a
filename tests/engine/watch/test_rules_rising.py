import numpy as np
import pytest

from engine.watch.alerts import Level
from engine.watch.records import LEARNING_RATE, LOSS, Record
from tests.engine.watch.curves import broken, noise, scratch_level
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
