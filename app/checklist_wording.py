"""How checklists read: one way for the commands, the console and what is printed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.checklist.item_standing import SETTLED, ItemStanding, ItemState
from engine.checklist.ledger.entries import Overridden
from engine.checklist.standing import Standing
from engine.errors import printable

GLYPHS: Final = {
    ItemState.PASS: "✓",
    ItemState.FAIL: "x",
    ItemState.ERROR: "?",
    ItemState.STALE: "~",
    ItemState.OPEN: "·",
    ItemState.UNSIGNED: "✎",
    ItemState.WAIVED: "w",
}
"""A state is a word and a glyph first, then a colour."""


def header(standing: Standing) -> str:
    """Say GO or NO-GO, and why."""
    return f"{'GO' if standing.is_go else 'NO-GO'}: {standing.why}"


def counts(standing: Standing) -> str:
    """Count the items by state: all of them, so that the numbers stand still."""
    return "  ".join(f"{GLYPHS[state]} {standing.counts[state]} {state}" for state in ItemState)


def lines_of(standing: Standing) -> Iterator[str]:
    """Tell a list item by item, and then GO or NO-GO."""
    width = max(len(each.item.id) for each in standing.items)
    group = ""
    for each in standing.items:
        if each.item.group != group:
            group = each.item.group
            yield group
        yield f"  {GLYPHS[each.state]} {each.state:<8} {each.item.id:<{width}}  {note(each)}"
    for told in standing.refused:
        yield printable(f"! {told}")
    yield header(standing)


def note(each: ItemStanding) -> str:
    """Say in a line what is known of an item: what was read and by whom, or what is missing."""
    if each.waits_for and each.state not in SETTLED:
        return f"after {', '.join(each.waits_for)}"
    if each.state is ItemState.OPEN:
        return each.item.ask
    read = printable(each.value)
    by = f" ({each.answered.by})" if each.answered is not None else ""
    signed = f", signed by {', '.join(one.by for one in each.signatures)}" if each.signatures else ""
    if each.state is ItemState.PASS:
        return f"{read}{by}{signed}"
    return f"{each.why}" if each.state is not ItemState.UNSIGNED else f"{read}{by}; {each.why}"


def override_line(override: Overridden) -> str:
    """Say who opened a gate against its checklist; it is never forgotten."""
    missing = f" with {', '.join(override.missing)} not settled" if override.missing else ""
    return printable(f"OVERRIDDEN {override.time} by {override.by}: {override.gate}{missing}: {override.reason}")
