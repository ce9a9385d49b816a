"""The page of all keys, as it is documented: ``python -m app.console.keys_page > docs/keys.md``.

It is written from the very tables that are dispatched, and a test holds the page against them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from textual.binding import Binding
from textual.dom import DOMNode

from app.console.actions import Action
from app.console.alerts.screen import AlertsScreen
from app.console.alerts.table import AlertList
from app.console.base import EVERYWHERE
from app.console.checklist.prompts import AnswerPrompt, WaiverPrompt
from app.console.checklist.screen import ChecklistScreen
from app.console.checklist.table import ItemTable
from app.console.conversion.full import Members, ShardScreen, Told
from app.console.conversion.screen import RunScreen, StepScreen
from app.console.conversion.search import Search
from app.console.conversion.shardmap import ShardMap
from app.console.conversion.table import ShardTable
from app.console.conversion.workers import WorkerList
from app.console.home.board import Board
from app.console.home.screen import HomeScreen
from app.console.home.start import JobList, StartJob
from app.console.key_names import written
from app.console.lists.screen import ListsScreen, ListTable
from app.console.log.page import EventPage
from app.console.log.rows import LogList
from app.console.log.screen import FindLine, LogScreen
from app.console.modals import Confirm, Page, Reading
from app.console.pane import MOVES, Lines
from app.console.small import TooSmall
from app.console.training.panels import AlertTable
from app.console.training.prompts import NotePrompt
from app.console.training.screen import TrainingScreen
from app.console.window.screen import WindowScreen
from app.console.window.steps import StepTable


@dataclass(frozen=True, slots=True)
class Room:
    """One heading of the page."""

    title: str
    nodes: tuple[type[DOMNode], ...]
    """The screen, its lists and its fields."""


ROOMS: Final = (
    Room("Home", (HomeScreen, Board)),
    Room("Run", (RunScreen, StepScreen, ShardTable, ShardMap, WorkerList, Search)),
    Room("One shard", (ShardScreen, Told, Members)),
    Room("Window", (WindowScreen, StepTable)),
    Room("Checklists", (ListsScreen, ListTable)),
    Room("One checklist", (ChecklistScreen, ItemTable)),
    Room("Training", (TrainingScreen, AlertTable)),
    Room("Alerts", (AlertsScreen, AlertList)),
    Room("Log", (LogScreen, LogList, FindLine)),
)
QUESTIONS: Final[tuple[tuple[str, type[DOMNode]], ...]] = (
    ("A question before anything that is hard to undo", Confirm),
    ("A page of text", Page),
    ("An event in full", EventPage),
    ("A text that is longer than its room", Reading),
    ("Start a job", StartJob),
    ("The list of jobs", JobList),
    ("An answer to an item", AnswerPrompt),
    ("A waiver", WaiverPrompt),
    ("A note to an alert", NotePrompt),
    ("Too small a terminal", TooSmall),
)

_INHERITED: Final = {"submit": "Keep"}
"""What Textual's own fields do, in the words of ours."""
_SAFE: Final = {"|": "bar", "`": "backquote"}

_HEAD: Final = (
    "Written by `python -m app.console.keys_page`, from the tables that are dispatched. `?` shows those of the screen",
    "in front, `:` finds any of them by its words. Keys with a star change something: in a console that was opened",
    "with `--read-only` they do nothing, and say so. `[keys]` in gonogo.toml binds an action anew, by its name here:",
    "[console.md](console.md#other-keys). Questions, pages, and fields where text is typed keep their keys.",
)


def actions_of(room: Room) -> tuple[Action, ...]:
    """Return what can be done in a room, without what moves in every list."""
    found: dict[str, Action] = {}
    for node in room.nodes:
        for action in getattr(node, "ACTIONS", ()):
            if action not in MOVES:
                found[action.id] = action
    return tuple(found.values())


def lines() -> Iterator[str]:
    """Write the page."""
    yield "# Keys of the console"
    yield ""
    yield from _HEAD
    yield from _table("Everywhere", EVERYWHERE)
    yield from _table("In every list", MOVES)
    for room in ROOMS:
        yield from _table(room.title, actions_of(room))
        yield from _own(room)
    yield from ("", "## Questions and pages", "", "| where | key | does |", "| --- | --- | --- |")
    for title, node in QUESTIONS:
        for binding in bindings_of(node):
            yield f"| {title} | {_code(binding.key)} | {binding.description or _does(binding)} |"


def bindings_of(node: type[DOMNode]) -> list[Binding]:
    """Return the bindings that a class itself declares, without those of an action table."""
    declared = [each for each in node.__dict__.get("BINDINGS", ()) if isinstance(each, Binding)]
    ids = {action.id for action in getattr(node, "ACTIONS", ())}
    return [binding for binding in declared if binding.id not in ids]


def _table(title: str, actions: tuple[Action, ...]) -> Iterator[str]:
    if not actions:
        return
    yield from ("", f"## {title}", "", "| key | does | name |", "| --- | --- | --- |")
    for action in actions:
        key = _code(action.keys) if action.keys else "palette"
        yield f"| {key}{'*' if action.changes else ''} | {action.tells} | `{action.id}` |"


def _own(room: Room) -> Iterator[str]:
    """Write what a field of a room binds beside the table of actions."""
    for node in room.nodes:
        if issubclass(node, Lines) or hasattr(node, "ACTIONS"):
            continue
        for binding in bindings_of(node):
            does = binding.description or _does(binding)
            name = f"`{binding.id}`" if binding.id else ""
            yield f"| {_code(binding.key)} | {does}, where text is typed | {name} |"


def _does(binding: Binding) -> str:
    return _INHERITED.get(binding.action, binding.action.replace("_", " "))


def _code(keys: str) -> str:
    """Write all keys of an action as code, each as people write it; a backquote or a bar would break the table."""
    return " ".join(f"`{_SAFE.get(shown := written(each), shown)}`" for each in keys.split(","))


def main() -> None:
    """Print the page."""
    sys.stdout.write("\n".join(lines()) + "\n")


if __name__ == "__main__":
    main()
