"""All bucket labels of a sidecar's rows: a text, a number, or a list of them in one cell.

A row as the sidecar's readers give it has one label, and a list is none to them. Only where a cell was lost that way is
the column read a second time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from engine.errors import DamagedError, Fault, printable
from engine.shards.excerpt import excerpt
from engine.shards.sidecar import LINE_CAP_BYTES, Sidecar, SidecarFormat, map_columns
from engine.shards.sidecar.formats import READERS
from engine.shards.sidecar.strictjson import as_object, decode, skip_space

Labels = tuple[str, ...]
_FIELD: Final = "bucket"
_LIST: Final = "\x00labels:"
"""Marks a list that was made one text, so that a reader of rows takes it along; no label begins with a NUL."""


def labels_of(sidecar: Sidecar, aliases: Mapping[str, Sequence[str]]) -> list[Labels]:
    """Return the labels of each row, in the sidecar's order.

    Raises:
        InputError: when the labels are damaged, or the sidecar changed since it was read.
    """
    labels = [_from_word(row.bucket) for row in sidecar.rows]
    column = _column_with_lists(sidecar, aliases)
    if column is None:
        return labels
    cells = (
        _nested(sidecar, column) if column in sidecar.unread else READERS[sidecar.format](sidecar.path).columns[column]
    )
    if len(cells) != len(labels):
        return labels  # another file lies there by now; the shard's inputs say so
    return [held or _from_cell(cell) for held, cell in zip(labels, cells, strict=True)]


def told_of(sidecar: Sidecar, labels: Sequence[Labels]) -> tuple[Fault, ...]:
    """Return what is wrong with a sidecar's values, but for lists of labels that were found after all."""
    column = sidecar.mapping.get(_FIELD)
    if column is None or not any(found and row.bucket is None for found, row in zip(labels, sidecar.rows, strict=True)):
        return sidecar.problems
    return tuple(fault for fault in sidecar.problems if not _is_about(fault, column))


def flattened(data: bytes, aliases: Mapping[str, Sequence[str]]) -> bytes:
    """Make a list of labels in a metadata member one text; whatever is wrong with the member stays as it is."""
    if b"[" not in data or len(data) > LINE_CAP_BYTES:
        return data
    try:
        text = data.decode("utf-8-sig")
        value, end = decode(text, skip_space(text, 0))
        row = as_object(value)
    except ValueError:
        return data
    column = map_columns(row, aliases).get(_FIELD)
    if column is None or not isinstance(row[column], list) or skip_space(text, end) != len(text):
        return data
    row[column] = _LIST + json.dumps(_from_cell(row[column]))
    return json.dumps(row).encode()


def _from_word(word: str | None) -> Labels:
    if not word:
        return ()
    if word.startswith(_LIST):
        return tuple(json.loads(word.removeprefix(_LIST)))
    return (word,)


def _from_cell(cell: object) -> Labels:
    if isinstance(cell, list | tuple):
        return tuple(label for each in cell for label in _from_cell(each))
    if isinstance(cell, str):
        return (cell,) if cell else ()
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return (str(cell),)
    return () if cell is None else (json.dumps(cell, ensure_ascii=False, default=str),)


def _column_with_lists(sidecar: Sidecar, aliases: Mapping[str, Sequence[str]]) -> str | None:
    """Name the column whose labels have to be read again; None where there is none."""
    column = sidecar.mapping.get(_FIELD)
    if sidecar.format is SidecarFormat.MEMBERS:
        return None  # their lists were flattened before they were read
    if column is None:
        return map_columns(sidecar.unread, aliases).get(_FIELD)
    return column if any(_is_about(fault, column) for fault in sidecar.problems) else None


def _is_about(fault: Fault, column: str) -> bool:
    return printable(f" of the column {excerpt(column)} ") in fault.problem


def _cells(sidecar: Sidecar, column: str) -> list[object]:
    return READERS[sidecar.format](sidecar.path).columns.get(column, [])


def _nested(sidecar: Sidecar, column: str) -> list[object]:
    """Read a column of lists out of a Parquet file."""
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with pq.ParquetFile(sidecar.path, page_checksum_verification=True) as file:
            kind = file.schema_arrow.field(column).type
            if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)) or pa.types.is_nested(kind.value_type):
                return []
            cells: list[object] = file.read(columns=[column], use_threads=False)[column].to_pylist()
            return cells
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        problem = f"the labels in the column {excerpt(column)} cannot be read"
        raise DamagedError(Fault(problem, file=str(sidecar.path), read=reason)) from error
