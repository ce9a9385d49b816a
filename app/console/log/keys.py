"""What can be done on the screen of a log, and in the page of one of its lines."""

from __future__ import annotations

from typing import Final

from app.console.actions import Action

ACTIONS: Final = (
    Action("log.open", "enter", "open", "In full", "Show the event under the cursor with all its fields"),
    Action("log.find", "slash", "find", "Find", "Show only events that hold a text", "/"),
    Action("log.kinds", "f", "kinds", "Kinds", "Show all events, trouble, gates and orders, or shards"),
    Action("log.all", "x", "all", "All again", "Show all events again, whatever was chosen", footer=False),
)
PAGE: Final = (
    Action("event.wrap", "w", "wrap", "Wrap", "Break long lines, or let them run on to the right"),
    Action("event.close", "escape,q,enter", "dismiss", "Close", "Back to the list", "Esc"),
)
