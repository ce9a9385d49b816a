import numpy as np
import pytest

from engine.watch.alerts import Level
from engine.watch.records import LEARNING_RATE, LOSS, Record
from engine.watch.scale import Mode, Setting
from tests.engine.watch.curves import broken, fine_tune, noise, scratch, thinned
from tests.engine.watch.hard_curves import hard_broken, hard_healthy
from tests.engine.watch.watching import records, watch

SCRATCH = Setting(mode=Mode.FROM_SCRATCH)
TUNE = Setting(mode=Mode.FINE_TUNE)


def flat(level: float, count: int, seed: int = 1) -> list[float]:
    return [float(each) for each in level * noise(np.random.default_rng(seed), count, 0.02)]


@pytest.mark.parametrize("interval", [1, 10])
def test_a_loss_stuck_above_4_5_is_red_after_500_steps(interval: int) -> None:
    red = watch(records(flat(4.7, 1000 // interval), start=interval, interval=interval)).first("R5", Level.RED)
    assert red is not None
    assert 490 <= red <= 600


def test_a_loss_that_falls_slowly_above_4_5_is_not_stuck() -> None:
    losses = [6.5 - 0.0006 * i for i in range(2500)]
    assert "R5" not in watch(records(losses)).rules()


def test_a_warm_up_is_given_its_time() -> None:
    losses = flat(7.6, 600)
    warming = [Record("log", "", 0, i, {LOSS: loss, LEARNING_RATE: 1e-7 * i}) for i, loss in enumerate(losses, 1)]
    assert "R5" not in watch(warming).rules()


def test_a_run_from_scratch_that_has_not_decreased_in_1000_steps_is_red() -> None:
    assert "R7" in watch(records(flat(3.5, 1100)), SCRATCH).rules(Level.RED)


@pytest.mark.parametrize("setting", [TUNE, Setting(), Setting(card=2048)])
def test_a_fine_tune_that_gains_three_percent_is_healthy(setting: Setting) -> None:
    for seed in range(900, 904):
        for curve in (fine_tune(seed, 5000), thinned(fine_tune(seed, 5000), 10)):
            assert watch(curve.records, setting).worst is Level.GREEN


def test_a_fine_tune_that_gains_nothing_in_3000_steps_is_yellow_and_never_red() -> None:
    watched = watch(records(flat(3.5, 6000)), TUNE)
    assert watched.worst is Level.YELLOW
    first = watched.first("R7")
    assert first is not None
    assert first >= 3000


def test_a_fine_tune_that_becomes_worse_is_yellow() -> None:
    losses = [each * (1 + 0.04 * min(1.0, i / 800)) for i, each in enumerate(flat(3.5, 2500))]
    assert watch(records(losses), TUNE).rules() == {"R7"}


def test_a_run_that_stops_learning_early_is_found() -> None:
    for seed in (900, 901):
        assert "R7" in watch(broken("plateau", seed).records).rules()
        assert "R7" in watch(broken("too-high", seed).records).rules()


def test_a_run_that_stops_learning_late_is_found_too() -> None:
    learning = scratch(903, 5000)
    level = float(np.median([record.values[LOSS] for record in learning.records[-200:]]))
    assert "R7" not in watch(learning.records).rules()
    more = records(flat(level, 6000), start=5001)
    assert "R7" in watch([*learning.records, *more]).rules()


def test_a_plateau_that_is_left_falls_back_to_green() -> None:
    losses = [*flat(6.0, 5), *flat(3.2, 2500), *[3.2 * 0.9998**i for i in range(3000)]]
    watched = watch(records(losses))
    assert watched.first("R7") is not None
    assert watched.level is Level.GREEN


def test_a_learning_rate_of_0_is_yellow_and_later_red() -> None:
    losses = [*[5 * 0.99**i + 3 for i in range(100)], *flat(3.9, 1500)]
    rows = [
        Record("log", "", 0, i, {LOSS: loss, LEARNING_RATE: 3e-4 if i <= 100 else 0.0})
        for i, loss in enumerate(losses, 1)
    ]
    watched = watch(rows)
    yellow, red = watched.first("R7"), watched.first("R7", Level.RED)
    assert yellow is not None
    assert red is not None
    assert yellow <= 310
    assert red <= 1110


def test_a_learning_rate_that_is_printed_as_0_from_the_first_line_on_says_nothing() -> None:
    curve = scratch(904, 2500)
    rows = [Record("log", "", 0, r.step, {LOSS: r.values[LOSS], LEARNING_RATE: 0.0}) for r in curve.records]
    assert "R7" not in watch(rows).rules()


def test_a_gradient_norm_of_0_is_yellow_and_later_red() -> None:
    curve = hard_broken("no-gradient", 900)
    assert curve.onset is not None
    watched = watch(curve.records)
    yellow, red = watched.first("R7"), watched.first("R7", Level.RED)
    assert yellow is not None
    assert red is not None
    assert yellow - curve.onset <= 210
    assert red - curve.onset <= 1010


def test_a_fine_tune_that_is_flat_within_its_epochs_is_never_red() -> None:
    for seed in range(900, 904):
        assert watch(hard_healthy("epochs", seed, 12000).records).worst <= Level.YELLOW


def test_a_loss_that_never_falls_and_hovers_is_one_alert() -> None:
    rng = np.random.default_rng(9)
    losses = [0.02 * float(each) for each in rng.standard_normal(6000)]
    assert sum(alert.rule == "R7" for alert in watch(records(losses)).raised) <= 2
