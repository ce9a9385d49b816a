"""The keys of the training screen."""

from __future__ import annotations

from typing import Final

from app.console.actions import Action


def _key(
    keys: str, does: str, label: str, tells: str, *, name: str = "", shown: str = "", footer: bool = True
) -> Action:
    changes = does == "acknowledge"
    return Action(f"training.{name or does}", keys, does, label, tells, shown or keys, footer=footer, changes=changes)


KEYS: Final = (
    _key("a", "acknowledge", "Ack", "Acknowledge the alert under the cursor, with a note"),
    _key("enter,e", "alert", "Alert", "Show the alert under the cursor in full", shown="⏎"),
    _key("tab,right", "run(1)", "Run", "Show the next run", name="run", shown="Tab"),
    _key("shift+tab,left", "run(-1)", "Run before", "Show the run before", name="run_before", shown="←", footer=False),
    _key("l", "log", "Scale", "Draw the plot on a logarithmic scale, or a linear one"),
    _key("plus,equals_sign", "zoom(1)", "Zoom", "Zoom in on the newest half of the steps", name="zoom", shown="+"),
    _key("minus", "zoom(-1)", "Zoom out", "Zoom out again", name="zoom_out", shown="-", footer=False),
    _key("c", "compare", "Compare", "Draw the next run beside this one; then the one after it; then none"),
    _key("m", "metric", "Metric", "Draw the next metric of this run", footer=False),
    _key("M", "metric_before", "Metric before", "Draw the metric before that one", footer=False),
    _key(
        "u",
        "sources",
        "Sources",
        "Show the sources and the machine: what they are, lines without a metric, GPUs, processors, memory, notes",
    ),
    _key("x", "rules", "Rules", "Explain the rules in force"),
)
"""The footer of 80 columns has room for those that are shown, and no more."""
