"""Writing a checklist's draft from the boxes of a document."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from engine.checklist.markdown.reading import Box, Page
from engine.checklist.markdown.wanting import draw_want
from engine.errors import printable

TODO_WANT: Final = "TODO: the value that is wanted"
TODO_FIX: Final = "TODO: what to do when it is not so"
_ID_LENGTH: Final = 48
"""Of 64 that an id may have: room for a number where two boxes say the same, and short enough to be typed."""
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n"}


def write_draft(page: Page, boxes: Sequence[Box], name: str, list_id: str) -> str:
    """Write the TOML of a list with an item for each box; each of them says something."""
    head = (
        ("id", list_id),
        ("title", page.title or name.strip() or list_id),
        ("gates", ""),
        ("mode", "do-confirm"),
        ("about", f"Drafted from {printable(name)}. Make the few items that must never pass red killers."),
    )
    taken: set[str] = set()
    tables = [_table("[checklist]", head)]
    for box in boxes:
        item = (
            ("id", _unique(slug(box.text) or f"line-{box.line}", taken)),
            ("ask", box.text),
            ("want", draw_want(box.text) or TODO_WANT),
            ("kind", "person"),
            ("group", " / ".join(box.headings)),
            ("level", "normal"),
            ("fix", TODO_FIX),
            ("source", f"{printable(name)}:{box.line}"),
        )
        tables.append(_table("[[item]]", ((key, value) for key, value in item if value)))
    return "\n".join(tables)


def _table(header: str, entries: Iterable[tuple[str, str]]) -> str:
    return "\n".join([header, *(f"{key} = {toml_string(value)}" for key, value in entries), ""])


def toml_string(text: str) -> str:
    """Write a basic string (TOML 1.0, "String"); what cannot be seen is written as its code."""
    return '"' + "".join(map(_escape, text)) + '"'


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:  # half a character: TOML has none
        return "\ufffd"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def slug(text: str) -> str:
    """Make an id of a text: ``Budget approved ($600)`` is ``budget-approved-600``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")
    if len(words) <= _ID_LENGTH:
        return words
    return words[: _ID_LENGTH + 1].rpartition("-")[0] or words[:_ID_LENGTH]


def _unique(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free)
    return free
