"""Which keys can do something now, and why the others cannot. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from app.console.keymap import key_for
from engine.checklist.item_standing import ItemStanding, ItemState
from engine.checklist.standing import Standing

_WRITES: Final = frozenset({"answer", "check", "check_all", "sign", "sign_all", "waive"})
_ABOUT_ITEM: Final = frozenset({"answer", "check", "sign", "waive", "evidence", "why"})


@dataclass(frozen=True, slots=True)
class Now:
    """What is on the screen when a key is pressed."""

    standing: Standing | None
    each: ItemStanding | None
    """The item under the cursor."""
    running: Collection[str] = ()
    busy: str = ""
    list_changed: bool = False


def why_not(action: str, now: Now) -> str:
    """Say why a key can do nothing now; "" where it can."""
    if now.standing is None:
        return "" if action in {"leave", "keys"} else "the ledger is still being read"
    if action in _WRITES and (closed := _closed(action, now, now.standing)):
        return closed
    if action in _ABOUT_ITEM:
        if now.each is None:
            return f"no item is chosen: {others_shown_by()}"
        return _of_item(action, now.each, now.running)
    if action == "sign_all" and not now.standing.counts[ItemState.UNSIGNED]:
        return "nothing waits for a signature"
    if action == "next" and not now.standing.missing:
        return "every item is settled"
    if action == "check_all" and not any(each.item.asks_machine for each in now.standing.items):
        return "the machine is asked nothing in this list"
    return ""


def others_shown_by() -> str:
    """Say which keys show other items."""
    return f"{key_for('list.filter', 'f')} and {key_for('list.find', '/')} show others"


def _closed(action: str, now: Now, standing: Standing) -> str:
    if now.list_changed:
        return f"the list's file was changed: {key_for('console.leave', 'q')} leaves, open it again"
    if standing.problems:
        return "nothing counts in a ledger that cannot be believed: gonogo checklist verify"
    if now.busy and action in {"sign", "sign_all", "waive"}:
        return now.busy
    return ""


def _of_item(action: str, each: ItemStanding, running: Collection[str]) -> str:
    item = each.item
    match action:
        case "answer" if item.asks_person:
            return f"{item.id} comes after {', '.join(each.waits_for)}" if each.waits_for else ""
        case "answer" | "check" if item.id in running:
            return f"{item.id} is being asked"
        case "check" if not item.asks_machine:
            return f"only a person can answer {item.id}: {key_for('list.answer', 'Enter')}"
        case "sign":
            return _unsignable(each)
        case "waive" if item.waiver is None:
            return f"{item.id} cannot be waived: {item.fix}"
        case "waive" if each.state is ItemState.PASS:
            return f"{item.id} passes: there is nothing to waive"
        case "evidence" if each.checked is None and each.answered is None and each.waiver is None:
            return f"{item.id} was not answered yet: there is no evidence"
        case _:
            return ""


def _unsignable(each: ItemStanding) -> str:
    if each.item.sign is None:
        return f"{each.item.id} wants no signature"
    match each.state:
        case ItemState.UNSIGNED:
            return ""
        case ItemState.PASS:
            return f"{each.item.id} is signed already"
        case ItemState.WAIVED:
            return f"{each.item.id} is waived: there is nothing to sign"
        case ItemState.OPEN:
            return f"{each.item.id} was not answered yet: {key_for('list.answer', 'Enter')}, then sign"
        case _:
            return f"{each.item.id} is {each.state}: only a right answer is signed"
