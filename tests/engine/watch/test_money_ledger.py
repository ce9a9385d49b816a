from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UsageError
from engine.watch.money.amounts import to_cents
from engine.watch.money.cost import add_up, gone_quiet, rate, spent
from engine.watch.money.ledger import CostLedger, by_hand
from engine.watch.money.lines import AnyCostLine, Ended, Heartbeat, Repriced, Started
from tests.engine.watch.money_clock import RATE, START, Clocks, ledger, run_for

HOUR = timedelta(hours=1)
BEATS = 3600.0


def test_an_interval_costs_its_hours_at_its_price_to_the_cent(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    run_for(book, clocks, book.start("i-1", "g4dn.xlarge spot", RATE, BEATS), 168)
    assert spent(book.account(), clocks.now) == Fraction("65.52")


def test_a_new_price_holds_from_then_on_and_leaves_the_past_alone(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    interval = book.start("i-1", "spot", Decimal("0.39"), BEATS)
    run_for(book, clocks, interval, 10)
    book.reprice(interval, Decimal("1.30"))
    run_for(book, clocks, interval, 2)
    book.end(interval)
    assert spent(book.account(), clocks.now) == Fraction("3.9") + Fraction("2.6")
    assert rate(book.account(), clocks.now) == 0
    assert [piece.usd_per_hour for piece in book.account().intervals[0].pieces] == [Fraction("0.39"), Fraction("1.3")]


def test_restarts_add_up_where_the_orchestrator_began_at_nothing(tmp_path: Path) -> None:
    clocks = Clocks()
    for instance in ("i-1", "i-2", "i-3"):
        book = ledger(tmp_path, clocks)
        interval = book.start(instance, "spot", RATE, BEATS)
        run_for(book, clocks, interval, 24)
        book.end(interval, "interrupted")
        clocks.pass_by(5 * HOUR)
    assert spent(ledger(tmp_path, clocks).account(), clocks.now) == 72 * Fraction("0.39")


def test_a_crash_costs_up_to_the_last_heartbeat_and_is_said_so(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    run_for(book, clocks, book.start("i-1", "g4dn.xlarge spot", RATE, BEATS), 10)
    clocks.pass_by(100 * HOUR)
    account = ledger(tmp_path, clocks).account()
    assert spent(account, clocks.now) == Fraction("3.9")
    assert rate(account, clocks.now) == 0
    assert gone_quiet(account, clocks.now) == (
        (
            "i-1 (g4dn.xlarge spot) ended without a word and is counted to its last heartbeat, 2026-01-05 10:00 UTC; "
            "if it ran on, enter the rest by hand"
        ),
    )


def test_the_rest_after_a_crash_can_be_entered_by_hand_but_never_twice(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    run_for(book, clocks, book.start("i-1", "spot", RATE, BEATS), 10)
    clocks.pass_by(100 * HOUR)
    rest = by_hand("i-1", "spot", RATE, START + 10 * HOUR, START + 15 * HOUR)
    book.enter(rest)
    assert spent(book.account(), clocks.now) == 15 * Fraction("0.39")
    with pytest.raises(UsageError, match="i-1 is counted already"):
        book.enter(rest)


@pytest.mark.parametrize(
    ("start", "end", "price", "told"),
    [
        (START, START - HOUR, RATE, "is before"),
        (START.replace(tzinfo=None), START, RATE, "names no zone"),
        (START, START, Decimal("NaN"), "not an amount"),
    ],
)
def test_time_that_cannot_be_is_refused_by_hand(start: datetime, end: datetime, price: Decimal, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        by_hand("i-1", "spot", price, start, end)


def test_a_program_started_again_at_once_goes_on_with_the_same_interval(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    first = book.start("i-1", "spot", RATE, BEATS)
    run_for(book, clocks, first, 2)
    clocks.pass_by(HOUR)
    again = ledger(tmp_path, clocks)
    assert again.start("i-1", "spot", RATE, BEATS) == first
    assert spent(again.account(), clocks.now) == 3 * Fraction("0.39")


def test_two_programs_that_watch_one_machine_count_it_once(tmp_path: Path) -> None:
    clocks = Clocks()
    one, other = ledger(tmp_path, clocks), ledger(tmp_path, clocks)
    interval = one.start("i-1", "spot", RATE, BEATS)
    assert other.start("i-1", "spot", RATE, BEATS) == interval
    for _ in range(6):
        clocks.pass_by(HOUR / 2)
        one.beat(interval)
        clocks.pass_by(HOUR / 2)
        other.beat(interval)
    one.end(interval)
    run_for(other, clocks, interval, 4)
    assert spent(other.account(), clocks.now) == 10 * Fraction("0.39")
    assert rate(other.account(), clocks.now) == Fraction("0.39")


@pytest.mark.parametrize("by", [-timedelta(days=3), timedelta(days=3)])
def test_a_clock_that_is_set_neither_makes_money_nor_takes_it_back(tmp_path: Path, by: timedelta) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    interval = book.start("i-1", "spot", RATE, BEATS)
    run_for(book, clocks, interval, 5)
    clocks.set_wall(by)
    run_for(book, clocks, interval, 5)
    account = book.account()
    assert spent(account, clocks.now) == Fraction("3.9")
    assert account.notes == (
        "i-1 (spot): the clock was set once while it ran; what passed was counted, not what the clock showed",
    )


def test_another_programs_earlier_clock_counts_as_no_time(tmp_path: Path) -> None:
    clocks = Clocks()
    interval = ledger(tmp_path, clocks).start("i-1", "spot", RATE, BEATS)
    clocks.set_wall(-HOUR)
    book = ledger(tmp_path, clocks)
    book.beat(interval)
    assert spent(book.account(), clocks.now) == 0
    run_for(book, clocks, interval, 1)
    assert spent(book.account(), clocks.now) == Fraction("0.39")


def test_a_machine_without_heartbeats_costs_until_it_is_ended(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    interval = book.start("pod-1", "RunPod A40", Decimal("0.44"), beats_s=0)
    clocks.pass_by(50 * HOUR)
    assert spent(book.account(), clocks.now) == 22
    book.end(interval)
    clocks.pass_by(50 * HOUR)
    assert spent(book.account(), clocks.now) == 22


def test_time_of_a_machine_that_still_runs_cannot_be_entered_again(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    book.start("pod-1", "RunPod A40", Decimal("0.44"), beats_s=0)
    clocks.pass_by(50 * HOUR)
    with pytest.raises(UsageError, match="pod-1 is counted already"):
        book.enter(by_hand("pod-1", "RunPod A40", RATE, START + 10 * HOUR, START + 11 * HOUR))
    book.enter(by_hand("pod-1", "RunPod A40", RATE, START - 2 * HOUR, START))


def test_storage_costs_while_no_machine_runs_and_transfers_cost_once(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    book.start_storage("vol-1", Decimal(500), Decimal("0.08"))
    book.transfer("data set to S3", Decimal(120), Decimal("0.09"))
    clocks.pass_by(timedelta(hours=730))
    assert spent(book.account(), clocks.now) == 40 + Fraction("10.8")
    clocks.pass_by(timedelta(hours=73))
    assert spent(book.account(), clocks.now) == 44 + Fraction("10.8")
    with pytest.raises(UsageError, match="vol-1 is counted already"):
        book.start_storage("vol-1", Decimal(500), Decimal("0.08"))


def test_an_interval_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    interval = book.start("i-1", "spot", RATE)
    with pytest.raises(UsageError, match=f"no interval 'x'; there are {interval}"):
        book.beat("x")


@pytest.mark.parametrize("price", ["NaN", "-0.39", "Infinity", "1e30"])
def test_a_price_that_is_none_is_refused_before_it_is_written(tmp_path: Path, price: str) -> None:
    book = ledger(tmp_path, Clocks())
    with pytest.raises(UsageError, match="not an amount"):
        book.start("i-1", "spot", Decimal(price))
    assert not book.path.exists()


def test_a_line_that_cannot_be_read_is_counted_and_hides_no_other(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    interval = book.start("i-1", "spot", RATE, BEATS)
    run_for(book, clocks, interval, 1)
    with book.path.open("ab") as file:
        file.write(b'{"type":"start","usd_per_hour":"NaN"}\n\xff\xfe\n')
    run_for(book, clocks, interval, 1)
    account = book.account()
    assert (account.unreadable, spent(account, clocks.now)) == (2, Fraction("0.78"))
    assert "2 lines of the ledger cannot be read" in account.notes[-1]


def test_a_line_torn_by_a_crash_is_gone_without_a_trace(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    interval = book.start("i-1", "spot", RATE, BEATS)
    with book.path.open("ab") as file:
        file.write(b'{"type":"heart')
    assert book.account().unreadable == 0
    run_for(book, clocks, interval, 1)
    assert (book.account().unreadable, spent(book.account(), clocks.now)) == (0, Fraction("0.39"))


def test_a_ledger_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    run_for(book, clocks, book.start("i-1", "spot", RATE, BEATS), 5)
    assert spent(book.account(), clocks.now) == Fraction("1.95")
    book.path.unlink()
    assert book.account().is_empty
    run_for(book, clocks, book.start("i-2", "spot", RATE, BEATS), 1)
    assert spent(book.account(), clocks.now) == Fraction("0.39")


CHILD = """
import pathlib, sys, time
from decimal import Decimal
from engine.watch.money.ledger import CostLedger, by_hand
book = CostLedger(pathlib.Path(sys.argv[1]))
interval = book.start("i-1", "spot", Decimal("3600"), beats_s=0.05)
print(interval, flush=True)
while True:
    book.beat(interval)
    print("beat", flush=True)
    time.sleep(0.01)
"""


def test_a_killed_program_leaves_an_interval_that_ends_at_its_last_heartbeat(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    argv = [sys.executable, "-c", CHILD, str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=root) as child:
        assert child.stdout is not None
        interval = child.stdout.readline().strip()
        for _ in range(5):
            assert child.stdout.readline() == "beat\n"
        os.kill(child.pid, signal.SIGKILL)
    account = CostLedger(tmp_path).account()
    (one,) = account.intervals
    later = datetime.now(UTC) + timedelta(days=1)
    assert (one.id, one.ended, account.unreadable) == (interval, False, 0)
    assert gone_quiet(account, later)
    cost = spent(account, later)
    # A dollar a second: what is counted is the time between its first and its last line, as its own clock has it.
    assert 0 < cost <= Fraction((one.last - one.pieces[0].start) / timedelta(seconds=1)) + Fraction(1, 100)


lasts = st.lists(
    st.tuples(st.integers(0, 10**9), st.decimals(0, 100, places=6)),
    max_size=20,
)


@given(lasts)
def test_the_sum_is_exact_however_often_the_price_changes(steps: list[tuple[int, Decimal]]) -> None:
    at = START
    lines: list[AnyCostLine] = [
        Started(time=at, interval="a", instance="i", kind="k", usd_per_hour=Decimal(0), beats_s=1)
    ]
    wanted = Fraction()
    for ms, price in steps:
        lines.append(Repriced(time=at, interval="a", usd_per_hour=price))
        at += timedelta(milliseconds=ms)
        lines.append(Heartbeat(time=at, interval="a"))
        wanted += Fraction(ms, 3_600_000) * Fraction(price)
    lines.append(Ended(time=at, interval="a"))
    assert spent(add_up(lines), at) == wanted


@given(lasts, st.integers(0, 2 * 10**10))
def test_what_is_spent_before_a_moment_never_exceeds_the_whole(steps: list[tuple[int, Decimal]], at_ms: int) -> None:
    at = START
    lines: list[AnyCostLine] = [Started(time=at, interval="a", instance="i", kind="k", usd_per_hour=RATE, beats_s=1)]
    for ms, price in steps:
        at += timedelta(milliseconds=ms)
        lines.append(Repriced(time=at, interval="a", usd_per_hour=price))
    account = add_up(lines)
    moment = START + timedelta(milliseconds=at_ms)
    assert 0 <= spent(account, at, moment) <= spent(account, at)
    assert spent(account, at, at + timedelta(microseconds=1)) == spent(account, at)


@given(st.fractions(min_value=0, max_value=10**9, max_denominator=10**9))
def test_cents_are_the_nearest(amount: Fraction) -> None:
    assert abs(Fraction(to_cents(amount)) - amount) <= Fraction(1, 200)
