"""The four formats of a sidecar, each read strictly into a table of columns."""

from __future__ import annotations

import csv
import enum
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final, NoReturn

from engine.errors import DamagedError, Fault, UnsupportedError
from engine.shards.excerpt import excerpt
from engine.shards.sidecar.strictjson import as_object, decode, reason_of, skip_space
from engine.shards.sidecar.table import (
    COLUMNS_CAP,
    FILE_CAP_BYTES,
    KEY_COLUMN,
    LINE_CAP_BYTES,
    ROWS_CAP,
    NotStrictError,
    Table,
)


class SidecarFormat(enum.StrEnum):
    """How metadata is written: by its name's ending, or inside the tar itself."""

    MEMBERS = "members"
    """JSON and text members beside the clips, as webdataset has them."""
    PARQUET = "parquet"
    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"


def _fail(path: Path, problem: str, line: int, read: str = "", wanted: str = "") -> NoReturn:
    raise DamagedError(Fault(problem, file=f"{path}:{line}", read=read, wanted=wanted))


def _read_parquet(path: Path) -> Table:
    import pyarrow as pa  # noqa: PLC0415 - 0.2 s and 60 MB that a corpus with other sidecars need not pay
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            if file.metadata.num_rows > ROWS_CAP or file.metadata.num_columns > COLUMNS_CAP:
                size = f"{file.metadata.num_rows:,} rows, {file.metadata.num_columns:,} columns"
                raise UnsupportedError(Fault("the sidecar is too large", file=str(path), read=size))
            flat = [column.name for column in file.schema_arrow if not _is_heavy(pa, column.type)]
            unread = tuple(column.name for column in file.schema_arrow if _is_heavy(pa, column.type))
            _refuse_twins(path, [column.name for column in file.schema_arrow])
            columns = _columns(path, flat) if flat else {}
            if any(len(cells) != file.metadata.num_rows for cells in columns.values()):
                raise NotStrictError(f"columns of another length than the {file.metadata.num_rows:,} rows declared")
            return Table(columns, file.metadata.num_rows, unread)
    except MemoryError as error:
        problem, wanted = "the sidecar takes more memory than there is", "metadata of a few hundred megabytes at most"
        raise UnsupportedError(Fault(problem, file=str(path), wanted=wanted)) from error
    except (pa.ArrowException, OSError, ValueError, OverflowError, TypeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk; damage comes without a number
        reason = str(error).partition("\n")[0][:200]
        wanted = "whole Parquet with good page checksums"
        raise DamagedError(Fault("not Parquet, or damaged", file=str(path), read=reason, wanted=wanted)) from error


def _columns(path: Path, names: Sequence[str]) -> dict[str, list[object]]:
    """Read columns whose values take a bounded memory: a short dictionary can stand for terabytes of text."""
    import pyarrow as pa  # noqa: PLC0415  # loaded by now
    import pyarrow.parquet as pq  # noqa: PLC0415

    with pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=list(names)) as file:
        stored = sum(file.metadata.row_group(at).total_byte_size for at in range(file.metadata.num_row_groups))
        if stored > FILE_CAP_BYTES:
            raise _too_much(path, stored)
        table = file.read(columns=list(names), use_threads=False)
    size = sum(_text_bytes(pa, chunk) for column in table.columns for chunk in column.chunks)
    if size > FILE_CAP_BYTES:
        raise _too_much(path, size)
    return dict(table.to_pydict())


def _text_bytes(pa: ModuleType, chunk: object) -> int:
    """Reckon what the texts of a dictionary-encoded column take once each row has its own."""
    if not isinstance(chunk, pa.DictionaryArray):
        return 0
    import pyarrow.compute as pc  # noqa: PLC0415  # loaded by now

    lengths = pc.binary_length(chunk.dictionary).cast(pa.int64())
    return int(pc.sum(lengths.take(chunk.indices)).as_py() or 0)


def _too_much(path: Path, size_bytes: int) -> UnsupportedError:
    read, wanted = f"{size_bytes:,} bytes of values", f"at most {FILE_CAP_BYTES:,}"
    return UnsupportedError(Fault("the sidecar takes too much memory", file=str(path), read=read, wanted=wanted))


def _is_heavy(pa: ModuleType, column_type: object) -> bool:
    types = pa.types
    heavy = (types.is_nested, types.is_binary, types.is_large_binary, types.is_fixed_size_binary)
    return any(test(column_type) for test in heavy)


