"""Conditions over a table's columns, as checklists write them: an expression, and nothing but an expression."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

_REFUSED: Final = {
    "SUBQUERY": "a query inside a condition",
    "STAR": "*",
    "PARAMETER": "a parameter (? or $1)",
    "WINDOW": "a window function",
}
"""What could look at other things than the row's own columns, or that a condition has no use for."""


def check_where(where: str) -> None:
    """Refuse what is no condition; ``""`` is the condition that every row meets.

    Raises:
        ValueError: when it is no expression, several, or one that looks beyond the row.
    """
    if where:
        columns_of(where)


def in_parentheses(where: str) -> str:
    """Put a checked condition into a query; on lines of its own, for it may end in a comment."""
    return f"(\n{where}\n)" if where else "true"


@functools.lru_cache(maxsize=256)
def columns_of(where: str) -> frozenset[str]:
    """Return the columns that a condition names.

    Raises:
        ValueError: when it is no expression, several, or one that looks beyond the row.
    """
    import duckdb  # noqa: PLC0415  # 0.2 s that lists without conditions do not need

    try:
        duckdb.SQLExpression(where)
        with duckdb.connect() as parser:
            row = parser.execute("SELECT json_serialize_sql(?)", [f"SELECT {in_parentheses(where)}"]).fetchone()
    except duckdb.Error as error:
        raise ValueError(f"where = {where!r} is no condition: {first_line(error)}") from error
    tree = msgspec.json.decode(str(row[0] if row else "{}"))
    if not isinstance(tree, dict) or tree.get("error"):
        raise ValueError(f"where = {where!r} is no condition")
    columns, bound = set(), set()
    for node in _nodes(tree):
        if node.get("class") in _REFUSED:
            refused = _REFUSED[str(node["class"])]
            raise ValueError(f"where = {where!r}: {refused} is not allowed; wanted a condition over the columns")
        if node.get("class") == "COLUMN_REF" and _name(node):
            columns.add(_name(node))
        if node.get("class") == "LAMBDA":
            bound |= {_name(inner) for inner in _nodes(node.get("lhs"))}
    return frozenset(columns - bound)


def first_line(error: Exception) -> str:
    """Return what DuckDB says without the query that it repeats."""
    return str(error).split("\n\n")[0].replace("\n", " ")


def _name(node: Mapping[str, object]) -> str:
    """Return the name that a node is about; of ``song.title``, where ``song`` is a struct, the first."""
    names = node.get("column_names")
    return str(names[0]) if isinstance(names, list) and names else ""


def _nodes(tree: object) -> Iterator[dict[str, object]]:
    """Walk through all objects of a syntax tree."""
    if isinstance(tree, dict):
        yield tree
        for inner in tree.values():
            yield from _nodes(inner)
    elif isinstance(tree, list):
        for inner in tree:
            yield from _nodes(inner)
