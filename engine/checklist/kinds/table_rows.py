"""Rows of a table of text, one after the other, each with its line: UTF-8, a header, as many cells in each row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from engine.checklist.kinds.table_findings import cut
from engine.errors import GonogoError
from engine.units import counted

_OTHERS: Final = {"\t": 'tabs: type = "tsv"', ",": 'commas: type = "csv"', ";": 'semicolons: delimiter = ";"'}
"""What else may stand between cells, and how a checklist says so."""


class NotATableError(GonogoError):
    """Raised when a file is no table of the kind that was named; tells the line."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A header, and what is below it."""

    header: tuple[str, ...]
    below: Iterator[tuple[int, list[str]]]

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Return each row with the line that it ends in, counted from 1.

        Raises:
            NotATableError: when a row cannot be read, or has more or fewer cells than the header.
        """
        return self.below


@contextmanager
def open_rows(path: Path, delimiter: str, *, quoted: bool) -> Iterator[Rows]:
    """Open a table.

    Raises:
        NotATableError: when it is none.
        OSError: when it cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = _read(file, delimiter, quoted=quoted)
        _, header = next(rows, (0, []))
        if not header:
            raise NotATableError("it is empty; wanted a header")
        _check_header(header, delimiter)
        yield Rows(tuple(header), _alike(rows, len(header)))


def _read(file: TextIO, delimiter: str, *, quoted: bool) -> Iterator[tuple[int, list[str]]]:
    """Read rows that are not blank."""
    reader = csv.reader(file, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE, strict=True)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise NotATableError(f"read byte {byte:#04x} after line {reader.line_num:,}, wanted UTF-8") from error
    except csv.Error as error:
        raise NotATableError(f"line {reader.line_num:,}: {error}") from error


def _check_header(header: list[str], delimiter: str) -> None:
    if len(header) == 1:
        for other, way in _OTHERS.items():
            if other != delimiter and other in header[0]:
                raise NotATableError(f"its header has no {delimiter!r} but cells between {way}")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise NotATableError(f"its header has {cut(twice[0], 80)!r} {header.count(twice[0])} times, wanted each once")


def _alike(rows: Iterator[tuple[int, list[str]]], width: int) -> Iterator[tuple[int, list[str]]]:
    for line, cells in rows:
        if len(cells) != width:
            raise NotATableError(f"line {line:,} has {counted(len(cells), 'cell')}, wanted {width:,} as in the header")
        yield line, cells
