"""The cost ledger's file, ``STATE/cost.jsonl``: machines, volumes and transfers are entered as they happen."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from engine.errors import GonogoError, UsageError, printable
from engine.run.appending import LockedLines, locked_lines, whole_lines
from engine.run.log import utc_now
from engine.watch.money.amounts import is_amount
from engine.watch.money.cost import Account, Interval, add_up
from engine.watch.money.lines import (
    AnyCostLine,
    Ended,
    Entered,
    Heartbeat,
    Repriced,
    Started,
    StorageStarted,
    Transfer,
    read_cost_line,
    write_cost_line,
)

FILE_NAME: Final = "cost.jsonl"
HEARTBEAT_S: Final = 120.0
"""A crash leaves at most so much uncounted: 1.3 cents at $0.39 an hour. Eight weeks of it are 5 MB of ledger."""


class CostLedger:
    """The cost ledger of one project; any number of programs may hold one and write to the same file.

    Args:
        state: STATE; the file is made in it with the first line.
        now: the wall clock.
        clock_ms: a clock that only goes forward, and goes on while the machine sleeps.
    """

    def __init__(
        self, state: Path, now: Callable[[], datetime] = utc_now, clock_ms: Callable[[], int] | None = None
    ) -> None:
        self.path = state / FILE_NAME
        self._now = now
        self._clock_ms = clock_ms or _since_boot_ms
        self._writer = secrets.token_hex(6)
        self._read = _Read()

    def account(self) -> Account:
        """Add up all that is in the file; only what was appended since the last time is read.

        Raises:
            GonogoError: when the file is there and cannot be read.
        """
        self._read.renew(self.path)
        return self._read.account()

    def start(self, instance: str, kind: str, usd_per_hour: Decimal, beats_s: float = HEARTBEAT_S) -> str:
        """Say that a machine runs, at this price; return the id of its interval.

        One that is running already goes on (a second program watches it, or the first was restarted at once), with
        the new price where that is another. One that went quiet stays closed at its last heartbeat.

        Args:
            instance: which machine.
            kind: what it is, as its price list calls it.
            usd_per_hour: its price now.
            beats_s: how often :meth:`beat` will be called; 0 for never.
        """
        _check_amounts(usd_per_hour)
        with locked_lines(self.path, "cost ledger") as file:
            moment, stamp = self._now(), self._clock_ms()
            running = self._running(instance, is_storage=False, now=moment)
            if running is None:
                interval = secrets.token_hex(4)
                self._append(
                    file,
                    Started(
                        time=moment,
                        writer=self._writer,
                        clock_ms=stamp,
                        interval=interval,
                        instance=instance,
                        kind=kind,
                        usd_per_hour=usd_per_hour,
                        beats_s=beats_s,
                    ),
                )
                return interval
            self._append(file, self._price_or_beat(running, usd_per_hour, moment, stamp))
            return running.id

    def beat(self, interval: str) -> None:
        """Say that a machine still runs."""
        self._on(interval, lambda at, ms: Heartbeat(time=at, writer=self._writer, clock_ms=ms, interval=interval))

    def reprice(self, interval: str, usd_per_hour: Decimal) -> None:
        """Say that a machine's price is another from now on; what was spent until now stays as it is."""
        _check_amounts(usd_per_hour)
        self._on(
            interval,
            lambda at, ms: Repriced(
                time=at, writer=self._writer, clock_ms=ms, interval=interval, usd_per_hour=usd_per_hour
            ),
        )

    def end(self, interval: str, note: str = "") -> None:
        """Say that a machine or a volume costs no more from now on."""
        self._on(
            interval, lambda at, ms: Ended(time=at, writer=self._writer, clock_ms=ms, interval=interval, note=note)
        )

    def start_storage(self, name: str, gb: Decimal, usd_per_gb_month: Decimal, since: datetime | None = None) -> str:
        """Say that a volume costs, from now or since a moment; return the id of its interval.

        Raises:
            UsageError: when a volume of that name is counted already.
        """
        _check_amounts(gb, usd_per_gb_month)
        with locked_lines(self.path, "cost ledger") as file:
            moment = self._now()
            if self._running(name, is_storage=True, now=moment) is not None:
                raise UsageError(f"{printable(name)} is counted already; end it first, where its size or price changed")
            interval = secrets.token_hex(4)
            line = StorageStarted(
                time=since or moment, interval=interval, name=name, gb=gb, usd_per_gb_month=usd_per_gb_month
            )
            self._append(file, line)
            return interval

    def transfer(self, name: str, gb: Decimal, usd_per_gb: Decimal) -> None:
        """Say that bytes were moved."""
        _check_amounts(gb, usd_per_gb)
        with locked_lines(self.path, "cost ledger") as file:
            self._append(file, Transfer(time=self._now(), name=name, gb=gb, usd_per_gb=usd_per_gb))

    def enter(self, told: Entered) -> None:
        """Add a whole interval that is over.

        Raises:
            UsageError: when it was added already, or lies over time that is counted for the same machine.
        """
        with locked_lines(self.path, "cost ledger") as file:
            account = self.account()
            if told.source_sha256 and told.source_sha256 in self._read.sources:
                raise UsageError(f"{self.path}: this very file was entered already; its time counts once")
            for one in account.intervals:
                if one.name == told.instance and not one.is_storage and _overlap(one, told, self._now()):
                    when = f"{told.start:%Y-%m-%d %H:%M} to {told.end:%Y-%m-%d %H:%M}"
                    raise UsageError(
                        f"{self.path}: {printable(told.instance)} is counted already for a part of {when}; wanted time "
                        "that is not in the ledger yet"
                    )
            self._append(file, told)

    def _on(self, interval: str, line: Callable[[datetime, int], AnyCostLine]) -> None:
        with locked_lines(self.path, "cost ledger") as file:
            self._read.renew(self.path)
            if interval not in self._read.intervals:
                named = ", ".join(sorted(self._read.intervals)) or "none"
                raise UsageError(f"{self.path}: there is no interval {interval!r}; there are {named}")
            self._append(file, line(self._now(), self._clock_ms()))

    def _running(self, name: str, *, is_storage: bool, now: datetime) -> Interval | None:
        chosen = (one for one in self.account().intervals if one.is_storage == is_storage and one.name == name)
        return next((one for one in chosen if one.is_running(now)), None)

    def _price_or_beat(self, running: Interval, usd_per_hour: Decimal, moment: datetime, stamp: int) -> AnyCostLine:
        writer = self._writer
        if running.usd_per_hour == usd_per_hour:
            return Heartbeat(time=moment, writer=writer, clock_ms=stamp, interval=running.id)
        return Repriced(time=moment, writer=writer, clock_ms=stamp, interval=running.id, usd_per_hour=usd_per_hour)

    @staticmethod
    def _append(file: LockedLines, line: AnyCostLine) -> None:
        file.append(write_cost_line(line))


