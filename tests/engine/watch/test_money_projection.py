from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.watch.alerts import Level
from engine.watch.money.amounts import parse_usd, show_rate, show_usd, to_cents
from engine.watch.money.cost import Account
from engine.watch.money.plan import Plan, planned_buffer, planned_weeks, storage_usd
from engine.watch.money.projection import Figures, figures, week_rows
from engine.watch.money.rules import judge_money
from engine.watch.money.wording import figure_rows, storage_sentence, week_cells
from tests.engine.watch.money_clock import RATE, START, Clocks, ledger, run_for

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PLAN = Plan(START)
BEATS = 3600.0


def levels(now: Figures | None) -> tuple[Level, ...]:
    return tuple(verdict.level for verdict in judge_money(now))


def after(tmp_path: Path, hours: int, usd_per_hour: Decimal = RATE) -> Figures:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    book.start("i-1", "g4dn.xlarge spot", usd_per_hour, beats_s=0)
    clocks.pass_by(hours * HOUR)
    return figures(book.account(), PLAN, clocks.now)


def test_the_eight_weeks_at_39_cents_come_out_to_the_cent() -> None:
    rows = [(row.hours, row.usd, f"{row.percent:.0f}") for row in planned_weeks(PLAN)]
    assert rows == [
        (168, Decimal("65.52"), "11"),
        (336, Decimal("131.04"), "22"),
        (504, Decimal("196.56"), "33"),
        (672, Decimal("262.08"), "44"),
        (840, Decimal("327.60"), "55"),
        (1008, Decimal("393.12"), "66"),
        (1176, Decimal("458.64"), "76"),
        (1344, Decimal("524.16"), "87"),
    ]
    assert planned_buffer(PLAN) == Decimal("75.84")


def test_storage_that_the_table_forgot_takes_the_buffer() -> None:
    assert to_cents(storage_usd(Decimal(500), Decimal("0.08"), 8)) == Decimal("73.64")
    assert storage_sentence(PLAN, Decimal(500)) == (
        "500 GB of storage at $0.08 per GB and month add $73.64 in 8 weeks; the plan leaves $75.84 for it, and $2.20 "
        "for all the rest"
    )
    assert storage_sentence(PLAN, Decimal(600)).endswith("the plan leaves $75.84, which is not enough")


