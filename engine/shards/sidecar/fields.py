"""What a sidecar's columns mean: which column is which field, and what each of its values says of a clip."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from engine.errors import Fault, printable
from engine.shards.excerpt import excerpt
from engine.shards.sidecar.formats import SidecarFormat
from engine.shards.sidecar.table import KEY_COLUMN, Table

Cell = str | int | float | bool | None

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "utt_id": ("utt_id", "utterance_id", "utt", "id", "uid", "key", "__key__"),
    "member": ("member", "file_name", "filename", "audio_filepath", "audio_file", "path", "audio"),
    "video_id": ("video_id", "video", "youtube_id", "yt_id", "source_id", "recording_id"),
    "text": ("text", "transcript", "transcription", "sentence", "caption", "raw_transcription"),
    "language": ("language", "lang", "locale", "language_id"),
    "bucket": ("bucket", "bucket_label", "quality_bucket", "lane", "lane_label", "quality_lane"),
    "duration_s": (
        *("duration_s", "duration", "duration_sec", "dur", "length_s", "audio_duration"),
        *("duration_ms", "audio_duration_ms"),
    ),
}
"""Canonical field to the column names of the field's corpora (NeMo, webdataset, Common Voice, FLEURS, HF audiofolder).

Names are compared without regard to case; the first one that a sidecar has is taken.
"""


class Row(msgspec.Struct, frozen=True, gc=False):
    """What is known of one clip; None where the sidecar does not say."""

    utt_id: str | None = None
    member: str | None = None
    video_id: str | None = None
    text: str | None = None
    """The transcript; an empty one is an empty string."""
    language: str | None = None
    bucket: str | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A sidecar as it was read."""

    path: Path
    format: SidecarFormat
    rows: tuple[Row, ...]
    mapping: Mapping[str, str]
    """Canonical field to the column that it was read from."""
    others: Mapping[str, Sequence[Cell]]
    """The columns that no field claims, by name, one value a row; a nested JSON value stands as its JSON text."""
    unread: tuple[str, ...]
    """Parquet columns of bytes or nested values, which are not read."""
    problems: tuple[Fault, ...]
    """Values that became None, one fault for each column."""


def map_columns(names: Iterable[str], extra_aliases: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return canonical field to column: the first of its aliases that is there, the extra ones asked before the others.

    A column that an extra alias claims is never taken for another field.
    """
    present: dict[str, str] = {}
    for name in names:
        present.setdefault(name.strip().casefold(), name)
    mapping: dict[str, str] = {}
    for table in (extra_aliases, FIELDS):
        for canonical, aliases in table.items():
            free = [present[each.casefold()] for each in aliases if each.casefold() in present]
            free = [name for name in free if name not in mapping.values()]
            if canonical not in mapping and free:
                mapping[canonical] = free[0]
    if KEY_COLUMN in present and "member" not in mapping:
        mapping["member"] = KEY_COLUMN
    return mapping


def interpret(path: Path, kind: SidecarFormat, table: Table, extra: Mapping[str, Sequence[str]]) -> Sidecar:
    """Give a table's columns their meaning; a value that cannot be what its column says becomes None."""
    mapping = map_columns(table.columns, extra)
    problems: list[Fault] = []
    values: dict[str, list[str | None]] = {}
    durations: list[float | None] = [None] * table.count
    for canonical, column in mapping.items():
        cells = table.columns[column]
        if canonical == "duration_s":
            durations = [_seconds(cell, column) for cell in cells]
            problems += _lost(path, column, cells, durations, wanted="a duration of at least 0")
        else:
            values[canonical] = [_word(cell) for cell in cells]
            problems += _lost(path, column, cells, values[canonical], wanted="text or a number")
    names = list(values)
    rows = tuple(
        Row(**{name: values[name][index] for name in names}, duration_s=durations[index])
        for index in range(table.count)
    )
    taken = {*mapping.values(), KEY_COLUMN}
    others = {name: [_cell(cell) for cell in cells] for name, cells in table.columns.items() if name not in taken}
    return Sidecar(path, kind, rows, mapping, others, table.unread, tuple(problems))


def _lost(
    path: Path, column: str, cells: Sequence[object], values: Sequence[object], *, wanted: str
) -> Iterator[Fault]:
    """Tell of the cells that held something and became None."""
    lost = [i for i, cell in enumerate(cells) if values[i] is None and cell is not None and cell != ""]
    if lost:
        values_are = "value of the column {} is" if len(lost) == 1 else "values of the column {} are"
        problem = f"{len(lost):,} {values_are.format(excerpt(column))} unusable, the first in row {lost[0] + 1:,}"
        yield Fault(printable(problem), file=str(path), read=repr(cells[lost[0]])[:80], wanted=wanted)


def _word(cell: object) -> str | None:
    """Return text as it is and a number as its digits; anything else is no name and no transcript."""
    if isinstance(cell, str):
        return cell
    return str(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else None


def _seconds(cell: object, column: str) -> float | None:
    """Return a duration in seconds; a column whose name ends in ``_ms`` holds milliseconds."""
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return None
    try:
        value = float(cell)
    except (ValueError, OverflowError):
        return None
    seconds = value / 1000 if column.strip().casefold().endswith("_ms") else value
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _cell(cell: object) -> Cell:
    if cell is None or isinstance(cell, str | int | float | bool):
        return cell
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict | list) else str(cell)
