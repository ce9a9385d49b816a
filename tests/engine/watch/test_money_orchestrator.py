from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from engine.errors import InputError, UsageError
from engine.watch.money.cost import spent
from engine.watch.money.orchestrator import read_orchestrator_state
from tests.engine.watch.money_clock import RATE, Clocks, ledger

STATE = {
    "timestamp": "2025-12-01T12:00:00.500000",
    "current_epoch": 3,
    "global_step": 4200,
    "best_val_loss": float("inf"),
    "elapsed_time": 362880.25,
    "interrupted": True,
    "week_5_metrics": None,
}


def written(tmp_path: Path, **changes: object) -> Path:
    path = tmp_path / "orchestrator_state.json"
    path.write_text(json.dumps({**STATE, **changes}, indent=2))
    return path


def test_its_elapsed_time_becomes_one_interval_at_the_price_that_is_given(tmp_path: Path) -> None:
    state = read_orchestrator_state(written(tmp_path))
    assert (state.epoch, state.step, state.best_val_loss, state.interrupted) == (3, 4200, None, True)
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    book.enter(state.as_interval("i-1", "g4dn.xlarge spot", RATE))
    account = book.account()
    assert spent(account, clocks.now) == Fraction("362880.25") / 3600 * Fraction("0.39")
    (one,) = account.intervals
    assert one.pieces[0].lasted == timedelta(seconds=362880.25)
    assert "it counts anew after each restart, so what ran before 2025-11-27 07:12 is missing" in account.notes[0]
    assert "its time names no zone and is taken as UTC" in account.notes[0]


def test_the_same_file_counts_once(tmp_path: Path) -> None:
    book = ledger(tmp_path, Clocks())
    told = read_orchestrator_state(written(tmp_path)).as_interval("i-1", "spot", RATE)
    book.enter(told)
    with pytest.raises(UsageError, match="entered already"):
        book.enter(told)


def test_a_later_state_of_the_same_run_is_refused_for_it_counts_the_same_time(tmp_path: Path) -> None:
    book = ledger(tmp_path, Clocks())
    book.enter(read_orchestrator_state(written(tmp_path)).as_interval("i-1", "spot", RATE))
    later = written(tmp_path, timestamp="2025-12-01T13:00:00.500000", elapsed_time=366480.25)
    with pytest.raises(UsageError, match="counted already for a part of"):
        book.enter(read_orchestrator_state(later).as_interval("i-1", "spot", RATE))


def test_a_run_after_a_restart_adds_up(tmp_path: Path) -> None:
    clocks = Clocks()
    book = ledger(tmp_path, clocks)
    book.enter(read_orchestrator_state(written(tmp_path)).as_interval("i-1", "spot", RATE))
    again = written(tmp_path, timestamp="2025-12-01T18:00:00+01:00", elapsed_time=7200)
    state = read_orchestrator_state(again)
    assert not state.zone_assumed
    book.enter(state.as_interval("i-1", "spot", RATE))
    assert spent(book.account(), clocks.now) == Fraction("370080.25") / 3600 * Fraction("0.39")


def test_a_loss_that_was_seen_is_kept_as_written(tmp_path: Path) -> None:
    assert read_orchestrator_state(written(tmp_path, best_val_loss=3.41)).best_val_loss == Decimal("3.41")
    assert read_orchestrator_state(written(tmp_path, best_val_loss=float("nan"))).best_val_loss is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"elapsed_time": float("inf")}, "elapsed_time"),
        ({"elapsed_time": -5}, "elapsed_time"),
        ({"elapsed_time": None}, "elapsed_time"),
        ({"elapsed_time": 1e12}, "elapsed_time"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": None}, "timestamp"),
    ],
)
def test_what_cannot_be_counted_is_refused_by_its_name(tmp_path: Path, changes: dict[str, object], told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_orchestrator_state(written(tmp_path, **changes))


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "orchestrator_state.json"
    with pytest.raises(InputError, match="cannot be read"):
        read_orchestrator_state(path)
    path.write_text('{"elapsed_time": 5')
    with pytest.raises(InputError, match="not JSON"):
        read_orchestrator_state(path)
    path.write_text("[1]")
    with pytest.raises(InputError, match="not an object"):
        read_orchestrator_state(path)
