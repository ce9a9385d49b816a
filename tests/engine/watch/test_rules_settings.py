import math
from collections.abc import Callable

import pytest

from engine.errors import ConfigError
from engine.watch.explain import explain, explain_text
from engine.watch.scale import Mode, Setting
from engine.watch.thresholds import FAMILIES, RULE_IDS, Rules, override
from tests.engine.watch.curves import fine_tune, scratch
from tests.engine.watch.watching import records, watch


def test_every_rule_is_explained_with_its_numbers() -> None:
    assert {each.rule for each in explain(Rules())} == set(RULE_IDS)
    text = explain_text(override(Rules(), {"plateau": {"stuck_loss": 4.25}}), Setting(card=2048, scale=4))
    assert "4.25" in text
    assert "multiplied by 4" in text
    assert "7.62" in text


def test_a_rule_that_is_off_is_shown_as_off() -> None:
    assert [each.rule for each in explain(override(Rules(), {}, off=("R3",))) if not each.on] == ["R3"]


def test_a_threshold_is_overridden_and_the_rule_obeys() -> None:
    rules = override(Rules(), {"absolute": {"high_loss": 6}})
    assert "R2" in watch(records([6.5 - 0.001 * i for i in range(150)]), rules=rules).rules()


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ({"spike": {"z": 8}}, "did you mean spikes"),
        ({"spikes": {"zz": 8}}, "did you mean z"),
        ({"spikes": {"z": "8"}}, "wanted a number"),
        ({"spikes": {"z": -1}}, "wanted a number"),
        ({"spikes": {"z": math.nan}}, "wanted a number"),
        ({"spikes": {"often": 2.5}}, "wanted a whole number"),
        ({"spikes": {"often": 0}}, "wanted a whole number"),
        ({"standing": {"latched": 5}}, "wanted a list"),
    ],
)
def test_a_slip_in_the_settings_is_told_with_what_was_meant(tables: dict[str, dict[str, float]], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        override(Rules(), tables)


def test_only_rules_that_exist_can_be_switched_off() -> None:
    with pytest.raises(ConfigError, match="R13"):
        override(Rules(), {}, off=("R13",))


def test_every_number_says_why() -> None:
    import ast
    import inspect

    from engine.watch import thresholds

    for node in ast.parse(inspect.getsource(thresholds)).body:
        if isinstance(node, ast.ClassDef):
            for field, after in zip(node.body[1:], node.body[2:], strict=False):
                if isinstance(field, ast.AnnAssign):
                    assert isinstance(after, ast.Expr), f"{node.name}: a field without a reason"
    assert len(FAMILIES) == 11


@pytest.mark.parametrize(
    "make",
    [
        lambda: Setting(scale=0),
        lambda: Setting(scale=math.inf),
        lambda: Setting(card=1),
        lambda: Setting(planned_steps=0),
    ],
)
def test_an_impossible_setting_is_refused(make: Callable[[], Setting]) -> None:
    with pytest.raises(ConfigError, match="wanted"):
        make()


def test_what_is_told_is_believed() -> None:
    watched = watch(scratch(1, 300).records, Setting(mode=Mode.FINE_TUNE))
    assert watched.detector.curve.inferred.mode is Mode.FINE_TUNE
    assert "as it was told" in watched.detector.note


def test_first_losses_near_guessing_are_a_run_from_scratch_surely() -> None:
    watched = watch(records([7.6, 7.5, 7.4, 7.4, 7.3]), Setting(card=2048))
    assert watched.detector.curve.inferred.mode is Mode.FROM_SCRATCH
    assert "surely" in watched.detector.note


@pytest.mark.parametrize("interval", [1, 10])
def test_the_slope_tells_a_run_from_scratch_from_a_fine_tune(interval: int) -> None:
    for seed in range(900, 910):
        began, tuned = scratch(seed, 600, interval), fine_tune(seed, 600, interval)
        assert watch(began.records).detector.curve.inferred.mode is Mode.FROM_SCRATCH
        assert watch(tuned.records).detector.curve.inferred.mode is not Mode.FROM_SCRATCH


def test_a_log_that_looks_divided_is_said_and_not_assumed() -> None:
    watched = watch(records([7.62 / 4 - 0.001 * i for i in range(6)]), Setting(card=2048))
    assert "scale = 4" in watched.detector.note
    assert watched.detector.curve.inferred.mode is None


def test_a_run_with_a_long_warm_up_is_recognized_in_the_end() -> None:
    losses = [*[6.9] * 300, *[2 + 4.9 * 0.995**i for i in range(900)]]
    assert watch(records(losses)).detector.curve.inferred.mode is Mode.FROM_SCRATCH
