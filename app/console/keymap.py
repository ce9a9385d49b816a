"""The keys that an operator bound anew: what they do to the tables of actions, and to texts that name a key.

Textual's own keymap can neither take a key away, nor give one to an action that had none, nor move the key of its own
palette; so each screen and list has its bindings written anew when it is mounted, from its table of actions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from textual.binding import BindingsMap, BindingType
from textual.dom import DOMNode

from app.console.actions import Action
from app.console.key_names import written

NO_KEY = "palette"
"""Stands in texts and tables for the key of an action that has none: there it is found."""


@dataclass(frozen=True, slots=True)
class Keymap:
    """Keys of actions, by name; the others keep theirs."""

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """As Textual dispatches them; an action without any is done from the palette alone."""

    def bound(self, action: Action) -> Action:
        """Return an action with the keys that it has here."""
        names = self.keys.get(action.id)
        return action if names is None else action.bound(names)

    def rebound(
        self, bindings: BindingsMap, actions: Iterable[Action], moved: Mapping[str, str] = MappingProxyType({})
    ) -> BindingsMap:
        """Return the bindings of a screen or a list with its actions on the keys that they have here.

        Args:
            bindings: what it inherited and declared.
            actions: its actions; in the footer they stay where they were. A key that one of them has here is taken
                from whatever Textual itself does with it.
            moved: name of an action to what Textual calls it, where it binds that by itself as well.
        """
        anew = {each.id: self.bound(each).binding() for each in actions if self.keys.get(each.id)}
        taken = {key for binding in anew.values() for key in binding.key.split(",")}
        gone = {does for id_, does in moved.items() if id_ in self.keys}
        written_anew: list[BindingType] = []
        for key, binding in bindings:
            if binding.id is not None and binding.id in self.keys:
                written_anew += filter(None, [anew.pop(binding.id, None)])
            elif key not in taken and binding.action not in gone:
                written_anew.append(binding)
        return BindingsMap([*written_anew, *anew.values()])


_USUAL: Final = Keymap()
_IN_FORCE: ContextVar[Keymap] = ContextVar("keymap", default=_USUAL)


def put_in_force(keymap: Keymap) -> None:
    """Let this keymap count for the task that calls, and for all that it starts: an application and its screens."""
    _IN_FORCE.set(keymap)


def in_force() -> Keymap:
    """Return the keymap of the console that this is drawn in; that of nobody's wishes outside of one."""
    return _IN_FORCE.get()


def take_keys(node: DOMNode, actions: Iterable[Action]) -> None:
    """Bind the actions of a screen or a list to the keys that they have in its console."""
    node._bindings = in_force().rebound(node._bindings, actions)  # noqa: SLF001  # else no binding can be taken away


def key_for(action: str, usual: str) -> str:
    """Write the key of an action for a text that tells people to press it.

    Args:
        action: its name.
        usual: how its key is written where nobody bound it anew.
    """
    names = in_force().keys.get(action)
    if names is None:
        return usual
    return written(names[0]) if names else NO_KEY
