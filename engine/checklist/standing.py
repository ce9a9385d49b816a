"""How a checklist stands: a fold of the ledger's entries into GO or NO-GO. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.checklist.item_standing import WORST_FIRST, ItemStanding, ItemState, Now, stand_item
from engine.checklist.ledger.entries import OfList, Opened, Overridden, SignedEntry, name_of
from engine.checklist.ledger.lines import Line
from engine.checklist.lists import Checklist
from engine.checklist.signing.sshkeygen import Trust
from engine.units import counted

OVERRIDE_ROLE: Final = "override"
"""Who may open a gate against its checklist; a signature in any other role opens none."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a list stands at one moment."""

    checklist: Checklist
    items: tuple[ItemStanding, ...]
    at: datetime
    unused: tuple[Overridden, ...] = ()
    """Signed overrides of this list that no start has taken yet."""
    overrides: tuple[Overridden, ...] = ()
    """Every override that was ever signed for this list's gate; shown in red for ever."""
    problems: tuple[str, ...] = ()
    """Why the ledger itself cannot be believed."""
    refused: tuple[str, ...] = ()
    """Signed entries about this list that count for nothing, and why."""

    @property
    def is_go(self) -> bool:
        """Tell whether everything that closes the gate is settled."""
        return not self.problems and all(each.is_settled for each in self.items)

    @property
    def missing(self) -> tuple[ItemStanding, ...]:
        """The items that keep the gate shut."""
        return tuple(each for each in self.items if not each.is_settled)

    @property
    def is_red(self) -> bool:
        """Tell whether something was answered, and is not as wanted."""
        return bool(self.problems) or any(each.state in {ItemState.FAIL, ItemState.ERROR} for each in self.missing)

    @property
    def counts(self) -> Counter[ItemState]:
        """How many items are in which state."""
        return Counter(each.state for each in self.items)

    @property
    def why(self) -> str:
        """Say in one line why it is GO or not."""
        if self.problems:
            return f"the ledger cannot be believed: {self.problems[0]}"
        if self.is_go:
            waived = self.counts[ItemState.WAIVED]
            return "every item is settled" + (f", {waived} by a waiver" if waived else "")
        states = Counter(each.state for each in self.missing)
        told = [f"{states[state]} {_WORDS[state]}" for state in WORST_FIRST if states[state]]
        return f"{', '.join(told)} of {counted(len(self.items), 'item')}"

    def override_of(self, gate: str) -> Overridden | None:
        """Return the newest override that the next start at a gate may take."""
        return next((each for each in reversed(self.unused) if each.gate == gate), None)

    def of(self, item: str) -> ItemStanding:
        """Return an item's standing by its id."""
        return next(each for each in self.items if each.item.id == item)


_WORDS = {
    ItemState.FAIL: "red",
    ItemState.ERROR: "could not be answered",
    ItemState.STALE: "stale",
    ItemState.OPEN: "open",
    ItemState.UNSIGNED: "not signed",
    ItemState.PASS: "pass",
    ItemState.WAIVED: "waived",
}


def stand(
    checklist: Checklist, lines: Sequence[Line], trust: Callable[[Line], Trust], at: datetime, now: Now
) -> Standing:
    """Fold a ledger into how a list stands.

    Args:
        checklist: the list; entries about other bytes of its file do not count.
        lines: the ledger, whose chain is sound.
        trust: whether a signed line's signature is good; the others count for nothing.
        at: the moment for which this is asked.
        now: what each ``rerun_on`` is at that moment.
    """
    about = [line for line in lines if isinstance(line.entry, OfList) and line.entry.list == checklist.id]
    current = [line for line in about if isinstance(line.entry, OfList) and line.entry.list_sha256 == checklist.sha256]
    items = [stand_item(item, current, trust, at, now) for item in checklist.items]
    settled = {each.item.id for each in items if each.is_settled}
    overrides = overrides_of(checklist.id, lines, trust)
    taken = {line.entry.override for line in lines if isinstance(line.entry, Opened)}
    unused = [each for each in overrides if each.n not in taken and each.list_sha256 == checklist.sha256]
    return Standing(
        checklist,
        tuple(each.after(settled) for each in items),
        at,
        refused=tuple(_refused(current, trust)),
        unused=tuple(unused),
        overrides=overrides,
    )


def overrides_of(checklist: str, lines: Sequence[Line], trust: Callable[[Line], Trust]) -> tuple[Overridden, ...]:
    """Return every override that was signed for a list, by whatever bytes of it; also where the chain is broken."""
    return tuple(
        line.entry
        for line in lines
        if isinstance(line.entry, Overridden)
        and line.entry.list == checklist
        and line.entry.role == OVERRIDE_ROLE
        and trust(line).good
    )


def _refused(lines: Sequence[Line], trust: Callable[[Line], Trust]) -> Iterator[str]:
    for line in lines:
        if isinstance(line.entry, SignedEntry) and not (given := trust(line)).good:
            yield f"line {line.number}: {name_of(line.entry)} does not count: {given.told}"
