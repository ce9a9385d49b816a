"""Where each key of a TOML file stands, which tomllib does not tell: line and column, for complaints."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

KeyPath = tuple[str | int, ...]
"""Keys from the top; the number of a table in an array of tables stands between them: ``("item", 2, "check")``."""

_QUOTED = re.compile(
    r"""
    ["]{3}(?s:\\.|.)*?["]{3} | [']{3}(?s:.)*?[']{3} | ["](?:\\.|[^"\\\n])*["] | ['][^'\n]*['] | [#][^\n]*
    """,
    re.VERBOSE,
)
"""A string or a comment, in which something could look like a key."""


class Position(NamedTuple):
    """A place in a text; both count from 1."""

    line: int
    column: int


def positions_of(text: str) -> dict[KeyPath, Position]:
    """Find the place of each key of a text that tomllib has read.

    A section is parsed line by line, each piece below its header: the first piece that parses and holds a key ends on
    the last line of its value, so it began after the last piece that parsed. No multi-line string is taken for a key.
    """
    found: dict[KeyPath, Position] = {}
    arrays: dict[KeyPath, int] = {}
    rows = text.replace("\r\n", "\n").split("\n")
    begun = 0
    header = ""
    for number, row in enumerate(rows):
        bare = row.strip()
        if not bare or bare.startswith("#"):
            begun += begun == number
            continue
        is_header = bare.startswith("[") and begun == number
        if is_header:
            header = ""
        statement = "\n".join(rows[begun : number + 1])
        try:
            piece = tomllib.loads(f"{header}\n{statement}")
        except tomllib.TOMLDecodeError:
            continue
        if is_header and bare.startswith("[["):
            array = _count_table(piece, arrays)
            found[(*array, arrays[array])] = Position(number + 1, row.index("[") + 1)
        if is_header:
            header = row
        begins = Position(begun + 1, len(rows[begun]) - len(rows[begun].lstrip()) + 1)
        bare_statement, at = _QUOTED.sub(_hide, statement), 0
        for path in _paths(piece, (), arrays):
            if path not in found and _is_inside(path, found):
                at, found[path] = _within(bare_statement, at, begins, path)
            found.setdefault(path, begins)
        begun = number + 1
    return found


def _count_table(header: Mapping[str, object], arrays: dict[KeyPath, int]) -> KeyPath:
    """Count one more table of the array that a ``[[header]]`` names; return the array's path."""
    path: KeyPath = ()
    below: object = header
    while isinstance(below, dict) and below:
        ((name, below),) = below.items()
        path = (*path, name)
        if not isinstance(below, list) and path in arrays:
            path = (*path, arrays[path])
    arrays[path] = arrays.get(path, -1) + 1
    return path


def _paths(table: Mapping[str, object], above: KeyPath, arrays: Mapping[KeyPath, int]) -> Iterator[KeyPath]:
    """Yield the path of each key, in the order of the file, as the whole file would number it."""
    for name, value in table.items():
        path: KeyPath = (*above, name)
        yield path
        tables = value if isinstance(value, list) else [value]
        for index, one in enumerate(tables):
            if not isinstance(one, dict):
                continue
            numbered = path
            if path in arrays:
                numbered = (*path, arrays[path])
            elif isinstance(value, list):
                numbered = (*path, index)
            yield from _paths(one, numbered, arrays)


def _is_inside(path: KeyPath, found: Mapping[KeyPath, Position]) -> bool:
    """Tell whether the key stands inside a value: the keys above it have their place already."""
    return any(path[:end] in found for end in range(1, len(path)))


def _hide(string: re.Match[str]) -> str:
    """Take out what a string or a comment holds, which could look like a key, and leave quoted keys."""
    is_key = re.match(r"\s*[=.]", string.string[string.end() :]) is not None
    return string[0] if is_key else re.sub(r"[^\n]", "_", string[0])


def _within(statement: str, start: int, begins: Position, path: KeyPath) -> tuple[int, Position]:
    """Find a key in the statement that holds it, behind the one that was found last; return where the search ended."""
    name = re.escape(str(path[-1]))
    at = re.compile(rf"(?<![\w\"'-])[\"']?{name}[\"']?\s*[=.]").search(statement, start)
    if at is None:
        return start, begins
    above = statement[: at.start()]
    line = begins.line + above.count("\n")
    return at.end(), Position(line, at.start() - (above.rfind("\n") + 1) + 1)