def _refuse_twins(path: Path, names: Sequence[str]) -> None:
    twins = [name for name, count in Counter(names).items() if count > 1]
    if twins:
        _fail(path, "two columns have one name", 1, excerpt(twins[0]), "names that differ")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line number, line), each decoded strictly; a byte order mark before the first is dropped."""
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(LINE_CAP_BYTES + 1):
            number += 1
            if len(raw) > LINE_CAP_BYTES:
                _fail(path, "a line is too long", number, wanted=f"at most {LINE_CAP_BYTES:,} bytes")
            try:
                yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                _fail(path, "not UTF-8", number, raw[error.start : error.start + 8].hex(" "), "UTF-8")


def _read_jsonl(path: Path) -> Table:
    table = Table({})
    for number, line in _lines(path):
        if not line.strip(" \t\r\n"):
            continue
        try:
            row, end = decode(line, skip_space(line, 0))
            if skip_space(line, end) != len(line):
                raise NotStrictError("more behind the value")
            table.add(as_object(row))
        except ValueError as error:
            _fail(path, "a line is no row", number, reason_of(error), "one JSON object")
    return table


def _read_json(path: Path) -> Table:
    """Read a list of objects, or an object of objects by member name, row by row so that a fault has its line."""
    table = Table({})
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _fail(path, "not UTF-8", error.object.count(b"\n", 0, error.start) + 1, f"byte {error.start:,}", "UTF-8")
    good = 0
    try:
        for row, end in _json_rows(text):
            table.add(row)
            good = end
    except ValueError as error:
        at = error.pos if isinstance(error, json.JSONDecodeError) else _next_row(text, good)
        wanted = "a list of objects, or an object of objects by member name"
        _fail(path, "the sidecar is not strict JSON", text.count("\n", 0, at) + 1, reason_of(error), wanted)
    return table


def _next_row(text: str, behind: int) -> int:
    """Return where the row begins that follows the one that ended at ``behind``."""
    at = skip_space(text, behind)
    return skip_space(text, at + 1) if text[at : at + 1] in ("[", "{", ",") else at


def _json_rows(text: str) -> Iterator[tuple[dict[str, object], int]]:
    """Yield each row and the place behind it."""
    at = skip_space(text, 0)
    opened = text[at : at + 1]
    if opened not in ("[", "{"):
        raise NotStrictError(f"{text[at : at + 20]!r} at the start")
    closing = "]" if opened == "[" else "}"
    seen: set[str] = set()
    at = skip_space(text, at + 1)
    more = text[at : at + 1] != closing
    while more:
        key = ""
        if opened == "{":
            key, at = _json_key(text, at, seen)
        value, at = decode(text, at)
        row = as_object(value)
        yield {KEY_COLUMN: key, **row} if opened == "{" else row, at
        at = skip_space(text, at)
        more = text[at : at + 1] == ","
        if not more and text[at : at + 1] != closing:
            raise NotStrictError(f"{text[at : at + 20]!r} behind a row")
        at = skip_space(text, at + 1) if more else at
    if skip_space(text, at + 1) != len(text):
        raise NotStrictError("more behind the end")


def _json_key(text: str, at: int, seen: set[str]) -> tuple[str, int]:
    """Read ``"name":`` and return the name and the place of its value."""
    key, at = decode(text, at)
    at = skip_space(text, at)
    if not isinstance(key, str) or text[at : at + 1] != ":":
        raise NotStrictError(f"{excerpt(repr(key))} in place of a key and a colon")
    if key in seen:
        raise NotStrictError(f"the key {excerpt(key)!r} twice in one object")
    seen.add(key)
    return key, skip_space(text, at + 1)


def _read_csv(path: Path) -> Table:
    """Read a table whose first line names the columns; the delimiter is the one that this line has most of."""
    lines = _lines(path)
    first = next(lines, (1, ""))[1]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(itertools.chain([first], (line for _, line in lines)), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _refuse_twins(path, header)
        table = Table({name: [] for name in header})
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                read, wanted = f"{len(cells)} cells", f"{len(header)} as in the header"
                _fail(path, "a row of another width", reader.line_num, read, wanted)
            table.add(dict(zip(header, cells, strict=True)))
    except (csv.Error, NotStrictError) as error:
        wanted = f"rows of cells with {delimiter!r} between them"
        _fail(path, "the sidecar is not CSV", reader.line_num, str(error), wanted)
    return table


READERS: Final[Mapping[SidecarFormat, Callable[[Path], Table]]] = {
    SidecarFormat.PARQUET: _read_parquet,
    SidecarFormat.JSONL: _read_jsonl,
    SidecarFormat.JSON: _read_json,
    SidecarFormat.CSV: _read_csv,
}
