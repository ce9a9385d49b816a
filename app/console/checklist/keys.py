"""The keys of a checklist's screen."""

from __future__ import annotations

from typing import Final

from app.console.actions import Action


def _key(keys: str, does: str, label: str, tells: str, *, shown: str = "", footer: bool = True) -> Action:
    writes = does in _WRITES
    return Action(f"list.{does}", keys, does, label, tells, shown_as=shown or keys, footer=footer, changes=writes)


_WRITES: Final = frozenset({"answer", "check", "check_all", "sign", "sign_all", "waive"})
"""What goes into the ledger."""
KEYS: Final = (
    _key("enter", "answer", "Answer", "Answer with the value that you read; the machine's: ask it again", shown="⏎"),
    _key("space", "check", "Ask", "Ask the machine again about this item", shown="␣"),
    _key("r", "check_all", "Ask all", "Ask the machine again about every item", footer=False),
    _key("s", "sign", "Sign", "Sign this item's answer with your SSH key"),
    _key("S", "sign_all", "All", "Sign everything that waits for your signature"),
    _key("w", "waive", "Waive", "Let this item pass for a while: a reason, and your signature"),
    _key("e", "evidence", "Proof", "Show what the answer rests on"),
    _key("i", "why", "Why", "Why it is asked, what to do, who answers, signs, waives"),
    _key("n", "next", "Next", "Go to the next item that is not settled"),
    _key("slash", "find", "Find", "Show only items with a text", shown="/"),
    _key("f", "filter", "Filter", "Show all items, then open ones, then red ones", footer=False),
    _key("escape", "all", "All items", "Show all items again", shown="Esc", footer=False),
)
"""The footer of 80 columns has room for those that are shown, and no more."""
