"""The rules that a ``parquet`` check can hold a file against: the tables inside its own."""

from __future__ import annotations

import msgspec

from engine.checklist.kinds.parquet_where import check_where


class _Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of all rules."""


class NotNull(_Rule, frozen=True, kw_only=True):
    """No row is without a value."""

    column: str
    where: str = ""
    """A condition in DuckDB's SQL over the file's columns; "" for all rows."""
    may_be_empty: bool = False
    """Pass also where no row meets the condition; a check that nothing can fail is none."""

    def __post_init__(self) -> None:
        """Refuse what is no condition."""
        check_where(self.where)


class Populated(_Rule, frozen=True, kw_only=True):
    """Every row has a vector: not null, not empty, not all zero, all finite, of one length, and not the same in all."""

    column: str
    """A list of numbers, or bytes; bytes are not looked at for numbers that are none."""
    where: str = ""
    """A condition in DuckDB's SQL over the file's columns; "" for all rows."""
    min_distinct: int = 2
    """So many different vectors at least: a model that was asked the same each time answers the same."""
    length: int | None = None
    """How many numbers (or bytes) each vector has; None for any, the same in all."""
    may_be_empty: bool = False
    """Pass also where no row meets the condition; a check that nothing can fail is none."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        check_where(self.where)
        if self.min_distinct < 1:
            raise ValueError(f"min_distinct = {self.min_distinct}: wanted 1 or more")
        if self.length is not None and self.length < 1:
            raise ValueError(f"length = {self.length}: wanted 1 or more")


class NoOrphans(_Rule, frozen=True, kw_only=True):
    """Every value, where there is one, is a key of another Parquet file."""

    column: str
    other: str = msgspec.field(name="in")
    """The other file."""
    key: str
    """Its column."""


def key_columns(unique: str) -> tuple[str, ...]:
    """Return the columns of one key: ``"a,b"``.

    Raises:
        ValueError: when one has no name.
    """
    columns = tuple(column.strip() for column in unique.split(","))
    if not all(columns):
        raise ValueError(f'unique has {unique!r}: wanted a column, or several with commas between, such as "a,b"')
    return columns
