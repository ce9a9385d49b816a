"""A page for people: headings, sentences and tables, in words; no markup in it.

Markdown and HTML are both written from this, so that they cannot tell different things.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

ROWS_MOST: Final = 200
"""Rows of a table for people; a program reads all of them in the JSON."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    """Columns that hold figures."""
    note: str = ""
    empty: str = "None."
    """What is said where there is no row."""
    marks: tuple[str, ...] = ()
    """For each row, how it is coloured: ``good``, ``mid``, ``bad`` or nothing; the row says it in words too."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the figures that stand out."""

    label: str
    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page."""

    title: str
    about: str
    """What it is about, and when it was made."""
    verdict: str
    is_go: bool
    lead: str
    """The verdict in a sentence."""
    reasons: tuple[str, ...]
    cautions: tuple[str, ...]
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
    """The first stands before the pictures."""
    is_open: bool = False
    """Neither yet: it is under way, or was stopped and goes on."""


def table(
    title: str,
    columns: tuple[str, ...],
    rows: Iterable[tuple[str, ...]],
    numbers: Iterable[int] = (),
    *,
    rest: str,
    note: str = "",
    empty: str = "None.",
    marks: Iterable[str] = (),
) -> Table:
    """Make a table of as many rows as a person reads; ``rest`` is the file that has all of them."""
    every = tuple(rows)
    if len(every) > ROWS_MOST:
        note = f"{note} {len(every) - ROWS_MOST:,} further rows are in {rest}.".strip()
    return Table(title, columns, every[:ROWS_MOST], frozenset(numbers), note, empty, tuple(marks)[:ROWS_MOST])
