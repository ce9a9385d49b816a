"""CSV: a header, a column for the step by its name, a metric a column; empty cells say nothing."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from engine.watch.naming import STEP_NAMES, canonical
from engine.watch.records import EPOCH
from engine.watch.sources.lines import LineSource
from engine.watch.sources.numbers import read_number, read_step
from engine.watch.sources.reading import NOTHING, Reading

_COLUMN: Final = re.compile(r"(?:[A-Za-z_%][^{}|\"']{0,80})?")
"""The name of a column; a sentence with commas in it has other signs in it as well."""
_DELIMITERS: Final = (",", "\t", ";")


class CsvReader:
    """Reads rows below a header; another line without a number is a new header."""

    def __init__(self) -> None:
        self._header: list[str] = []
        self._step_at = -1
        self._delimiter = ","
        self._rows = 0
        self._notes: list[str] = []

    @property
    def format(self) -> str:
        """The format's name."""
        return "csv"

    @property
    def anchors(self) -> tuple[bytes, ...] | None:
        """None: each row counts."""
        return None

    def read(self, line: str) -> Reading | None:
        """Return what a row says."""
        if not self._header:
            return NOTHING if self._take_header(line) else None
        cells = self._cells(line)
        if cells == self._header:  # a run that was started again writes its header anew
            return NOTHING
        numbers = [read_number(cell) if cell else None for cell in cells]
        if len(cells) != len(self._header) or not any(number is not None for number in numbers):
            return NOTHING if self._take_header(line) else None
        return self._row(numbers)

    def flush(self) -> Reading | None:
        """Nothing is held back."""
        return None

    def restart(self) -> None:
        """The file begins again, with its header, which may have more columns."""
        self._header, self._rows = [], 0

    def resumes(self, line: str) -> bool:
        """Rows are all there is."""
        del line
        return False

    def notes(self) -> tuple[str, ...]:
        """Return what there is to say about columns."""
        notes, self._notes = tuple(self._notes), []
        return notes

    def _row(self, numbers: Sequence[float | None]) -> Reading | None:
        self._rows += 1
        values = {
            name: number
            for at, (name, number) in enumerate(zip(self._header, numbers, strict=True))
            if number is not None and at != self._step_at and name
        }
        step = read_step(numbers[self._step_at]) if self._step_at >= 0 else self._rows
        return None if step is None else Reading(step, values)

    def _take_header(self, line: str) -> bool:
        delimiter = max(_DELIMITERS, key=line.count)
        cells = _split(line, delimiter)
        if len(cells) < 2 or not all(_COLUMN.fullmatch(cell) and read_number(cell) is None for cell in cells):
            return False
        self._delimiter, self._header = delimiter, cells
        self._step_at = _step_column(cells)
        if self._step_at < 0:
            self._notes.append("no column is named like a step (step, global_step, iteration, epoch): rows are counted")
        return True

    def _cells(self, line: str) -> list[str]:
        if '"' in line:
            return _split(line, self._delimiter)
        return [cell.strip() for cell in line.split(self._delimiter)]


class CsvSource(LineSource):
    """A CSV file, followed."""


def open_csv(path: Path, name: str = "") -> LineSource:
    """Follow a CSV file."""
    return CsvSource.of_file(path, CsvReader(), name)


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether the first bytes are a header with a step or a known metric in it, and no prose."""
    del path
    first, _, rest = head.decode("utf-8", "replace").lstrip("\ufeff").replace("\r\n", "\n").partition("\n")
    reader = CsvReader()
    if reader.read(first) is None:
        return False
    names = _split(first, max(_DELIMITERS, key=first.count))
    if _step_column(names) < 0 and not any(canonical(name) for name in names):
        return False
    second = rest.partition("\n")[0]
    return not second.strip() or "\n" not in rest or reader.read(second.rstrip()) is not None


def _split(line: str, delimiter: str) -> list[str]:
    try:
        row = next(csv.reader([line.lstrip("\ufeff")], delimiter=delimiter), [])
    except csv.Error:  # a field beyond its limit, or an end of line in one: no row of metrics
        return []
    return [cell.strip() for cell in row]


def _step_column(names: Sequence[str]) -> int:
    lower = [name.lower() for name in names]
    return next((lower.index(name) for name in (*STEP_NAMES, EPOCH) if name in lower), -1)
