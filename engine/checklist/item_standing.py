"""How one item stands: its newest answers, whether they still count, and who signed or waived. Pure."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from engine.checklist.answers import State
from engine.checklist.ledger.entries import Answered, Checked, Signed, Waived
from engine.checklist.ledger.lines import Line
from engine.checklist.lists import Item, Level
from engine.checklist.signing.sshkeygen import Trust
from engine.errors import printable
from engine.units import counted, show_seconds

Now = Mapping[str, str]
"""What each ``rerun_on`` of the list is at this moment."""
_Answer = TypeVar("_Answer", Checked, Answered)

_CLOCKS_APART: Final = timedelta(minutes=5)
"""An entry from further in the future than this was written with a wrong clock, and says nothing about age."""


class ItemState(enum.StrEnum):
    """How an item stands."""

    PASS = "pass"  # noqa: S105  # no secret
    FAIL = "fail"
    ERROR = "error"
    """Could not be answered."""
    STALE = "stale"
    """Answered, but too long ago, or something that the answer rests on has changed."""
    OPEN = "open"
    UNSIGNED = "unsigned"
    """The answer is right, and a signature is missing."""
    WAIVED = "waived"


SETTLED = frozenset({ItemState.PASS, ItemState.WAIVED})
WORST_FIRST = (ItemState.FAIL, ItemState.ERROR, ItemState.STALE, ItemState.OPEN, ItemState.UNSIGNED, ItemState.PASS)


@dataclass(frozen=True, slots=True)
class Signature:
    """A good signature under an item's answer."""

    by: str
    role: str
    key: str
    """The fingerprint."""
    time: str


@dataclass(frozen=True, slots=True)
class ItemStanding:
    """One item, and all that is known of it."""

    item: Item
    state: ItemState
    why: str = ""
    """Why it is not settled, or by whose waiver it is."""
    checked: Checked | None = None
    """The machine's newest answer to this very list."""
    answered: Answered | None = None
    """The newest answer of a person."""
    signatures: tuple[Signature, ...] = ()
    waiver: Waived | None = None
    waits_for: tuple[str, ...] = ()
    """Items that must be settled first."""
    machine: ItemState = ItemState.PASS
    """How the machine's part stands, whatever the person's does."""

    @property
    def is_settled(self) -> bool:
        """Tell whether it keeps no gate shut."""
        return self.state in SETTLED or self.item.level is Level.ADVICE

    def after(self, settled: Set[str]) -> ItemStanding:
        """Return this standing with what it still waits for, now that these items are settled."""
        return replace(self, waits_for=tuple(need for need in self.item.needs if need not in settled))

    @property
    def lines(self) -> tuple[int, ...]:
        """The ledger's lines that hold its answer: what a sign-off covers."""
        return tuple(each.n for each in (self.checked, self.answered) if each is not None)

    @property
    def value(self) -> str:
        """The value read: the person's where one was given, else the machine's."""
        if self.answered is not None:
            return self.answered.value
        return self.checked.read if self.checked is not None else ""


def stand_item(
    item: Item, lines: Sequence[Line], trust: Callable[[Line], Trust], at: datetime, now: Now
) -> ItemStanding:
    """Fold the entries about one list into how an item of it stands.

    Args:
        item: the item.
        lines: entries about this very list, oldest first.
        trust: whether a signed line's signature is good.
        at: the moment for which this is asked.
        now: what each ``rerun_on`` is at that moment.
    """
    checked = _newest(Checked, item, lines)
    answered = _newest(Answered, item, lines)
    machine = _part(item, checked, at, now) if item.asks_machine else (ItemState.PASS, "")
    person = _part(item, answered, at, now) if item.asks_person else (ItemState.PASS, "")
    state, why = min(machine, person, key=lambda part: WORST_FIRST.index(part[0]))
    signatures = tuple(_signatures(item, lines, trust, answered))
    if state is ItemState.PASS and (missing := _missing(item, signatures)):
        state, why = ItemState.UNSIGNED, missing
    waiver = None if state is ItemState.PASS else _waiver(item, lines, trust, at)
    if waiver is not None:
        state, why = ItemState.WAIVED, printable(f"waived by {waiver.by} until {waiver.until}: {waiver.reason}")
    return ItemStanding(item, state, why, checked, answered, signatures, waiver, machine=machine[0])


