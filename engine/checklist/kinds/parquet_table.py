"""The table that rules are held against: its columns, its rows, and how offending rows are named."""

# ruff: noqa: S608
# Queries are put together from quoted names and from conditions that were parsed; the session is shut in besides.

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.checklist.kinds.parquet_session import quote
from engine.checklist.kinds.parquet_where import columns_of
from engine.checklist.kinds.table_findings import EXAMPLE_CHARS, EXAMPLES, Finding, no_column, quoted

if TYPE_CHECKING:
    from engine.checklist.kinds.parquet_file import Footer
    from engine.checklist.kinds.parquet_session import Session

TABLE: Final = "data"
"""The view of the file that is checked."""
_ROW_NUMBER: Final = "file_row_number"


@dataclass(frozen=True, slots=True)
class Table:
    """An open session on a file, and its footer."""

    session: Session
    footer: Footer
    key: tuple[str, ...] = ()
    """The columns that name a row to a person; none for its number."""

    def unknown(self, columns: Iterable[str], where: str = "") -> Finding | None:
        """Say which column of a rule is not there; None where all are."""
        known = list(self.footer.columns)
        folded = {name.casefold() for name in known}
        missing = [name for name in columns if name not in self.footer.columns]
        named = sorted(columns_of(where)) if where else []
        missing += [name for name in named if name.casefold() not in folded]
        return Finding(False, no_column(missing[0], known)) if missing else None

    def rows_like(self, condition: str) -> str:
        """Name up to three rows that meet a condition in SQL, in parentheses: by their key, else by number from 1."""
        if self.key and all(column in self.footer.columns for column in self.key):
            shown = f"concat_ws(', ', {', '.join(text(quote(column)) for column in self.key)})"
            rows = self.session.all(f"SELECT {shown} FROM {TABLE} WHERE {condition} LIMIT {EXAMPLES}")
            return f" ({quoted(row[0] for row in rows)})"
        if _ROW_NUMBER in self.footer.columns:
            return ""
        rows = self.session.all(
            f"SELECT {_ROW_NUMBER} + 1 FROM {self.session.numbered(TABLE)} WHERE {condition} LIMIT {EXAMPLES}"
        )
        return f" (row {', '.join(f'{row[0]:,}' for row in rows)})"


def text(expression: str) -> str:
    """Write a value as the beginning of a text."""
    return f"left(CAST({expression} AS VARCHAR), {EXAMPLE_CHARS + 1})"


def count_of(value: object) -> int:
    """Read a count that DuckDB answered; sums over no rows are null."""
    return value if isinstance(value, int) else int(str(value)) if value is not None else 0


def items_of(value: object) -> list[object]:
    """Read a list that DuckDB answered; a list over no rows is null."""
    return value if isinstance(value, list) else []
