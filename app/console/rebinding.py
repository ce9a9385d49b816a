"""Whether the keys that an operator wants can be had: each one is sent by a terminal, and means one thing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from app.console.actions import Action
from app.console.base import EVERYWHERE
from app.console.frame import Frame
from app.console.key_names import is_sent, meant, normal
from app.console.keymap import Keymap
from app.console.keys_page import ROOMS, Room
from engine.config import BoundKeys
from engine.errors import ConfigError, Fault, printable

KEPT: Final = ("console.leave", "console.back", "console.help", "console.palette")
"""Without a key for these nobody gets out, or finds what can be done."""
TAKEN: Final = {
    "ctrl+c": "it copies what was chosen with the mouse",
    "ctrl+q": "it closes every console at once",
    "tab": "it goes from list to list",
    "shift+tab": "it goes from list to list",
}
"""Keys that Textual itself acts on, and what for."""
_CONTROL_LETTER: Final = re.compile(r"ctrl\+(shift\+)?[a-z]")


@dataclass(frozen=True, slots=True)
class Scene:
    """What is open to an operator at one time: a screen, one of its lists, and what works everywhere."""

    title: str
    actions: tuple[Action, ...]


def scenes(rooms: Iterable[Room] = ROOMS) -> Iterator[Scene]:
    """Yield every screen with each of its lists."""
    for room in rooms:
        tables = [tuple(getattr(node, "ACTIONS", ())) for node in room.nodes if not issubclass(node, Frame)]
        for screen in (node for node in room.nodes if issubclass(node, Frame)):
            for table in [table for table in tables if table] or [()]:
                yield Scene(room.title, (*table, *screen.ACTIONS, *EVERYWHERE))


def keymap_of(wanted: Mapping[str, BoundKeys]) -> Keymap:
    """Return the keymap that ``[keys]`` asks for.

    Raises:
        ConfigError: when it cannot be had; one line for each thing that is wrong.
    """
    return judged(wanted, tuple(scenes())) if wanted else Keymap()


def judged(wanted: Mapping[str, BoundKeys], open_at_once: Sequence[Scene]) -> Keymap:
    """Return the keymap that is asked for, where every action and key of it can be had.

    Args:
        wanted: name of an action to its keys, and where that is written.
        open_at_once: every group of actions whose keys must differ.

    Raises:
        ConfigError: as above.
    """
    actions = {action.id: action for scene in open_at_once for action in scene.actions}
    keymap = Keymap({id_: tuple(dict.fromkeys(map(normal, bound.names))) for id_, bound in wanted.items()})
    faults = [fault for id_, bound in wanted.items() for fault in _faults(id_, bound, keymap, actions)]
    faults += _clashes(wanted, keymap, open_at_once)
    if faults:
        raise ConfigError("\n".join(map(str, faults)))
    return keymap


def _faults(id_: str, bound: BoundKeys, keymap: Keymap, actions: Mapping[str, Action]) -> Iterator[Fault]:
    """Tell what is wrong with the keys of one action, the others left aside."""
    action = actions.get(id_)
    if action is None:
        near = difflib.get_close_matches(id_, actions, 3)
        way_out = f"did you mean {' or '.join(near)}?" if near else "docs/keys.md has all names"
        problem = "no action has this name; fields, questions and pages keep their keys"
        yield _fault(problem, id_, bound, "the name of an action of docs/keys.md", way_out)
        return
    if not bound.names and id_ in KEPT:
        wanted = f"at least one key for each of {', '.join(KEPT)}"
        yield _fault(
            "without this key nobody gets out or finds help", id_, bound, wanted, "name a key, or drop the line"
        )
    usual = action.keys.split(",")
    for key in keymap.keys[id_]:
        if not is_sent(key):
            likely = meant(key)
            way_out = f"did you mean {' or '.join(likely)}?" if likely else "write the one key that you press"
            wanted = "keys as Textual names them, such as f9, slash, G, ctrl+o, pagedown"
            yield _fault(f"no terminal sends a key {printable(key)}", id_, bound, wanted, way_out)
        elif key in TAKEN and key not in usual:
            yield _fault(f"{key} is taken: {TAKEN[key]}", id_, bound, "another key", "")
        elif action.changes and _CONTROL_LETTER.fullmatch(key):
            problem = f'{key} is pressed by mistake too easily for what changes something ("{action.tells}")'
            yield _fault(problem, id_, bound, "a key that is no letter with ctrl", "take a letter or a function key")


def _clashes(wanted: Mapping[str, BoundKeys], keymap: Keymap, open_at_once: Sequence[Scene]) -> list[Fault]:
    """Tell which two actions would have one key; what shares one from the beginning may go on."""
    found: dict[tuple[str, str, str], Fault] = {}
    for scene in open_at_once:
        for one, other in combinations([each for each in scene.actions if each.id], 2):
            if one.id == other.id or not {one.id, other.id} & keymap.keys.keys():
                continue
            usual = set(one.keys.split(",")) & set(other.keys.split(","))
            both = set(keymap.bound(one).keys.split(",")) & set(keymap.bound(other).keys.split(","))
            mine, theirs = (one, other) if one.id in wanted else (other, one)
            for key in sorted(both - usual - {""}):
                found.setdefault((mine.id, theirs.id, key), _clash(key, mine, theirs, wanted, scene))
    return list(found.values())


def _clash(key: str, mine: Action, theirs: Action, wanted: Mapping[str, BoundKeys], scene: Scene) -> Fault:
    also = wanted.get(theirs.id)
    place = f", {also.where}" if also is not None and also.where else ""
    problem = f'{key} is the key of {theirs.id} too ("{theirs.tells}"{place}), on the screen {scene.title}'
    way_out = f"take another key for {mine.id}, or give {theirs.id} another one in [keys]"
    return _fault(problem, mine.id, wanted[mine.id], "a key that no other action there has", way_out)


def _fault(problem: str, id_: str, bound: BoundKeys, wanted: str, way_out: str) -> Fault:
    return Fault(
        problem, file=bound.where or "[keys]", member=f"keys.{id_}", read=f'"{bound}"', wanted=wanted, way_out=way_out
    )
