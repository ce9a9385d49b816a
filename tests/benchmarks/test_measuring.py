"""The arithmetic behind the figures."""

from __future__ import annotations

import pytest

from benchmarks.figures import Figure, Goal, Section, compared, figures_table, speeds
from benchmarks.measuring import Cost, Race, Spread, figure, megabytes_per_s, times_as_long, turns, wall


def costs(*cpu_s: float, size_bytes: int = 1_000_000) -> list[Cost]:
    return [Cost(one, 2 * one, size_bytes) for one in cpu_s]


def test_each_round_asks_everyone_once_in_an_order_of_its_own() -> None:
    rounds = list(turns("abcd", 40))
    assert all(sorted(order) == list("abcd") for order in rounds)
    assert len(set(rounds)) > 10
    assert rounds == list(turns("abcd", 40))


def test_a_burst_of_load_that_hits_a_round_does_not_change_its_ratio() -> None:
    quiet, loaded = times_as_long(costs(3, 3, 3), costs(1, 1, 1)), times_as_long(costs(3, 30, 3), costs(1, 10, 1))
    assert quiet == loaded == Spread(3, 3, 3)


def test_candidates_that_do_less_are_compared_by_the_byte() -> None:
    less = costs(1, 1, size_bytes=100_000)
    assert times_as_long(less, costs(1, 1)).middle == pytest.approx(10)
    assert megabytes_per_s(less).middle == pytest.approx(0.1)
    assert megabytes_per_s(less, wall).middle == pytest.approx(0.05)


def test_rounds_that_do_not_belong_together_are_not_compared() -> None:
    with pytest.raises(ValueError, match="longer"):
        times_as_long(costs(1, 1), costs(1, 1, 1))


@pytest.mark.parametrize(
    ("value", "told"), [(0.234567, "0.23"), (9.9, "9.90"), (9.96, "10.0"), (99.6, "100"), (12345.6, "12,346")]
)
def test_numbers_have_three_digits_that_count(value: float, told: str) -> None:
    assert figure(value) == told


@pytest.mark.parametrize(
    ("goal", "value", "reached"),
    [
        (Goal(4.8), 4.8, True),
        (Goal(4.8), 4.79, False),
        (Goal(30, at_least=False), 30, True),
        (Goal(30, at_least=False), 30.1, False),
    ],
)
def test_a_goal_is_reached_from_its_own_side(goal: Goal, value: float, reached: bool) -> None:
    assert goal.reached_by(Spread(value, 0, 1e9)) is reached


def raced(**by_name: list[Cost]) -> Race:
    return Race(by_name)


def test_a_peer_that_is_not_installed_leaves_a_row_that_says_so() -> None:
    race = raced(gonogo=costs(1, 1))
    there = compared("a / b", Goal(2), raced(gonogo=costs(1), peer=costs(3)), theirs="peer", ours="gonogo")
    absent = compared("a / b", Goal(2), race, theirs="peer", ours="gonogo", note="apt install peer")
    assert there.row == ("a / b", "≥ 2", "3.00", "yes")
    assert absent.row == ("a / b", "≥ 2", "not measured: apt install peer", "")


def test_the_fastest_comes_first() -> None:
    ranked = speeds(raced(slow=costs(4, 4), gonogo=costs(1, 1), fast=costs(0.5, 0.5)), "gonogo")
    assert [speed.name for speed in ranked] == ["fast", "gonogo", "slow"]
    assert [speed.cpu_ratio.middle for speed in ranked] == [0.5, 1, 4]


def test_the_table_is_markdown() -> None:
    one = Figure("one more clip", Goal(30, at_least=False, unit=" µs"), Spread(7, 6, 8))
    told = figures_table([Section("A", (one,))])
    assert told.splitlines()[2] == "| one more clip | ≤ 30 µs | 7.00 [6.00-8.00] µs | yes |"
    assert len({line.count("|") for line in told.splitlines()}) == 1
