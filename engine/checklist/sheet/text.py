"""The sheet as plain text: at most 80 columns, for a terminal, a mail or a line printer."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from engine.checklist.sheet.shape import Fact, Group, Look, Question, Sheet
from engine.errors import printable

COLUMNS: Final = 80
_EDGE: Final = "=" * COLUMNS
_INDENT: Final = 4
_LABEL: Final = 16
_DEEP: Final = 6
"""A hash that is too long for the column of values stands whole on a line of its own, to be compared and copied."""


def to_text(sheet: Sheet) -> str:
    """Write a sheet as plain text."""
    lines = [_EDGE, *_hanging("Checklist", sheet.title), *_hanging(sheet.verdict, sheet.why), _EDGE]
    for alarm in sheet.alarms:
        lines += _hanging("!!", alarm, at=_DEEP)
    lines += _facts(sheet.facts)
    for group in sheet.groups:
        lines += ["", *_group(group)]
    lines += ["", _rule("The ledger"), *_facts(sheet.ledger)]
    for note in sheet.notes:
        lines += ["", *_wrapped(note, COLUMNS)]
    lines += ["", _rule("By hand"), *_facts(sheet.closing)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _rule(title: str) -> str:
    return f"-- {title} ".ljust(COLUMNS, "-")


def _group(group: Group) -> Iterator[str]:
    yield "-" * COLUMNS
    if group.title:
        yield from _hanging("--", group.title, at=_DEEP)
    for question in group.questions:
        yield ""
        yield from _question(question)


def _question(question: Question) -> Iterator[str]:
    facts = (Fact("Item", question.detail), *question.facts, *question.evidence)
    yield from _hanging(f"[{question.glyph} {question.state}]", question.ask)
    yield from _indented(_facts(facts, COLUMNS - _INDENT), _INDENT)


def _facts(facts: Iterable[Fact], columns: int = COLUMNS) -> Iterator[str]:
    for fact in facts:
        if fact.look is Look.BLANK:
            yield f"{fact.label} ".ljust(_LABEL).ljust(columns, "_")
        else:
            value = f"!! {fact.value}" if fact.look is Look.RED else fact.value
            yield from _hanging(fact.label, value, columns=columns)


def _hanging(label: str, value: str, at: int = _LABEL, columns: int = COLUMNS) -> Iterator[str]:
    """Put a value beside its label, and its further lines below its first: nothing foreign begins where labels do."""
    longest = max(map(_width, printable(value).split(" ")))
    if columns - at < longest <= columns - _DEEP:
        yield label
        yield from _indented(_wrapped(value, columns - _DEEP), _DEEP)
    else:
        first, *further = _wrapped(value, columns - at)
        yield f"{label:<{at}}{first}"
        yield from _indented(further, at)


def _indented(lines: Iterable[str], by: int) -> Iterator[str]:
    return (f"{' ' * by}{line}" for line in lines)


def _wrapped(words: str, columns: int) -> list[str]:
    """Break a text at its spaces, and within a word that is longer than a line."""
    lines, line = [], ""
    for word in printable(words).split(" "):
        for piece in _pieces(word, columns):
            longer = f"{line} {piece}" if line else piece
            if _width(longer) > columns:
                lines.append(line)
                longer = piece
            line = longer
    return [*lines, line]


def _pieces(word: str, columns: int) -> Iterator[str]:
    """Cut a word where a line is full; the last piece is open to the next word."""
    piece, used = "", 0
    for char in word:
        if used + _width(char) > columns:
            yield piece
            piece, used = "", 0
        piece, used = piece + char, used + _width(char)
    yield piece


def _width(text: str) -> int:
    """Count the columns that a terminal gives a text (Unicode, Annex 11): two for wide signs, none for marks."""
    return sum(map(_columns_of, text))


def _columns_of(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
