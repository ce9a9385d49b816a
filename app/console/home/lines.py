"""Sections of lines, and how they share the rows that there are: at a glance, so nothing has to be scrolled. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from app.console.look import inks
from app.console.pane import Part
from app.console.tabs import NAMES, key_to
from app.home.values import NOTHING, Ref

LABEL: Final = 12
"""Columns that the name of a section takes where it stands before its lines."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line."""

    parts: tuple[Part, ...]
    key: str = ""
    """What it is about: the cursor stays on that; "" for a line that it does not rest on."""
    ref: Ref = NOTHING
    """What Enter opens."""
    page: str = ""
    """What Enter shows where no screen has more of it."""


@dataclass(frozen=True, slots=True)
class Section:
    """What is said about one thing."""

    name: str
    digit: str
    """The digit of the screen that has all of it; "" for none."""
    lines: tuple[Line, ...]
    least: int = 1
    """Lines that are shown whatever room there is."""
    ink: str = inks.STRONG
    hidden: int = field(default=0)
    """How many more lines there would be."""

    @property
    def label(self) -> str:
        """Its name, after the key that opens it."""
        return f"{self.key} {self.name}"

    @property
    def key(self) -> str:
        """How the key of that screen is written; a blank where there is none."""
        return key_to(NAMES[int(self.digit) - 1]) if self.digit else " "


def share_out(sections: Sequence[Section], rows: int) -> tuple[Section, ...]:
    """Give each section its least, and then, a line at a time, more to those that come first and want more."""
    given = [min(each.least, len(each.lines)) for each in sections]
    left = rows - sum(given)
    wants = True
    while left > 0 and wants:
        wants = False
        for at, section in enumerate(sections):
            if left > 0 and given[at] < len(section.lines):
                given[at] += 1
                left -= 1
                wants = True
    return tuple(
        replace(section, lines=section.lines[:count], hidden=section.hidden + len(section.lines) - count)
        for section, count in zip(sections, given, strict=True)
    )


def beside(sections: Sequence[Section], rows: int) -> tuple[Line, ...]:
    """Lay sections out with their names before their lines, with room between them where there is any."""
    sections = [each for each in share_out(sections, rows) if each.lines]
    spare = rows - sum(len(each.lines) for each in sections)
    gaps = min(max(0, spare), len(sections) - 1) if sections else 0
    lines: list[Line] = []
    for at, section in enumerate(sections):
        if 0 < at <= gaps:
            lines.append(Line(()))
        for number, line in enumerate(section.lines):
            lines.append(replace(line, parts=(*_before(section, number), *line.parts)))
    return tuple(lines)


def _before(section: Section, number: int) -> tuple[Part, ...]:
    if number == 0:
        return (*_named(section), (" " * (LABEL - len(section.label)), ""))
    more = f"  +{section.hidden} more" if number == 1 and section.hidden else ""
    return ((f"{more:<{LABEL}}", inks.QUIET),)


def _named(section: Section) -> tuple[Part, ...]:
    return ((section.key, inks.ACTIVE), (f" {section.name}", section.ink))


def below(sections: Sequence[Section], rows: int, width: int) -> tuple[Line, ...]:
    """Lay sections out under their names, with a rule beside each."""
    sections = [each for each in sections if each.lines]
    shared = share_out(sections, rows - 2 * len(sections) + 1)
    lines: list[Line] = []
    for at, section in enumerate(shared):
        if at:
            lines.append(Line(()))
        more = f" +{section.hidden} more " if section.hidden else ""
        rule = "─" * max(0, width - len(section.label) - len(more) - 2)
        lines.append(Line((*_named(section), (f" {rule}", inks.QUIET), (more, inks.QUIET))))
        lines += [replace(line, parts=(("  ", ""), *line.parts)) for line in section.lines]
    return tuple(lines[: max(rows, 1)])