def _newest(kind: type[_Answer], item: Item, lines: Sequence[Line]) -> _Answer | None:
    for line in reversed(lines):
        if isinstance(line.entry, kind) and line.entry.item == item.id:
            return line.entry
    return None


def _part(item: Item, answer: Checked | Answered | None, at: datetime, now: Now) -> tuple[ItemState, str]:
    """Weigh one answer: a red one stays red, a right one counts for a while."""
    if answer is None:
        return ItemState.OPEN, "not answered yet"
    told = printable(answer.read if isinstance(answer, Checked) else answer.value)
    if answer.state is not State.PASS:
        return ItemState(answer.state), f"read {told}, wanted {answer.wanted}"
    changed = [name for name in item.rerun_on if answer.rests_on.get(name) != now.get(name)]
    if changed:
        return ItemState.STALE, f"{' and '.join(changed)} changed since it was answered"
    age = at - _moment(answer.time)
    if age < -_CLOCKS_APART:
        return ItemState.STALE, f"answered at {printable(answer.time)}, which is still to come: a clock was wrong"
    if item.valid_for_s is not None and age.total_seconds() > item.valid_for_s:
        return ItemState.STALE, f"answered {show_seconds(age.total_seconds())} ago, counts for {item.valid_for}"
    return ItemState.PASS, ""


def _signatures(
    item: Item, lines: Sequence[Line], trust: Callable[[Line], Trust], answered: Answered | None
) -> Iterator[Signature]:
    """Yield the good signatures under the answer that stands now, each person's and each key's once if it matters."""
    if item.sign is None:
        return
    red = _last_red(item, lines)
    names: set[str] = set()
    keys: set[str] = set()
    if item.sign.distinct and item.sign.count == 1 and answered is not None:
        names.add(answered.by)
    for line in lines:
        entry = line.entry
        if not isinstance(entry, Signed) or entry.role != item.sign.role:
            continue
        if not _covers(entry, item, answered, red) or not (given := trust(line)).good:
            continue
        if item.sign.distinct and (entry.by in names or given.key in keys):
            continue
        names.add(entry.by)
        keys.add(given.key)
        yield Signature(entry.by, entry.role, given.key, entry.time)


def _covers(entry: Signed, item: Item, answered: Answered | None, red: int) -> bool:
    """Tell whether a sign-off is about the answer that stands now.

    A person's new answer is to be signed anew, also where it came while the sign-off was made: what counts are the
    lines that the signer was shown. A check that is run again and passes again is not to be signed anew: nobody is
    asked to sign every five minutes; one that failed in between is.
    """
    shown = [line for each in entry.covers if each.item == item.id for line in each.lines if line < entry.n]
    return any(line > red for line in shown) and (answered is None or answered.n in shown)


def _last_red(item: Item, lines: Sequence[Line]) -> int:
    """Return the line in which the machine's answer was not right for the last time; 0 for never."""
    red = [
        line.entry.n
        for line in lines
        if isinstance(line.entry, Checked) and line.entry.item == item.id and line.entry.state is not State.PASS
    ]
    return max(red, default=0)


def _missing(item: Item, signatures: Sequence[Signature]) -> str:
    """Say which signatures are missing; "" for none."""
    if item.sign is None or len(signatures) >= item.sign.count:
        return ""
    wanted = counted(item.sign.count - len(signatures), "signature")
    by = f"; signed by {', '.join(each.by for each in signatures)}" if signatures else ""
    other = ", by somebody else than who answered" if item.sign.distinct and item.sign.count == 1 else ""
    different = ", of different people" if item.sign.distinct and item.sign.count > 1 else ""
    return f"wants {wanted} as {item.sign.role}{other}{different}{by}"


def _waiver(item: Item, lines: Sequence[Line], trust: Callable[[Line], Trust], at: datetime) -> Waived | None:
    """Return the newest waiver that holds; none lasts longer than the item allows, whatever it says."""
    allowed = item.waiver
    if allowed is None:
        return None
    for line in reversed(lines):
        entry = line.entry
        if not isinstance(entry, Waived) or entry.item != item.id or entry.role != allowed.by:
            continue
        begins = _moment(entry.time)
        lasts = at - begins
        if not -_CLOCKS_APART <= lasts < timedelta(days=allowed.max_days):
            continue
        if entry.reason.strip() and at < _moment(entry.until) and trust(line).good:
            return entry
    return None


def _moment(text: str) -> datetime:
    """Read a time of the ledger; one that cannot be read is older than everything."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime.min.replace(tzinfo=UTC)
