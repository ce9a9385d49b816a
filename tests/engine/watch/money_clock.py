"""A ledger whose clocks a test sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from engine.watch.money.ledger import CostLedger

START = datetime(2026, 1, 5, tzinfo=UTC)
RATE = Decimal("0.39")


class Clocks:
    """The wall clock, and the one that only goes forward."""

    def __init__(self) -> None:
        self.now = START
        self.ms = 5_000

    def pass_by(self, lasted: timedelta) -> None:
        self.now += lasted
        self.ms += round(lasted / timedelta(milliseconds=1))

    def set_wall(self, by: timedelta) -> None:
        self.now += by


def ledger(state: Path, clocks: Clocks) -> CostLedger:
    """One more program that writes to the ledger."""
    return CostLedger(state, now=lambda: clocks.now, clock_ms=lambda: clocks.ms)


def run_for(book: CostLedger, clocks: Clocks, interval: str, hours: int) -> None:
    """Let time go by with a heartbeat each hour."""
    for _ in range(hours):
        clocks.pass_by(timedelta(hours=1))
        book.beat(interval)
