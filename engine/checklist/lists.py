"""What a checklist is: its items, and who must answer, sign or may waive them. Definitions only, never an answer."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from engine.checklist.kinds import Check
from engine.errors import UsageError
from engine.units import parse_seconds

Name = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9][a-z0-9_-]*\Z", max_length=64)]
"""An id: lower case, digits, ``-`` and ``_``; it is typed on command lines and stands in the ledger."""
Role = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9-]*\Z", max_length=32)]
Text = Annotated[str, msgspec.Meta(pattern=r"\S")]

_NUMBER: Final = re.compile(r"[$€£]?\s*(-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(?!\s*[km]\b)\s*[^\d.,]*", re.IGNORECASE)
"""``600``, ``$1,327.60``, ``35 %``, ``500 GB``; not ``600k``, another number, nor ``1,5``, which may be two."""
_RERUN_ON: Final = re.compile(
    r"file:.+|env:[A-Za-z_]\w*|config:(?:layout|metadata|convert|signing|gates)|git:HEAD|boot_id|host"
)


class Level(enum.StrEnum):
    """What a red item does."""

    KILLER = "killer"
    """It closes the gate; it can be waived only where it says by whom."""
    NORMAL = "normal"
    """It closes the gate; where it does not say, those who sign may waive it for seven days."""
    ADVICE = "advice"
    """It is asked and shown, and closes nothing."""


class Kind(enum.StrEnum):
    """Who answers an item."""

    MACHINE = "machine"
    PERSON = "person"
    BOTH = "both"
    """The machine checks, and a person says what they read or heard."""


class Mode(enum.StrEnum):
    """How a list is walked (Degani and Wiener, NASA CR-177549)."""

    CHALLENGE_RESPONSE = "challenge-response"
    """One item after the other; the wanted value is shown once the answer was given."""
    DO_CONFIRM = "do-confirm"
    """In any order; the wanted value stands beside the question."""


class Sign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who must sign an item's answer."""

    role: Role = "operator"
    count: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1
    distinct: bool = False
    """Different people with different keys; where one signature is wanted, not by the one who answered."""


