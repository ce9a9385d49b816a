"""What the lines of a ledger add up to: priced pieces of time, never elapsed time at today's price. Pure.

Time between two lines of one writer is measured by its own clock, which only goes forward; between writers it is the
wall clock's, and never less than nothing. So a clock that is set back or forth neither takes money back nor makes any.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final

from engine.errors import printable
from engine.units import counted
from engine.watch.money.amounts import HOURS_PER_MONTH
from engine.watch.money.lines import (
    AnyCostLine,
    Ended,
    Entered,
    IntervalLine,
    Repriced,
    Started,
    StorageStarted,
    Transfer,
)

MISSED_BEATS: Final = 3
"""So many heartbeats may fail to come before a machine counts as gone: one is lost to a full disk, two to a pause."""
_CLOCK_SLACK: Final = timedelta(seconds=2)
"""Clocks that are kept right by NTP drift by milliseconds; more was set by somebody."""
_HOUR: Final = timedelta(hours=1)
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time at one price."""

    start: datetime
    lasted: timedelta
    usd_per_hour: Fraction

    def usd(self, before: datetime | None = None) -> Fraction:
        """Return what it cost, exactly; only what lies before a moment, where one is given."""
        lasted = self.lasted
        if before is not None:
            lasted = max(timedelta(), min(lasted, before - self.start))
        return Fraction(lasted // _TICK, _HOUR // _TICK) * self.usd_per_hour


@dataclass(frozen=True, slots=True)
class Interval:
    """A machine or a volume from its start to its end, or to the last that was heard of it."""

    id: str
    name: str
    """The instance's id, or the volume's name."""
    kind: str
    is_storage: bool
    pieces: tuple[Piece, ...]
    last: datetime
    """The newest line about it."""
    usd_per_hour: Fraction
    """The newest price."""
    ended: bool
    beats: timedelta
    """How often a heartbeat comes; nothing where none does, and it costs on until it is ended."""
    note: str = ""

    @property
    def label(self) -> str:
        """Write it as messages name it: ``i-0abc (g4dn.xlarge spot)``."""
        return printable(f"{self.name} ({self.kind})" if self.kind else self.name)

    def is_running(self, now: datetime) -> bool:
        """Tell whether it costs at this moment."""
        return not self.ended and (not self.beats or now - self.last <= MISSED_BEATS * self.beats)

    def pieces_at(self, now: datetime) -> tuple[Piece, ...]:
        """Return its pieces: to its end, its last heartbeat, or now where it has neither."""
        if self.ended or self.beats or now <= self.last:
            return self.pieces
        return (*self.pieces, Piece(self.last, now - self.last, self.usd_per_hour))


@dataclass(frozen=True, slots=True)
class Moved:
    """Bytes that were moved, and paid for once."""

    time: datetime
    name: str
    gb: Fraction
    usd: Fraction


@dataclass(frozen=True, slots=True)
class Account:
    """All that a ledger holds."""

    intervals: tuple[Interval, ...] = ()
    moved: tuple[Moved, ...] = ()
    unreadable: int = 0
    """Lines that cannot be read: what is spent is then more than what is counted."""
    notes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was ever counted."""
        return not self.intervals and not self.moved

    @property
    def begun(self) -> datetime | None:
        """When the first thing was paid for."""
        times = [piece.start for one in self.intervals for piece in one.pieces]
        times += [one.last for one in self.intervals if not one.pieces] + [one.time for one in self.moved]
        return min(times, default=None)


def spent(account: Account, now: datetime, before: datetime | None = None) -> Fraction:
    """Return the dollars spent by now, exactly; only those spent before a moment, where one is given."""
    return (
        spent_on(account, now, before, is_storage=False)
        + spent_on(account, now, before, is_storage=True)
        + (spent_on_transfers(account, before))
    )


def spent_on(account: Account, now: datetime, before: datetime | None = None, *, is_storage: bool) -> Fraction:
    """Return what machines cost, or what storage did."""
    chosen = (one for one in account.intervals if one.is_storage == is_storage)
    return sum((piece.usd(before) for one in chosen for piece in one.pieces_at(now)), Fraction())


def spent_on_transfers(account: Account, before: datetime | None = None) -> Fraction:
    """Return what moving bytes cost."""
    return sum((one.usd for one in account.moved if before is None or one.time < before), Fraction())


def rate(account: Account, now: datetime) -> Fraction:
    """Return what an hour costs at this moment, in dollars: machines and storage."""
    return sum((one.usd_per_hour for one in account.intervals if one.is_running(now)), Fraction())


def gone_quiet(account: Account, now: datetime) -> tuple[str, ...]:
    """Say which intervals have no end but no heartbeat any more either, and until when they are counted."""
    return tuple(
        f"{one.label} ended without a word and is counted to its last heartbeat, "
        f"{_shown(one.last)}; if it ran on, enter the rest by hand"
        for one in account.intervals
        if not one.ended and not one.is_running(now)
    )


def add_up(lines: Iterable[AnyCostLine], unreadable: int = 0) -> Account:
    """Turn a ledger's lines, in their order, into an account."""
    tabs: dict[str, _Tab] = {}
    entered: list[Interval] = []
    moved: list[Moved] = []
    strays = 0
    for line in lines:
        match line:
            case Started() | StorageStarted():
                if line.interval not in tabs:
                    tabs[line.interval] = _Tab.begin(line)
            case Transfer():
                gb = Fraction(line.gb)
                moved.append(Moved(line.time, line.name, gb, gb * Fraction(line.usd_per_gb)))
            case Entered():
                entered.append(_entered(line, len(entered)))
            case _:
                if line.interval in tabs:
                    tabs[line.interval].go_on(line)
                else:
                    strays += 1
    notes = [note for tab in tabs.values() for note in tab.notes()]
    notes += [f"{one.label}: {printable(one.note)}" for one in entered if one.note]
    lost = unreadable + strays
    if lost:
        told = f"{counted(lost, 'line')} of the ledger cannot be read, or belong to nothing that began"
        notes.append(f"{told}: more was spent than is told")
    intervals = (*(tab.interval() for tab in tabs.values()), *entered)
    return Account(intervals, tuple(moved), lost, tuple(notes))


@dataclass(slots=True)
class _Tab:
    """One interval while its lines are gone through."""

    start: Started | StorageStarted
    usd_per_hour: Fraction
    newest: IntervalLine
    pieces: list[Piece] = field(default_factory=list)
    ended: bool = False
    note: str = ""
    settings: int = 0
    """How often the clock was set while it ran."""

    @classmethod
    def begin(cls, line: Started | StorageStarted) -> _Tab:
        """Open an interval with its first line."""
        if isinstance(line, Started):
            return cls(line, Fraction(line.usd_per_hour), line)
        return cls(line, Fraction(line.gb) * Fraction(line.usd_per_gb_month) / HOURS_PER_MONTH, line)

    def go_on(self, line: IntervalLine) -> None:
        """Count the time up to this line at the price until then. One that comes after the end shows that it ran."""
        self._count(self.newest.time, self._lasted(line))
        self.newest = line
        self.ended = isinstance(line, Ended)
        if isinstance(line, Ended):
            self.note = line.note
        elif isinstance(line, Repriced):
            self.usd_per_hour = Fraction(line.usd_per_hour)

    def _lasted(self, line: IntervalLine) -> timedelta:
        by_wall = line.time - self.newest.time
        if line.writer and line.writer == self.newest.writer and line.clock_ms >= self.newest.clock_ms:
            by_clock = timedelta(milliseconds=line.clock_ms - self.newest.clock_ms)
            self.settings += abs(by_clock - by_wall) > _CLOCK_SLACK
            return by_clock
        self.settings += by_wall < timedelta()
        return max(timedelta(), by_wall)

    def _count(self, start: datetime, lasted: timedelta) -> None:
        """Add a stretch of time: to the newest piece where it goes on from there, so that pieces stay few."""
        if not lasted:
            return
        if self.pieces:
            newest = self.pieces[-1]
            apart = abs(newest.start + newest.lasted - start)
            if newest.usd_per_hour == self.usd_per_hour and apart <= _CLOCK_SLACK:
                self.pieces[-1] = Piece(newest.start, newest.lasted + lasted, newest.usd_per_hour)
                return
        self.pieces.append(Piece(start, lasted, self.usd_per_hour))

    def interval(self) -> Interval:
        """Return it as it stands."""
        first, is_storage = self.start, isinstance(self.start, StorageStarted)
        return Interval(
            id=first.interval,
            name=first.instance if isinstance(first, Started) else first.name,
            kind=first.kind if isinstance(first, Started) else f"{first.gb:f} GB",
            is_storage=is_storage,
            pieces=tuple(self.pieces),
            last=self.newest.time,
            usd_per_hour=self.usd_per_hour,
            ended=self.ended,
            beats=timedelta(seconds=first.beats_s if isinstance(first, Started) else 0),
            note=self.note,
        )

    def notes(self) -> list[str]:
        """Say what is odd about it."""
        if not self.settings:
            return []
        times = "once" if self.settings == 1 else f"{self.settings} times"
        named = self.interval().label
        return [f"{named}: the clock was set {times} while it ran; what passed was counted, not what the clock showed"]


def _entered(line: Entered, number: int) -> Interval:
    price = Fraction(line.usd_per_hour)
    return Interval(
        id=f"entered-{number + 1}",
        name=line.instance,
        kind=line.kind,
        is_storage=False,
        pieces=(Piece(line.start, line.end - line.start, price),),
        last=line.end,
        usd_per_hour=price,
        ended=True,
        beats=timedelta(),
        note=line.note,
    )


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
