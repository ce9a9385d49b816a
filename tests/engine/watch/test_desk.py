import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UsageError
from engine.watch.alerts import Level, Verdict
from engine.watch.desk import Desk
from engine.watch.thresholds import Standing

QUIET = 20


def says(level: Level, rule: str = "R4", step: int | None = 1) -> list[Verdict]:
    return [Verdict(rule, level, step, 1.0, 0.5, "1 record", "Told.", "Do.")]


def test_nothing_heard_is_unknown_and_not_green() -> None:
    assert Desk().level() is Level.UNKNOWN
    assert Desk().worst() is Level.UNKNOWN


def test_a_run_with_too_few_losses_is_unknown() -> None:
    desk = Desk()
    desk.take("log", "", says(Level.UNKNOWN, "R1"))
    desk.take("money", "", says(Level.GREEN, "C1"))
    assert desk.level() is Level.UNKNOWN
    desk.take("log", "", says(Level.GREEN, "R1"))
    assert desk.level() is Level.GREEN


def test_a_rule_that_cannot_tell_does_not_count_beside_others() -> None:
    desk = Desk()
    desk.take("log", "", says(Level.GREEN, "R1"))
    desk.take("gpu", "", says(Level.UNKNOWN, "G1"))
    assert desk.level() is Level.GREEN
    assert desk.said("gpu", "", "G1") is Level.UNKNOWN
    assert desk.level("gpu") is Level.UNKNOWN


def test_an_alert_rises_at_once_and_falls_after_enough_quiet_records() -> None:
    desk = Desk()
    assert [alert.rule for alert in desk.take("log", "", says(Level.RED))] == ["R4"]
    for _ in range(QUIET - 1):
        desk.take("log", "", says(Level.GREEN))
    assert desk.level() is Level.RED
    desk.take("log", "", says(Level.GREEN))
    assert desk.level() is Level.GREEN
    assert desk.worst() is Level.RED
    assert [alert.rule for alert in desk.ended()] == ["R4"]


def test_a_red_that_calms_down_to_yellow_is_yellow_before_it_is_green() -> None:
    desk = Desk()
    desk.take("log", "", says(Level.RED))
    levels = []
    for i in range(2 * QUIET):
        desk.take("log", "", says(Level.YELLOW if i < QUIET else Level.GREEN))
        levels.append(desk.level())
    assert levels[QUIET - 2 :: QUIET] == [Level.RED, Level.YELLOW]
    assert levels[-1] is Level.GREEN


def test_one_bad_record_begins_the_wait_anew() -> None:
    desk = Desk()
    for _ in range(5):
        desk.take("log", "", says(Level.YELLOW))
        for _ in range(QUIET - 1):
            desk.take("log", "", says(Level.GREEN))
    assert desk.level() is Level.YELLOW
    assert desk.ended() == []


def test_rules_about_the_clock_fall_by_time() -> None:
    desk = Desk()
    desk.take("gpu", "", says(Level.RED, "G1", None), at_s=0, clock=True)
    for at_s in range(10, 300, 10):
        desk.take("gpu", "", says(Level.GREEN, "G1", None), at_s=at_s, clock=True)
    assert desk.level() is Level.RED
    desk.take("gpu", "", says(Level.GREEN, "G1", None), at_s=311, clock=True)
    assert desk.level() is Level.GREEN


@pytest.mark.parametrize("rule", ["R1", "R6b", "R8", "C3"])
def test_these_reds_stay_until_somebody_has_seen_them(rule: str) -> None:
    desk = Desk()
    (alert,) = desk.take("log", "", says(Level.RED, rule))
    assert alert.latched
    for _ in range(100):
        desk.take("log", "", says(Level.GREEN, rule))
    assert desk.level() is Level.RED
    desk.acknowledge(rule, "anna", "seen")
    assert desk.level() is Level.GREEN
    assert [(a.key.rule, a.by, a.note) for a in desk.acknowledged] == [(rule, "anna", "seen")]


