"""What can be done on the screen of alerts."""

from __future__ import annotations

from typing import Final

from app.console.actions import Action

ACTIONS: Final = (
    Action("alerts.open", "enter", "open", "In full", "Show the alert in full, with the way out"),
    Action("alerts.go", "o", "go_there", "Go there", "Go to the run, window, checklist or training that it is about"),
    Action(
        "alerts.acknowledge", "a", "acknowledge", "Seen", "Say that you have seen it, with a note for others",
        changes=True,
    ),
)  # fmt: skip