class Waive(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may let an item's red answer pass, and for how long at most."""

    by: Role
    max_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 7


class Accept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which values of a person's are right; one of the ways, where ``want`` word for word is not it."""

    equals: str | None = None
    match: str | None = None
    """A regular expression that the whole value must match."""
    one_of: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None

    def __post_init__(self) -> None:
        """Refuse a rule that says nothing, or several things."""
        ways = [self.equals is not None, self.match is not None, bool(self.one_of), self.is_number]
        if sum(ways) != 1:
            raise ValueError("wanted one of equals, match, one_of, or min and max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is more than max {self.max:g}")
        try:
            re.compile(self.match or "")
        except re.error as error:
            raise ValueError(f"match is no regular expression: {error}") from error

    @property
    def is_number(self) -> bool:
        """Tell whether the value is a number in a range."""
        return self.min is not None or self.max is not None

    def takes(self, value: str) -> bool:
        """Tell whether a value is right; case, and commas and currency signs in numbers, do not matter."""
        value = value.strip()
        if self.equals is not None:
            return value.casefold() == self.equals.strip().casefold()
        if self.match is not None:
            return re.fullmatch(self.match, value, re.IGNORECASE) is not None
        if self.one_of:
            return value.casefold() in {one.strip().casefold() for one in self.one_of}
        number = _NUMBER.fullmatch(value)
        if number is None:
            return False
        read = float(number[1].replace(",", ""))
        return (self.min is None or read >= self.min) and (self.max is None or read <= self.max)


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question, and the answer that is wanted."""

    id: Name
    ask: Text
    want: Text
    """The value that is wanted, as a person reads it."""
    kind: Kind
    group: str = ""
    """The heading that it stands under."""
    check: Check | None = None
    accept: Accept | None = None
    """What a person's value must be; None for ``want``, word for word."""
    level: Level = Level.KILLER
    timeout: str = "60s"
    """A machine's answer that takes longer counts as none."""
    valid_for: str = ""
    """How long an answer counts; "" for as long as nothing in ``rerun_on`` changes."""
    rerun_on: tuple[str, ...] = ()
    """What makes an answer stale when it changes: ``file:GLOB``, ``env:NAME``, ``config:SECTION``, ``git:HEAD``,
    ``boot_id``, ``host``."""
    sign: Sign | None = None
    waive: Literal["never"] | Waive | None = None
    needs: tuple[Name, ...] = ()
    """Items that must be settled before this one is asked."""
    fix: Text
    """What a person does about a red answer."""
    source: Text
    """Why it is asked."""

    def __post_init__(self) -> None:
        """Refuse what cannot be asked or answered."""
        asks_machine, asks_person = self.asks_machine, self.asks_person
        if asks_machine and self.check is None:
            raise ValueError(f"an item of kind {str(self.kind)!r} wants a check")
        if not asks_machine and self.check is not None:
            raise ValueError("an item that only a person answers has no check; did you mean kind = 'both'?")
        if not asks_person and self.accept is not None:
            raise ValueError("an item that only the machine answers takes no person's value: accept has no use")
        if self.asks_person and self.valid_for and self.valid_for_s is not None and self.valid_for_s < 1:
            raise ValueError(f"valid_for = {self.valid_for!r} is over before anybody can sign; wanted 1s or more")
        if self.timeout_s <= 0:
            raise ValueError(f"timeout = {self.timeout!r}: wanted more than nothing")
        for what in self.rerun_on:
            if _RERUN_ON.fullmatch(what) is None:
                wanted = "file:GLOB, env:NAME, config:SECTION, git:HEAD, boot_id or host"
                raise ValueError(f"rerun_on has {what!r}: wanted {wanted}")

    @property
    def asks_machine(self) -> bool:
        """Tell whether a check answers it, alone or with a person."""
        return self.kind is not Kind.PERSON

    @property
    def asks_person(self) -> bool:
        """Tell whether a person answers it, alone or with a check."""
        return self.kind is not Kind.MACHINE

    @property
    def timeout_s(self) -> float:
        """The timeout in seconds."""
        return _seconds("timeout", self.timeout)

    @property
    def valid_for_s(self) -> float | None:
        """How long an answer counts, in seconds; None for without end."""
        return _seconds("valid_for", self.valid_for) if self.valid_for else None

    @property
    def waiver(self) -> Waive | None:
        """Who may waive it; None for nobody."""
        if isinstance(self.waive, Waive):
            return self.waive
        if self.waive is None and self.level is Level.NORMAL:
            return Waive(by=self.sign.role if self.sign else "operator")
        return None

    def takes(self, value: str) -> bool:
        """Tell whether a person's value is the wanted one."""
        return (self.accept or Accept(equals=self.want)).takes(value)


def _seconds(field: str, text: str) -> float:
    try:
        return parse_seconds(text)
    except UsageError as error:
        raise ValueError(f"{field}: {error}") from error


@dataclass(frozen=True, slots=True)
class Checklist:
    """A checklist, read from its file."""

    id: str
    title: str
    gates: str
    """The gate that it is made for; "" for a list that opens none."""
    mode: Mode
    about: str
    items: tuple[Item, ...]
    path: Path
    sha256: str
    """Of the file's bytes: a sign-off counts for these alone."""

    def item(self, name: str) -> Item:
        """Return an item by its id.

        Raises:
            UsageError: when there is none of this name.
        """
        for item in self.items:
            if item.id == name:
                return item
        raise UsageError(f"{self.path}: {name!r} is no item of {self.id!r}; there are {', '.join(self.ids)}")

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all items, in the order of the file."""
        return tuple(item.id for item in self.items)
