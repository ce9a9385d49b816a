"""The keys of the console of checklists: one table for dispatch, footer and help."""

from __future__ import annotations

from typing import Final

from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType

from app.console.checklist.words import grid


def _key(keys: str, action: str, label: str, does: str, *, shown_as: str = "", show: bool = True) -> Binding:
    name = f"list.{action}"
    return Binding(keys, action, label, show=show, key_display=shown_as or keys, tooltip=does, id=name)


KEYS: Final[list[BindingType]] = [
    _key("enter", "answer", "Answer", "Answer with the value that you read; the machine's: ask it again", shown_as="⏎"),
    _key("space", "check", "Ask", "Ask the machine again about this item", shown_as="␣"),
    _key("r", "check_all", "Ask all", "Ask the machine again about every item", show=False),
    _key("s", "sign", "Sign", "Sign this item's answer with your SSH key"),
    _key("S", "sign_all", "All", "Sign everything that waits for your signature"),
    _key("w", "waive", "Waive", "Let this item pass for a while: a reason, and your signature"),
    _key("e", "evidence", "Evidence", "Show what the answer rests on"),
    _key("n", "next", "Next", "Go to the next item that is not settled"),
    _key("slash", "find", "Find", "Show only items with a text", shown_as="/"),
    _key("f", "filter", "Filter", "Show all items, then open ones, then red ones", show=False),
    _key("escape", "all", "All items", "Show all items again", shown_as="Esc", show=False),
    _key("question_mark", "why", "Why", "Why it is asked, what to do, who answers, signs, waives", shown_as="?"),
    _key("h,f1", "keys", "Keys", "What every key does", shown_as="h"),
    _key("q", "leave", "Quit", "Leave; everything is in the ledger already"),
]
"""What each key does; the footer of 80 columns has room for those that are shown, and no more."""

_MOVES: Final = (("j k ↓ ↑", "Move"), ("g G", "Go to the first item, to the last"), ("PgUp PgDn", "Move by a page"))


def help_page() -> Table:
    """Say what every key does."""
    rows = [*_MOVES]
    rows += [(binding.key_display or binding.key, binding.tooltip) for binding in KEYS if isinstance(binding, Binding)]
    return grid(((key, Text(does)) for key, does in rows), max(len(key) for key, _ in rows))
