"""The names of keys as Textual spells them: which of them a terminal sends, and how people write them."""

from __future__ import annotations

import difflib
import string
from functools import cache
from typing import Final

from textual.binding import Binding
from textual.keys import Keys, format_key

_SPELT: Final = {"⏎": "Enter", "␣": "Space"}
WRITTEN: Final = {
    "enter": "⏎",
    "space": "␣",
    "escape": "Esc",
    "slash": "/",
    "question_mark": "?",
    "tab": "Tab",
    "backspace": "Bksp",
    "delete": "Del",
    "insert": "Ins",
    "home": "Home",
    "end": "End",
    "pageup": "PgUp",
    "pagedown": "PgDn",
}
"""Keys that Textual writes otherwise than people do."""
_NEVER_SENT: Final = {
    "ctrl+h": "backspace",
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "return": "enter",
    "esc": "escape",
    "del": "delete",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "ctrl+space": "ctrl+@",
    "ctrl-at": "ctrl+@",
}
"""What people call keys, and what a terminal sends for them."""


def written(name: str) -> str:
    """Write a key as people do: ``F9``, ``^o``, ``/``.

    >>> written("ctrl+o"), written("f9"), written("slash"), written("G")
    ('^o', 'F9', '/', 'G')
    """
    *modifiers, key = name.split("+") if len(name) > 1 else (name,)
    is_function = key[0] == "f" and key[1:].isdigit()
    text = WRITTEN.get(key) or (key.upper() if is_function else format_key(key))
    return "".join("^" if each == "ctrl" else f"{each}+" for each in modifiers) + text


def spelt(key: str) -> str:
    """Write a key in letters alone, for terminals without signs for it."""
    return _SPELT.get(key, key)


def normal(name: str) -> str:
    """Return the name under which Textual dispatches a key: ``slash`` for ``/``, any other name as it is."""
    return next(iter(Binding.make_bindings([Binding(name, "")]))).key if len(name) == 1 and name != "," else name


@cache
def sent() -> frozenset[str]:
    """Return the names of all keys that a terminal sends, but for letters outside of ASCII."""
    characters = (string.ascii_letters + string.digits + string.punctuation).replace(",", "")
    named = {key.value for key in Keys if not key.value.startswith("<")} - _NEVER_SENT.keys()
    alternates = {f"alt+{each}" for each in string.ascii_lowercase + string.digits}
    return frozenset({normal(each) for each in characters} | named | alternates | {"comma"})


def is_sent(name: str) -> bool:
    """Tell whether a terminal sends a key of this name, as :func:`normal` returns it."""
    return name in sent() or (len(name) == 1 and name.isalpha())


def meant(name: str) -> tuple[str, ...]:
    """Return the keys that somebody may have meant who wrote a name that no terminal sends; the likeliest first."""
    lower = name.lower()
    *modifiers, key = lower.split("+")
    if modifiers == ["shift"] and len(key) == 1 and key.isalpha():
        return (key.upper(),)
    if lower in _NEVER_SENT:
        return (_NEVER_SENT[lower],)
    if lower in sent():
        return (lower,)
    return tuple(difflib.get_close_matches(lower, sorted(sent()), 3))
