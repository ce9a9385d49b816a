"""The lines of a cost ledger: what began, what it cost from then on, that it still ran, that it ended. Pure."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final

import msgspec

from engine.run.wire import encode
from engine.watch.money.amounts import is_amount

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Words = Annotated[str, msgspec.Meta(max_length=2000)]


class CostLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """One fact, at one time."""

    time: Moment
    """The wall clock when it was so."""
    writer: str = ""
    """Who wrote it, made up anew by each program; "" where it was entered by hand."""
    clock_ms: int = 0
    """The writer's clock that only goes forward: between two lines of one writer it tells how much time passed, even
    where somebody set the wall clock meanwhile."""


class IntervalLine(CostLine, frozen=True, kw_only=True):
    """One fact about an interval."""

    interval: Id
    """Its id, which is its own."""


class Started(IntervalLine, frozen=True, kw_only=True, tag="start"):
    """A machine began to cost."""

    instance: Words
    """Which one: ``i-0abc…``."""
    kind: Words
    """What it is, as its price list calls it: ``g4dn.xlarge spot``."""
    usd_per_hour: Decimal
    """Its price then."""
    beats_s: Annotated[float, msgspec.Meta(ge=0)] = 0
    """How often a heartbeat comes; 0 where nobody writes any, and it costs until it is ended by hand."""

    def __post_init__(self) -> None:
        """Refuse a price that is none."""
        _check(usd_per_hour=self.usd_per_hour)


class StorageStarted(IntervalLine, frozen=True, kw_only=True, tag="storage"):
    """A volume began to cost; it does until it is ended, whether a machine runs or not."""

    name: Words
    gb: Decimal
    usd_per_gb_month: Decimal

    def __post_init__(self) -> None:
        """Refuse a size or a price that is none."""
        _check(gb=self.gb, usd_per_gb_month=self.usd_per_gb_month)


class Repriced(IntervalLine, frozen=True, kw_only=True, tag="price"):
    """The price of a machine is another from now on."""

    usd_per_hour: Decimal

    def __post_init__(self) -> None:
        """Refuse a price that is none."""
        _check(usd_per_hour=self.usd_per_hour)


class Heartbeat(IntervalLine, frozen=True, kw_only=True, tag="heartbeat"):
    """It still runs."""


class Ended(IntervalLine, frozen=True, kw_only=True, tag="end"):
    """It costs no more."""

    note: Words = ""


class Transfer(CostLine, frozen=True, kw_only=True, tag="transfer"):
    """Bytes were moved, which is paid for once."""

    name: Words
    gb: Decimal
    usd_per_gb: Decimal

    def __post_init__(self) -> None:
        """Refuse a size or a price that is none."""
        _check(gb=self.gb, usd_per_gb=self.usd_per_gb)


class Entered(CostLine, frozen=True, kw_only=True, tag="entered"):
    """A whole interval that is over, told afterwards: by a person, or by another program's file."""

    instance: Words
    kind: Words
    usd_per_hour: Decimal
    start: Moment
    end: Moment
    note: Words = ""
    """What is not known about it."""
    source_sha256: str = ""
    """Of the file that told it; one file counts once."""

    def __post_init__(self) -> None:
        """Refuse a price that is none, and an end before the start."""
        _check(usd_per_hour=self.usd_per_hour)
        if self.end < self.start:
            raise ValueError(f"end {self.end.isoformat()} is before start {self.start.isoformat()}")


AnyCostLine = Started | StorageStarted | Repriced | Heartbeat | Ended | Transfer | Entered

_decoder: Final[msgspec.json.Decoder[AnyCostLine]] = msgspec.json.Decoder(AnyCostLine)


def read_cost_line(row: bytes) -> AnyCostLine | None:
    """Read one line; None where it cannot be read."""
    try:
        return _decoder.decode(row)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def write_cost_line(line: AnyCostLine) -> bytes:
    """Write one line, without its newline."""
    return encode(line)


def _check(**amounts: Decimal) -> None:
    for name, amount in amounts.items():
        if not is_amount(amount):
            raise ValueError(f"{name} = {amount}: wanted a number that is not negative")