def test_what_was_really_spent_stands_beside_each_week(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    interval = book.start("i-1", "spot", RATE, BEATS)
    run_for(book, clocks, interval, 168)
    book.reprice(interval, Decimal("1.30"))
    run_for(book, clocks, interval, 84)
    rows = week_rows(book.account(), PLAN, clocks.now)
    assert [row.spent_usd for row in rows[:3]] == [Decimal("65.52"), Decimal("174.72"), None]
    assert [row.is_now for row in rows[:3]] == [False, True, False]
    assert week_cells(rows)[:3] == (
        ("1", "168", "$65.52", "11 %", "$65.52", "$0.00"),
        ("2 (now)", "336", "$131.04", "22 %", "$174.72", "+$76.44"),
        ("3", "504", "$196.56", "33 %", "", ""),
    )


def test_the_plans_end_is_told_at_the_rate_of_now_and_at_the_mean(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    interval = book.start("i-1", "spot", RATE, BEATS)
    run_for(book, clocks, interval, 336)
    book.end(interval)
    clocks.pass_by(336 * HOUR)
    book.start("i-2", "on demand", Decimal("1.30"), BEATS)
    now = figures(book.account(), PLAN, clocks.now)
    assert (now.spent_usd, now.mean_usd_per_hour) == (Decimal("131.04"), Decimal("0.195"))
    assert now.at_rate_usd == Decimal("131.04") + 672 * Decimal("1.30")
    assert now.at_mean_usd == Decimal("262.08")
    assert now.expected_usd == now.at_rate_usd
    assert now.budget_ends == clocks.now + timedelta(seconds=int((600 - Fraction("131.04")) / Fraction("1.3") * 3600))


def test_between_two_machines_the_mean_tells_where_it_leads(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    interval = book.start("i-1", "on demand", Decimal("1.30"), BEATS)
    run_for(book, clocks, interval, 168)
    book.end(interval, "interrupted")
    now = figures(book.account(), PLAN, clocks.now)
    assert now.usd_per_hour == 0
    assert now.budget_ends is None
    assert now.expected_usd == 8 * Decimal("218.40")
    assert levels(now) == (Level.GREEN, Level.YELLOW, Level.GREEN)


def test_a_budget_that_is_gone_tells_when_it_went(tmp_path: Path) -> None:
    now = after(tmp_path, 700, Decimal(1))
    assert now.left_usd == -100
    assert now.budget_ends is not None
    assert abs(now.budget_ends - (START + 600 * HOUR)) <= timedelta(seconds=1)
    assert ("budget ends", "it ended 2026-01-30 00:00 UTC") in figure_rows(now)


def test_a_budget_that_is_spent_to_the_cent_is_red_also_while_nothing_runs(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    interval = book.start("i-1", "spot", Decimal(6), beats_s=0)
    clocks.pass_by(100 * HOUR)
    book.end(interval)
    now = figures(book.account(), PLAN, clocks.now)
    assert now.left_usd == 0
    assert levels(now)[2] is Level.RED


def test_the_plan_itself_raises_nothing_in_any_week(tmp_path: Path) -> None:
    for week in range(1, 9):
        now = after(tmp_path / str(week), 168 * week)
        assert levels(now) == (Level.GREEN, Level.GREEN, Level.GREEN)
        assert to_cents(now.expected_usd) == Decimal("524.16")


@pytest.mark.parametrize(
    ("hours", "price", "wanted"),
    [
        (399, "1", (Level.GREEN, Level.YELLOW, Level.GREEN)),
        (400, "1", (Level.YELLOW, Level.YELLOW, Level.GREEN)),
        (840, "0.48", (Level.GREEN, Level.YELLOW, Level.GREEN)),
        (598, "1", (Level.YELLOW, Level.YELLOW, Level.GREEN)),
        (599, "1", (Level.YELLOW, Level.YELLOW, Level.RED)),
        (600, "1", (Level.YELLOW, Level.YELLOW, Level.RED)),
        (1344, "0.44", (Level.GREEN, Level.GREEN, Level.GREEN)),
        (1344, "0.45", (Level.GREEN, Level.YELLOW, Level.RED)),
    ],
)
def test_money_turns_yellow_early_and_red_when_it_is_gone(
    tmp_path: Path, hours: int, price: str, wanted: tuple[Level, ...]
) -> None:
    assert levels(after(tmp_path, hours, Decimal(price))) == wanted


def test_an_alert_names_what_was_read_what_was_wanted_and_what_to_do(tmp_path: Path) -> None:
    early, end, gone = judge_money(after(tmp_path, 599, Decimal(1)))
    assert early.told == "$599.00 spent on day 25.0, wanted less than $400.00 before day 35"
    assert (early.value, early.threshold) == (599.0, 400.0)
    assert end.told == (
        "$1,344.00 will be spent by the plan's end at $1.00/h, wanted at most $600.00; the budget ends on 2026-01-30"
    )
    assert gone.told == "$599.00 of $600.00 spent: at $1.00/h the rest lasts less than an hour"
    assert "stop the machine" in gone.advice


def test_where_nothing_is_counted_nothing_is_green() -> None:
    assert levels(None) == (Level.UNKNOWN,) * 3


def test_a_ledger_with_lost_lines_is_never_green(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    book.start("i-1", "spot", RATE, beats_s=0)
    with book.path.open("ab") as file:
        file.write(b"?\n")
    clocks.pass_by(HOUR)
    now = figures(book.account(), PLAN, clocks.now)
    assert levels(now) == (Level.UNKNOWN,) * 3
    assert "and what 1 lost line of the ledger told of" in judge_money(now)[0].told


def test_an_empty_account_costs_nothing_and_ends_never() -> None:
    now = figures(Account(), PLAN, START)
    assert now.spent_usd == now.usd_per_hour == 0
    assert now.budget_ends is None
    assert now.mean_usd_per_hour is None


def test_storage_is_told_apart_and_counts_in_the_projection(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    book.start_storage("vol-1", Decimal(500), Decimal("0.08"))
    book.start("i-1", "g4dn.xlarge spot", RATE, beats_s=0)
    clocks.pass_by(10 * HOUR)
    now = figures(book.account(), PLAN, clocks.now)
    assert to_cents(now.at_rate_usd) == Decimal("597.80")
    assert dict(figure_rows(now))["of it"] == "machines $3.90, storage $0.55, transfers $0.00"
    assert levels(now)[1] is Level.GREEN
    clocks.pass_by(DAY)
    book.transfer("back-up", Decimal(50), Decimal("0.09"))
    assert levels(figures(book.account(), PLAN, clocks.now))[1] is Level.YELLOW


@pytest.mark.parametrize(("text", "usd"), [("0.39", "0.39"), (" $600 ", "600"), ("$0", "0"), (".5", "0.5")])
def test_amounts_are_read_as_people_write_them(text: str, usd: str) -> None:
    assert parse_usd(text) == Decimal(usd)


@pytest.mark.parametrize("text", ["", "$", "-1", "NaN", "inf", "1e12", "0,39", "39 cents"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"not an amount: wanted dollars"):
        parse_usd(text)


def test_amounts_are_shown_to_the_cent_and_prices_as_lists_have_them() -> None:
    assert [show_usd(Decimal(each)) for each in ("1344.155", "-0.004", "-12.5")] == ["$1,344.16", "$0.00", "-$12.50"]
    assert [show_rate(Decimal(each)) for each in ("0.39", "0.1578", "1.3", "2")] == [
        "$0.39/h",
        "$0.1578/h",
        "$1.30/h",
        "$2.00/h",
    ]
