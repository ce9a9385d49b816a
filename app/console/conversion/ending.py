"""The end of a run on the lines that there are: its outcome and the way out always, of what lies between as much. Pure.

The first line of an end says what came of the run, and the last where the report is, or what opens a shut gate.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from app.console.conversion.fitting import cut
from engine.errors import printable


def lines_of(end: Iterable[str]) -> list[str]:
    """Return an end line by line: a detail may have several."""
    return [printable(line) for text in end for line in text.split("\n")]


def fit_ending(lines: Sequence[str], width: int, height: int, key: str) -> list[str]:
    """Lay the end of a run out; where not all of it has room, each line between first and last is cut to one row.

    Args:
        lines: the end in words, as the headless face tells it.
        width: columns.
        height: rows, three or more.
        key: shows all of it in full.
    """
    told = lines_of(lines)
    whole = [row for line in told for row in _rows(line, width)]
    if len(whole) <= height:
        return whole
    if len(told) == 1:
        return _first_rows(told[0], width, height)
    first, *between, last = told
    way_out = _first_rows(last, width, max(1, height - 2))
    head = _first_rows(first, width, max(1, height - len(way_out) - 1 - min(1, len(between))))
    room = height - len(head) - len(way_out)
    shown = between if len(between) <= room else between[: max(0, room - 1)]
    more = [f"and {len(between) - len(shown):,} more: {key}"] if len(shown) < len(between) else []
    return [*head, *(cut(line, width) for line in shown), *more, *way_out]


def _rows(line: str, width: int) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    broken = textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False) or [""]
    return [cut(row, width) for row in broken]


def _first_rows(line: str, width: int, most: int) -> list[str]:
    """Return a line's first rows, the last of them cut where there would be more."""
    rows = _rows(line, width)
    return rows if len(rows) <= most else [*rows[: most - 1], cut(f"{rows[most - 1]} …", width)]
