"""Several things read against what was wanted of them, put into one answer: failures first."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.checklist.answers import Answer, State
from engine.errors import printable
from engine.units import counted

EXAMPLES: Final = 3
"""So many offending rows or values are named."""
EXAMPLE_CHARS: Final = 60
"""So much of each is shown."""
_TOLD_CHARS: Final = 1200
"""So much of an answer is shown; what was well is left out first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    well: bool
    told: str
    """The value read, and where it is wrong the value wanted."""


def answer(findings: Iterable[Finding], files: Mapping[str, str]) -> Answer:
    """Answer with all findings; one that is wrong fails."""
    found = list(findings)
    wrong = [one.told for one in found if not one.well]
    told = "; ".join([*wrong, *(one.told for one in found if one.well)])
    if len(told) > _TOLD_CHARS:
        told = told[: _TOLD_CHARS - 2] + " …"
    return Answer(State.FAIL if wrong else State.PASS, told, files=files)


def judge_count(read: int, noun: str, *, exact: int | None, least: int | None, most: int | None) -> Finding:
    """Compare a count: ``10,544 rows, wanted 11,605``."""
    wanted = wanted_count(exact, least, most)
    well = (exact is None or read == exact) and (least is None or read >= least) and (most is None or read <= most)
    return Finding(well, counted(read, noun) + ("" if well else f", wanted {wanted}"))


def wanted_count(exact: int | None, least: int | None, most: int | None) -> str:
    """Write what a count is to be."""
    if exact is not None:
        return f"{exact:,}"
    ends = [f"at least {least:,}"] if least is not None else []
    return " and ".join([*ends, *([f"at most {most:,}"] if most is not None else [])])


def check_bounds(name: str, exact: int | None, least: int | None, most: int | None) -> None:
    """Refuse bounds that nothing fulfils, or that say the same twice.

    Raises:
        ValueError: when they cannot be meant.
    """
    for key, value in ((name, exact), (f"min_{name}", least), (f"max_{name}", most)):
        if value is not None and value < 0:
            raise ValueError(f"{key} = {value}: wanted 0 or more")
    if exact is not None and (least is not None or most is not None):
        raise ValueError(f"{name} is exact: min_{name} and max_{name} have no use beside it")
    if least is not None and most is not None and least > most:
        raise ValueError(f"min_{name} {least:,} is more than max_{name} {most:,}")


def no_column(name: str, known: Sequence[str]) -> str:
    """Say that a column is not there, and which may have been meant."""
    near = difflib.get_close_matches(name, known, 1) or [one for one in known if one.casefold() == name.casefold()]
    there = f"; the nearest is {near[0]!r}" if near else f"; there are {cut(', '.join(known) or 'none', 200)}"
    return printable(f"no column {name!r}{there}")


def quoted(values: Iterable[object]) -> str:
    """Write up to three offending values."""
    return ", ".join(repr(cut(str(value), EXAMPLE_CHARS)) for value in list(values)[:EXAMPLES])


def cut(text: str, chars: int) -> str:
    """Shorten a text that came from a file, and escape what would move a cursor."""
    return printable(text if len(text) <= chars else text[: chars - 1] + "…")
