"""A sidecar's columns as they were found, before any meaning is given to them, and the bounds of their size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LINE_CAP_BYTES: Final = 1 << 20
"""A longer line is no row of metadata, and reading on could take the memory of the machine."""
FILE_CAP_BYTES: Final = 1 << 28
"""JSON is read whole, so its size is bounded; 13,500 rows, a large shard, take about 5 MB."""
ROWS_CAP: Final = 2_000_000
COLUMNS_CAP: Final = 1_000
KEY_COLUMN: Final = "(key)"
"""Stands for the member names that are the keys of a JSON object of objects."""


class NotStrictError(ValueError):
    """Raised when JSON or CSV parses in the letter and still is no metadata."""


@dataclass(slots=True)
class Table:
    """Columns of one length, by name."""

    columns: dict[str, list[object]]
    count: int = 0
    unread: tuple[str, ...] = ()
    """Columns that the file has and that were not read."""

    def add(self, row: Mapping[str, object]) -> None:
        """Append one row; a column that is new is None in the rows before, one that is missing None in this row.

        Raises:
            NotStrictError: when there are more columns or rows than :data:`COLUMNS_CAP` and :data:`ROWS_CAP`.
        """
        for name in row.keys() - self.columns.keys():
            self.columns[name] = [None] * self.count
        self.count += 1
        if len(self.columns) > COLUMNS_CAP or self.count > ROWS_CAP:
            raise NotStrictError(f"more than {COLUMNS_CAP:,} columns or {ROWS_CAP:,} rows")
        for name, cells in self.columns.items():
            cells.append(row.get(name))
