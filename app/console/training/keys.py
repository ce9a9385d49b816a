"""The keys of the training screen: one table for dispatch, footer and help."""

from __future__ import annotations

from typing import Final

from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType

from app.console.checklist.words import grid


def _key(keys: str, action: str, label: str, does: str, *, shown_as: str = "", show: bool = True) -> Binding:
    name = f"training.{action}"
    return Binding(keys, action, label, show=show, key_display=shown_as or keys, tooltip=does, id=name)


KEYS: Final[list[BindingType]] = [
    _key("a", "acknowledge", "Ack", "Acknowledge the alert under the cursor, with a note"),
    _key("enter,e", "alert", "Alert", "Show the alert under the cursor in full", shown_as="⏎"),
    _key("tab,right", "run(1)", "Run", "Show the next run", shown_as="Tab"),
    _key("shift+tab,left", "run(-1)", "Run before", "Show the run before", shown_as="←", show=False),
    _key("l", "log", "Log", "Draw the plot on a logarithmic scale, or a linear one"),
    _key("plus,equals_sign", "zoom(1)", "Zoom", "Zoom in on the newest half of the steps", shown_as="+"),
    _key("minus", "zoom(-1)", "Zoom out", "Zoom out again", shown_as="-", show=False),
    _key("c", "compare", "Compare", "Draw the next run beside this one; then the one after it; then none"),
    _key("m", "metric", "Metric", "Draw the next metric of this run", show=False),
    _key("M", "metric_before", "Metric before", "Draw the metric before that one", show=False),
    _key(
        "u",
        "sources",
        "Sources",
        "Show the sources and the machine: what they are, lines without a metric, GPUs, processors, memory, notes",
    ),
    _key("x", "rules", "Rules", "Explain the rules in force"),
    _key("question_mark,h,f1", "keys", "Keys", "What every key does", shown_as="?"),
    _key("q", "leave", "Quit", "Leave; the training goes on"),
]
"""What each key does; the footer of 80 columns has room for those that are shown, and no more."""

_MOVES: Final = (("j k ↓ ↑", "Move among the alerts"), ("g G", "Go to the first alert, to the last"))


def help_page() -> Table:
    """Say what every key does."""
    rows = [*_MOVES]
    rows += [(binding.key_display or binding.key, binding.tooltip) for binding in KEYS if isinstance(binding, Binding)]
    return grid(((key, Text(does)) for key, does in rows), max(len(key) for key, _ in rows))
