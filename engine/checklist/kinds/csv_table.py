"""``csv`` and ``tsv``: does a table of text hold what the next step relies on?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import msgspec

from engine.checklist.answers import Answer, State
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.checklist.kinds.parquet_rules import key_columns
from engine.checklist.kinds.table_findings import Finding, answer, check_bounds, judge_count, no_column
from engine.checklist.kinds.table_rows import NotATableError, Rows, open_rows
from engine.checklist.kinds.table_stop import Stop, off_loop_until_stopped
from engine.checklist.kinds.table_tests import NotEmpty, PathsExist, RowTest, Unique
from engine.errors import printable


class Paths(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A column of paths that must all exist."""

    column: str
    root: str = "."
    """The folder that they begin in, and must stay in."""


class _TextTable(CheckTable, frozen=True, kw_only=True):
    """Reads a table of text once, row by row. It must be UTF-8 with a header and as many cells in each row."""

    parses: ClassVar[bool] = True

    path: Annotated[str, msgspec.Meta(min_length=1)]
    """The file."""
    rows: int | None = None
    """So many rows below the header, no more and no less."""
    min_rows: int | None = None
    """The fewest rows; one where nothing is said of rows."""
    max_rows: int | None = None
    """The most rows."""
    columns: tuple[str, ...] = ()
    """Columns that must be there, in any order."""
    exact_columns: bool = False
    """No other columns than these, and in this order."""
    not_empty: tuple[str, ...] = ()
    """Columns in which no cell is empty or blank."""
    unique: tuple[str, ...] = ()
    """Keys that no two rows share, and no row is without: a column, or several as ``"a,b"``."""
    paths: Paths | tuple[Paths, ...] = ()
    """Columns of paths that must exist: ``{ column = "file_path", root = "datasets" }``, or several of these."""

    def __post_init__(self) -> None:
        """Refuse what no table can fulfil."""
        check_bounds("rows", self.rows, self.min_rows, self.max_rows)
        if self.exact_columns and not self.columns:
            raise ValueError("exact_columns has no use without columns")
        for key in self.unique:
            key_columns(key)

    def read(self, around: Around, stop: Stop, delimiter: str, *, quoted: bool) -> Answer:
        """Read it once, with these characters between its cells."""
        path = around.path(self.path)
        try:
            stat = path.stat()
            files = {str(path): f"size {stat.st_size}, mtime_ns {stat.st_mtime_ns}"}
            with open_rows(path, delimiter, quoted=quoted) as rows:
                return answer(self._read(rows, around, stop), files)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return Answer(State.FAIL, f"{printable(str(path))} is {'a folder' if path.is_dir() else 'not there'}")
        except NotATableError as error:
            return Answer(State.FAIL, f"{printable(path.name)}: {error}", files=files)

    def _read(self, rows: Rows, around: Around, stop: Stop) -> Iterator[Finding]:
        missing = [Finding(False, no_column(name, rows.header)) for name in self._named if name not in rows.header]
        yield from missing
        if self.exact_columns and not missing and rows.header != self.columns:
            read, wanted = printable(", ".join(rows.header)), printable(", ".join(self.columns))
            yield Finding(False, f"columns {read}, wanted {wanted} and no others")
        tests = [test for test in self._tests(around) if set(test.columns) <= set(rows.header)]
        places = [[rows.header.index(name) for name in test.columns] for test in tests]
        count = 0
        for line, cells in rows:
            stop.check()
            count += 1
            for test, at in zip(tests, places, strict=True):
                test.take(line, [cells[place] for place in at])
        least = 1 if self.rows is None and self.min_rows is None and self.max_rows is None else self.min_rows
        yield judge_count(count, "row", exact=self.rows, least=least, most=self.max_rows)
        yield from (test.finding() for test in tests)

    @property
    def _named(self) -> tuple[str, ...]:
        """All columns that must be there, each once."""
        keys = [column for key in self.unique for column in key_columns(key)]
        named = (*self.columns, *self.not_empty, *keys, *(one.column for one in self._paths))
        return tuple(dict.fromkeys(named))

    @property
    def _paths(self) -> tuple[Paths, ...]:
        return (self.paths,) if isinstance(self.paths, Paths) else self.paths

    def _tests(self, around: Around) -> Iterator[RowTest]:
        yield from (NotEmpty(name) for name in self.not_empty)
        yield from (Unique(key_columns(key)) for key in self.unique)
        yield from (PathsExist(one.column, around.path(one.root)) for one in self._paths)


class Csv(_TextTable, frozen=True, kw_only=True, tag="csv"):
    """Holds a table with commas between its cells (RFC 4180) against rules."""

    delimiter: Annotated[str, msgspec.Meta(pattern=r"\A[^\n\r\"]\Z")] = ","
    """What stands between cells."""

    async def look(self, around: Around) -> Answer:
        """Read it once."""
        return await off_loop_until_stopped(lambda stop: self.read(around, stop, self.delimiter, quoted=True))


class Tsv(_TextTable, frozen=True, kw_only=True, tag="tsv"):
    """Holds a table with tabs between its cells against rules."""

    quoted: bool = False
    """Whether a cell in quotation marks may hold tabs and line ends; else a quotation mark is one like any other."""

    async def look(self, around: Around) -> Answer:
        """Read it once."""
        return await off_loop_until_stopped(lambda stop: self.read(around, stop, "\t", quoted=self.quoted))
