"""How often instances were taken back, and rule S1: ``STATE/interruptions.jsonl``, only ever added to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import msgspec

from engine.errors import GonogoError
from engine.run.appending import locked_lines, whole_lines
from engine.run.log import utc_now
from engine.run.read_only import is_read_only
from engine.run.wire import encode
from engine.units import counted
from engine.watch.alerts import Level, Verdict
from engine.watch.spot.metadata import Sign, SpotLook

FILE_NAME: Final = "interruptions.jsonl"
DAY: Final = timedelta(hours=24)
YELLOW_FROM: Final = 2
RED_FROM: Final = 4
"""More than three in a day: the checklist's limit, beyond which more is redone than done."""
_SAME: Final = timedelta(minutes=10)
"""A notice, the end two minutes later and the log's word of it are one interruption of one instance; it cannot come
back, train and be taken again within that time."""


class Interruption(msgspec.Struct, frozen=True, omit_defaults=True):
    """One instance that was taken back."""

    time: Annotated[datetime, msgspec.Meta(tz=True)]
    instance: str = ""
    action: str = ""
    """``terminate``, ``stop`` or ``hibernate``, where a notice told."""
    seen: str = "notice"
    """By what it is known: ``notice``, ``log`` or ``person``."""


class Interruptions:
    """The interruptions of one project.

    Args:
        state: STATE; the file is made in it with the first one.
        now: the wall clock.
    """

    def __init__(self, state: Path, now: Callable[[], datetime] = utc_now) -> None:
        self.path = state / FILE_NAME
        self._now = now

    def record(self, instance: str = "", action: str = "", seen: str = "notice", at: datetime | None = None) -> bool:
        """Add one; return whether it was new. A program that changes nothing leaves it to another to add it.

        Args:
            instance: which machine; "" where that is not known.
            action: what happens to it.
            seen: by what it is known.
            at: when; None for now.
        """
        new = Interruption(at or self._now(), instance, action, seen)
        if is_read_only():
            return not any(_is_same(one, new) for one in self.all())
        with locked_lines(self.path, "list of interruptions") as file:
            if any(_is_same(one, new) for one in self.all()):
                return False
            file.append(encode(new))
        return True

    def all(self) -> tuple[Interruption, ...]:
        """Return all that can be read.

        Raises:
            GonogoError: when the file is there and cannot be read.
        """
        try:
            rows = whole_lines(self.path.read_bytes())
        except FileNotFoundError:
            return ()
        except OSError as fault:
            raise GonogoError(f"{self.path}: it cannot be read: {fault.strerror}") from fault
        return tuple(one for row in rows if (one := _read(row)) is not None)

    def of_last_day(self) -> int:
        """Return how many there were in the last 24 hours; those of a clock that ran ahead count too."""
        since = self._now() - DAY
        return sum(one.time > since for one in self.all())


def judge_spot(look: SpotLook | None, last_day: int, now: datetime) -> Verdict:
    """S1: say what the service and the last day tell.

    Args:
        look: the newest look at the service; None where this is no Spot instance, and only interruptions count.
        last_day: how many there were in the last 24 hours.
        now: the wall clock.
    """
    if look is not None and look.sign is Sign.NOTICE:
        return _noticed(look, now)
    if last_day >= RED_FROM:
        told = f"{counted(last_day, 'interruption')} in 24 hours, wanted at most {RED_FROM - 1}"
        return _s1(Level.RED, last_day, told, "move to another zone or kind of machine, or pay for one that stays")
    if look is not None and look.sign is Sign.REBALANCE:
        told = "the cloud recommends to leave this instance: it may soon be taken back"
        return _s1(Level.YELLOW, last_day, told, "save a checkpoint soon, and see that the last one can be read")
    if last_day >= YELLOW_FROM:
        told = f"{counted(last_day, 'interruption')} in 24 hours; more than {RED_FROM - 1} are red"
        return _s1(Level.YELLOW, last_day, told, "save more often, and look at other zones")
    if look is not None and look.sign is Sign.UNKNOWN:
        told = f"whether this instance will be taken back cannot be told: {look.problem}"
        return _s1(Level.UNKNOWN, last_day, told, "let the instance's metadata be read (HttpEndpoint enabled)")
    return _s1(Level.GREEN, last_day, f"{counted(last_day, 'interruption')} in 24 hours", "")


def _noticed(look: SpotLook, now: datetime) -> Verdict:
    left_s = look.seconds_left(now)
    when = "within two minutes" if left_s is None else f"in {left_s:.0f} s"
    told = f"this instance is taken back {when} ({look.action or 'no action told'})"
    advice = "checkpoint now, and copy it to storage that outlives the instance"
    return Verdict("S1", Level.RED, None, left_s, None, "now", told, advice)


def _s1(level: Level, last_day: int, told: str, advice: str) -> Verdict:
    edge = RED_FROM if level is Level.RED else YELLOW_FROM
    return Verdict("S1", level, None, float(last_day), float(edge), "24 h", told, advice)


def _is_same(one: Interruption, other: Interruption) -> bool:
    alike = one.instance == other.instance or not one.instance or not other.instance
    return alike and abs(one.time - other.time) <= _SAME


def _read(row: bytes) -> Interruption | None:
    try:
        return msgspec.json.decode(row, type=Interruption)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