def test_an_acknowledgement_notes_when() -> None:
    desk = Desk(now=lambda: 1_700_000_000.0)
    desk.take("log", "", says(Level.RED, "R1"))
    desk.acknowledge("R1", "anna")
    desk.acknowledge("R1", "bert", at_s=5.0)
    assert [each.at_s for each in desk.acknowledged] == [1_700_000_000.0, 5.0]


def test_an_acknowledged_alert_stands_while_its_condition_does() -> None:
    desk = Desk()
    desk.take("log", "", says(Level.RED, "R1"))
    (alert,) = desk.acknowledge("R1", "anna")
    assert alert.acknowledged_by == "anna"
    assert desk.level() is Level.RED
    desk.take("log", "", says(Level.RED, "R1", 2))
    assert desk.alerts()[0].acknowledged_by == "anna"


def test_an_alert_that_rises_after_it_was_seen_must_be_seen_again() -> None:
    desk = Desk()
    desk.take("log", "", says(Level.YELLOW))
    desk.acknowledge("R4", "anna")
    (alert,) = desk.take("log", "", says(Level.RED, step=2))
    assert (alert.level, alert.acknowledged_by) == (Level.RED, "")


def test_what_does_not_stand_cannot_be_acknowledged() -> None:
    desk = Desk()
    desk.take("log", "", says(Level.RED, "R1"))
    with pytest.raises(UsageError, match="R1"):
        desk.acknowledge("R4", "anna")
    with pytest.raises(UsageError, match="nobody"):
        desk.acknowledge("R1", " ")


def test_runs_and_sources_are_held_apart() -> None:
    desk = Desk()
    desk.take("a", "1", says(Level.RED))
    desk.take("a", "2", says(Level.YELLOW))
    desk.take("b", "", says(Level.GREEN))
    assert [desk.level("a", "1"), desk.level("a", "2"), desk.level("b")] == [Level.RED, Level.YELLOW, Level.GREEN]
    assert desk.level("a") is Level.RED
    assert [alert.level for alert in desk.alerts()] == [Level.RED, Level.YELLOW]
    desk.acknowledge("R4", "anna", source="a", run="2")
    assert [alert.acknowledged_by for alert in desk.alerts()] == ["", "anna"]


def test_an_alert_about_steps_that_were_told_already_is_no_new_one() -> None:
    desk = Desk(Standing(clear_records=2))
    desk.take("log", "", says(Level.RED, step=500))
    for _ in range(2):
        desk.take("log", "", says(Level.GREEN))
    assert desk.take("log", "", says(Level.RED, step=480)) == []
    assert (desk.level(), desk.alerts()[0].first_step, desk.ended()) == (Level.RED, 500, [])
    for _ in range(2):
        desk.take("log", "", says(Level.GREEN))
    assert len(desk.take("log", "", says(Level.RED, step=501))) == 1


def test_not_knowing_lowers_nothing() -> None:
    desk = Desk()
    desk.take("gpu", "", says(Level.RED, "G1"))
    for _ in range(100):
        desk.take("gpu", "", says(Level.UNKNOWN, "G1"))
    assert desk.level() is Level.RED


@given(st.lists(st.sampled_from(Level), max_size=200))
def test_the_worst_is_never_below_what_stands_nor_what_was_said(levels: list[Level]) -> None:
    desk = Desk(Standing(clear_records=3))
    highest = Level.GREEN
    for step, level in enumerate(levels):
        desk.take("log", "", says(level, step=step))
        highest = max(highest, level) if level > Level.UNKNOWN else highest
        assert desk.level() >= (level if level > Level.UNKNOWN else Level.GREEN)
        assert desk.worst() >= desk.level()
    assert desk.worst() >= highest


def test_a_red_that_calmed_down_and_comes_back_is_told_again() -> None:
    desk = Desk(Standing(clear_records=2))
    desk.take("log", "", says(Level.RED))
    for step in (2, 3):
        desk.take("log", "", says(Level.YELLOW, step=step))
    assert desk.level() is Level.YELLOW
    assert [alert.level for alert in desk.take("log", "", says(Level.RED, step=4))] == [Level.RED]