class _Read:
    """What was read of the file until now."""

    def __init__(self) -> None:
        self.sources: set[str] = set()
        """The hashes of files that were entered."""
        self.intervals: set[str] = set()
        """The ids of all that began."""
        self._inode = 0
        self._size = 0
        self._lines: list[AnyCostLine] = []
        self._unreadable = 0
        self._account: Account | None = None

    def account(self) -> Account:
        """Add up what was read; once, until there is more."""
        if self._account is None:
            self._account = add_up(self._lines, self._unreadable)
        return self._account

    def renew(self, path: Path) -> None:
        """Read what is new; all of it, where the file is another or shorter than it was.

        Raises:
            GonogoError: when the file is there and cannot be read.
        """
        try:
            with path.open("rb") as file:
                stat = os.fstat(file.fileno())
                if stat.st_ino != self._inode or stat.st_size < self._size:
                    self._forget(stat.st_ino)
                file.seek(self._size)
                rows = whole_lines(file.read())
        except FileNotFoundError:
            self._forget(0)
        except OSError as fault:
            raise GonogoError(f"{path}: the cost ledger cannot be read: {fault.strerror}") from fault
        else:
            self._take(rows)

    def _forget(self, inode: int) -> None:
        self._inode, self._size, self._unreadable = inode, 0, 0
        self._lines.clear()
        self.sources.clear()
        self.intervals.clear()
        self._account = None

    def _take(self, rows: list[bytes]) -> None:
        if not rows:
            return
        self._size += sum(len(row) + 1 for row in rows)
        for row in rows:
            line = read_cost_line(row)
            if line is None:
                self._unreadable += 1
                continue
            self._lines.append(line)
            if isinstance(line, Entered):
                self.sources.add(line.source_sha256)
            elif isinstance(line, Started | StorageStarted):
                self.intervals.add(line.interval)
        self._account = None


def by_hand(
    instance: str, kind: str, usd_per_hour: Decimal, start: datetime, end: datetime, *, note: str = ""
) -> Entered:
    """Return an interval that is over, as a person tells of it, for :meth:`CostLedger.enter`.

    Raises:
        UsageError: when its price is none, its times name no zone, or it ends before it starts.
    """
    _check_amounts(usd_per_hour)
    for moment in (start, end):
        if moment.tzinfo is None:
            raise UsageError(f"{moment.isoformat()} names no zone; wanted one, such as {moment.isoformat()}Z")
    if end < start:
        raise UsageError(f"the end, {end.isoformat()}, is before the start, {start.isoformat()}")
    return Entered(time=end, instance=instance, kind=kind, usd_per_hour=usd_per_hour, start=start, end=end, note=note)


def _overlap(one: Interval, told: Entered, now: datetime) -> bool:
    """Tell whether time would count twice; what came after the last heartbeat of one that went quiet is free."""
    if any(piece.start < told.end and told.start < piece.start + piece.lasted for piece in one.pieces):
        return True
    return one.is_running(now) and one.last < told.end


def _check_amounts(*amounts: Decimal) -> None:
    for amount in amounts:
        if not is_amount(amount):
            raise UsageError(f"{amount} is not an amount: wanted a number between 0 and a billion, such as 0.39")


def _since_boot_ms() -> int:
    """Return milliseconds since this machine started, sleep included where the system counts it (Linux)."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(clock) // 1_000_000
