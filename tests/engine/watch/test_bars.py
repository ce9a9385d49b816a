from __future__ import annotations

import math

from engine.watch.sources.bars import Bars
from engine.watch.sources.reading import NOTHING, Reading


def drawn(step: int, **values: float) -> Reading:
    return Reading(step, {**values, "steps_per_s": 80.0 + step, "epoch": 0.0})


def metrics(reading: Reading | None) -> tuple[int, dict[str, float]] | None:
    if reading is None or not reading.values:
        return None
    return reading.step, {name: v for name, v in reading.values.items() if name not in {"steps_per_s", "epoch"}}


def test_a_step_is_told_once_with_its_own_loss() -> None:
    bars = Bars()
    seen = [drawn(1, loss=0.5), drawn(2, loss=0.5), drawn(2, loss=0.25), drawn(3, loss=0.25), drawn(3, loss=0.125)]
    told = [metrics(bars.take(reading)) for reading in seen]
    assert told == [None, (1, {"loss": 0.5}), None, (2, {"loss": 0.25}), None]
    assert metrics(bars.flush()) == (3, {"loss": 0.125})
    assert bars.flush() is None


def test_a_quiet_moment_does_not_make_the_loss_of_the_step_before_that_of_this_one() -> None:
    bars = Bars()
    bars.take(drawn(1, loss=0.5))
    assert metrics(bars.flush()) == (1, {"loss": 0.5})
    bars.take(drawn(2, loss=0.5))
    assert bars.flush() is None
    assert bars.holds
    bars.take(drawn(2, loss=0.25))
    assert metrics(bars.flush()) == (2, {"loss": 0.25})


def test_a_loss_that_really_stays_the_same_is_told_when_the_bar_moves_on() -> None:
    bars = Bars()
    told = [metrics(bars.take(drawn(step, loss=0.5))) for step in (1, 2, 3)]
    assert told == [None, (1, {"loss": 0.5}), (2, {"loss": 0.5})]


def test_an_evaluation_is_told_when_it_changes_and_nan_is_one_value() -> None:
    bars = Bars()
    bars.take(drawn(20, train_loss=0.5))
    assert metrics(bars.flush()) == (20, {"train_loss": 0.5})
    bars.take(drawn(20, train_loss=0.5, val_loss=math.nan))
    told = metrics(bars.flush())
    assert told is not None
    assert list(told[1]) == ["val_loss"]
    bars.take(drawn(21, train_loss=0.25, val_loss=math.nan))
    assert metrics(bars.take(drawn(22, train_loss=0.125, val_loss=math.nan))) == (21, {"train_loss": 0.25})
    assert metrics(bars.take(drawn(23, train_loss=0.5, val_loss=0.75))) == (22, {"train_loss": 0.125})
    assert metrics(bars.take(drawn(24, train_loss=0.5, val_loss=0.75))) == (23, {"train_loss": 0.5, "val_loss": 0.75})


def test_a_bar_that_is_drawn_again_at_its_end_says_nothing() -> None:
    bars = Bars()
    bars.take(drawn(20, loss=0.5))
    bars.flush()
    bars.take(drawn(20, loss=0.5))
    assert bars.take(drawn(21, loss=0.5)) is NOTHING
