"""``parquet``: is a table whole, and does it hold what the next step relies on?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Final

import msgspec

from engine.checklist.answers import Answer, State, no_answer
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.checklist.kinds.parquet_file import Footer, read_footer, read_pages
from engine.checklist.kinds.parquet_rules import NoOrphans, NotNull, Populated, key_columns
from engine.checklist.kinds.parquet_session import Session
from engine.checklist.kinds.parquet_table import TABLE, Table
from engine.checklist.kinds.parquet_types import check_type, is_of_type
from engine.checklist.kinds.parquet_values import Wanted, distinct, no_orphans, not_null, unique
from engine.checklist.kinds.parquet_vectors import populated
from engine.checklist.kinds.parquet_where import first_line
from engine.checklist.kinds.table_findings import Finding, answer, check_bounds, cut, judge_count, no_column
from engine.checklist.kinds.table_stop import Stop, off_loop_until_stopped
from engine.errors import DamagedError, printable

READ_WHOLE_BYTES: Final = 64 * 2**20
"""A file of at most this size is read whole where a checklist does not say: that takes less than a second or two."""

Values = Annotated[tuple[Wanted, ...], msgspec.Meta(min_length=1)]


class Parquet(CheckTable, frozen=True, kw_only=True, tag="parquet"):
    """Holds a Parquet file against rules, in bounded memory."""

    parses: ClassVar[bool] = True

    path: Annotated[str, msgspec.Meta(min_length=1)]
    """The file."""
    rows: int | None = None
    """So many rows, no more and no less."""
    min_rows: int | None = None
    """The fewest rows."""
    max_rows: int | None = None
    """The most rows."""
    columns: dict[str, str] = msgspec.field(default_factory=dict)
    """Columns that must be there, each with its type: ``string``, ``integer``, ``floating``, ``boolean``, ``list``,
    ``binary``, Arrow's own name of one, or "" for any."""
    not_null: tuple[NotNull, ...] = ()
    """Columns without nulls, in all rows or in some: ``{ column = "text", where = "vocals" }``."""
    distinct: dict[str, int] = msgspec.field(default_factory=dict)
    """Columns, and how many different values each has; nulls are none."""
    present: dict[str, Values] = msgspec.field(default_factory=dict)
    """Columns, and the values that must occur in each."""
    unique: tuple[str, ...] = ()
    """Keys that no two rows share, and no row is without: a column, or several as ``"a,b"``. The first one names
    rows in what is answered."""
    no_orphans: tuple[NoOrphans, ...] = ()
    """Columns whose values are keys of another file: ``{ column = "song_id", in = "songs.parquet", key = "id" }``.
    Nulls are no orphans; ``not_null`` finds them."""
    populated: tuple[Populated, ...] = ()
    """Columns of vectors: ``{ column = "embedding", where = "vocals" }``."""
    read_all: bool | None = None
    """Read every page and verify its checksum, where it has one; None to do so for files of up to 64 MiB."""

    def __post_init__(self) -> None:
        """Refuse what no file can be held against."""
        check_bounds("rows", self.rows, self.min_rows, self.max_rows)
        for column, name in self.columns.items():
            check_type(column, name)
        for column, count in self.distinct.items():
            if count < 1:
                raise ValueError(f"distinct.{column} = {count}: wanted 1 or more")
        for key in self.unique:
            key_columns(key)

    async def look(self, around: Around) -> Answer:
        """Read the footer, then hold the columns against the rules; a query is interrupted where this is cancelled."""
        return await off_loop_until_stopped(lambda stop: self._look(around, stop))

    def _look(self, around: Around, stop: Stop) -> Answer:
        try:
            footer = read_footer(around.path(self.path))
            others = {rule.other: read_footer(around.path(rule.other)) for rule in self.no_orphans}
            whole = footer.size_bytes <= READ_WHOLE_BYTES if self.read_all is None else self.read_all
            if whole:
                read_pages(footer.path, stop)
            return self._hold(footer, others, around, stop)
        except (FileNotFoundError, NotADirectoryError) as error:
            return Answer(State.FAIL, f"{printable(str(error.filename or self.path))} is not there")
        except DamagedError as error:
            return Answer(State.FAIL, str(error))

    def _hold(self, footer: Footer, others: Mapping[str, Footer], around: Around, stop: Stop) -> Answer:
        import duckdb  # noqa: PLC0415  # 0.2 s that most commands do not need

        findings = list(self._outside(footer))
        try:
            if self._has_rules:
                findings += self._inside(footer, others, around, stop)
        except duckdb.Error as error:
            # A damaged page is an answer, whichever of the two libraries finds it; a condition that cannot be
            # reckoned is none, nor is a lack of memory.
            read_pages(footer.path, stop)
            said = cut(first_line(error), 400)
            if not isinstance(error, duckdb.ProgrammingError | duckdb.DataError) and "file is likely corrupted" in said:
                return Answer(State.FAIL, f"{cut(footer.path.name, 80)}: {said}")
            return no_answer(said)
        for one in (footer, *others.values()):
            if one.changed():
                return no_answer(f"{cut(str(one.path), 200)} changed while it was read; ask again when it is written")
        return answer(findings, {str(one.path): one.evidence for one in (footer, *others.values())})

    @property
    def _has_rules(self) -> bool:
        return any((self.not_null, self.distinct, self.present, self.unique, self.no_orphans, self.populated))

    def _outside(self, footer: Footer) -> Iterator[Finding]:
        """Hold the footer against what is asked of it."""
        yield judge_count(footer.rows, "row", exact=self.rows, least=self.min_rows, most=self.max_rows)
        for column, name in self.columns.items():
            if column not in footer.columns:
                yield Finding(False, no_column(column, list(footer.columns)))
            else:
                type_ = footer.columns[column]
                well = is_of_type(type_, name)
                yield Finding(well, f"{cut(column, 80)}: {cut(str(type_), 80)}" + ("" if well else f", wanted {name}"))

    def _inside(self, footer: Footer, others: Mapping[str, Footer], around: Around, stop: Stop) -> Iterator[Finding]:
        """Hold the columns against the rules, each rule in one scan of the columns that it names."""
        views = {other: f"other_{index}" for index, other in enumerate(others)}
        files: dict[str, Path] = {TABLE: footer.path, **{views[name]: one.path for name, one in others.items()}}
        with Session(files, around.state, stop) as session:
            table = Table(session, footer, key_columns(self.unique[0]) if self.unique else ())
            yield from not_null(table, self.not_null)
            for column in dict.fromkeys((*self.distinct, *self.present)):
                yield from distinct(table, column, self.distinct.get(column), self.present.get(column, ()))
            for key in self.unique:
                yield unique(table, key)
            for orphans in self.no_orphans:
                yield no_orphans(table, orphans, views[orphans.other], others[orphans.other])
            for rule in self.populated:
                yield populated(table, rule)
