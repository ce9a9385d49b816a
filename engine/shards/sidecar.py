"""The metadata beside a shard: rows about clips, whatever the file's format and however its columns are called.

Damage of the file raises :class:`~engine.errors.InputError`; a value that cannot be what its column says becomes
None and is told among the problems, since no clip is left out for its metadata's sake.
"""

from __future__ import annotations

import csv
import enum
import itertools
import json
import math
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn, TypeVar

import msgspec

from engine.errors import DamagedError, Fault, UnsupportedError, printable

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

LINE_CAP_BYTES: Final = 1 << 20
"""A longer line is no row of metadata, and reading on could take the memory of the machine."""
FILE_CAP_BYTES: Final = 1 << 28
"""JSON is read whole, so its size is bounded; 13,500 rows, a large shard, take about 5 MB."""
ROWS_CAP: Final = 2_000_000
COLUMNS_CAP: Final = 1_000
_KEY_COLUMN: Final = "(key)"
_FORMATS: Final = ".parquet, .jsonl, .json or .csv"


class SidecarFormat(enum.StrEnum):
    """How a sidecar is written, told by its name's ending."""

    PARQUET = "parquet"
    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"


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


@dataclass(frozen=True, slots=True)
class Match:
    """Which clips and rows belong together."""

    row_of: Mapping[str, int]
    """Member name to the index of its row."""
    clips_without_row: tuple[str, ...]
    rows_without_clip: tuple[int, ...]
    doubled: tuple[int, ...]
    """Rows that name the same clip as an earlier row, which counts."""


@dataclass(slots=True)
class _Table:
    columns: dict[str, list[object]]
    count: int = 0
    unread: tuple[str, ...] = ()

    def add(self, row: Mapping[str, object]) -> None:
        """Append one row; a column that is new is None in the rows before, one that is missing None in this row."""
        for name in row.keys() - self.columns.keys():
            self.columns[name] = [None] * self.count
        self.count += 1
        if len(self.columns) > COLUMNS_CAP or self.count > ROWS_CAP:
            raise _NotStrictError(f"more than {COLUMNS_CAP:,} columns or {ROWS_CAP:,} rows")
        for name, cells in self.columns.items():
            cells.append(row.get(name))


class _NotStrictError(ValueError):
    """Raised when JSON or CSV parses in the letter and still is no metadata."""


def read_sidecar(path: Path, extra_aliases: Mapping[str, Sequence[str]] | None = None) -> Sidecar:
    """Read a sidecar of any format; the ending of the name tells which.

    Args:
        path: The file.
        extra_aliases: Canonical field to further column names, asked before those of :data:`FIELDS`.

    Raises:
        DamagedError: when the file cannot be read, or is not what its ending says.
        UnsupportedError: when the ending is none of the four, or the file is too large.
    """
    try:
        kind = SidecarFormat(path.suffix.removeprefix("."))
    except ValueError as error:
        fault = Fault("a sidecar of unknown format", file=str(path), read=path.suffix, wanted=_FORMATS)
        raise UnsupportedError(fault) from error
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DamagedError(Fault("the sidecar is no plain file", file=str(path), wanted="a file"))
        if status.st_size > FILE_CAP_BYTES and kind is not SidecarFormat.PARQUET:
            fault = Fault("the sidecar is too large to read whole", file=str(path), read=f"{status.st_size:,} bytes")
            raise UnsupportedError(msgspec.structs.replace(fault, wanted=f"at most {FILE_CAP_BYTES:,}; or Parquet"))
        table = _READERS[kind](path)
    except OSError as error:
        reason = error.strerror or str(error).partition("\n")[0]
        raise DamagedError(Fault("the sidecar cannot be read", file=str(path), read=reason)) from error
    return _interpret(path, kind, table, extra_aliases or {})


def _fail(path: Path, problem: str, line: int, read: str = "", wanted: str = "") -> NoReturn:
    raise DamagedError(Fault(problem, file=f"{path}:{line}", read=read, wanted=wanted))


def _read_parquet(path: Path) -> _Table:
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
            columns = file.read(columns=flat, use_threads=False).to_pydict() if flat else {}
            if any(len(cells) != file.metadata.num_rows for cells in columns.values()):
                raise _NotStrictError(f"columns of another length than the {file.metadata.num_rows:,} rows declared")
            return _Table(columns, file.metadata.num_rows, unread)
    except (pa.ArrowException, ValueError, OverflowError, TypeError) as error:
        reason = str(error).partition("\n")[0][:200]
        wanted = "whole Parquet with good page checksums"
        raise DamagedError(Fault("not Parquet, or damaged", file=str(path), read=reason, wanted=wanted)) from error


def _is_heavy(pa: object, column_type: object) -> bool:
    types = pa.types  # type: ignore[attr-defined]  # pyarrow has no stubs and is imported where it is needed
    heavy = (types.is_nested, types.is_binary, types.is_large_binary, types.is_fixed_size_binary)
    return any(test(column_type) for test in heavy)


def _refuse_twins(path: Path, names: Sequence[str]) -> None:
    twins = [name for name, count in Counter(names).items() if count > 1]
    if twins:
        _fail(path, "two columns have one name", 1, twins[0], "names that differ")


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


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        double = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise _NotStrictError(f"the key {double!r} twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _NotStrictError(f"{name}, which JSON does not have")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _NotStrictError(f"{text}, which is too large for a number")
    return value


_STRICT: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite)
"""Python's own decoder takes the last of two keys and reads NaN; both hide damage."""


def _decode(text: str, at: int) -> tuple[object, int]:
    """Decode one value strictly and return it with the place behind it.

    Raises:
        ValueError: when there is no strict JSON value, or half a surrogate pair in a string.
    """
    try:
        value, end = _STRICT.raw_decode(text, at)
    except RecursionError:
        raise _NotStrictError("a value that is nested too deep") from None
    escapes = text.find("\\ud", at, end) >= 0 or text.find("\\uD", at, end) >= 0
    if escapes and any("\ud800" <= char <= "\udfff" for char in json.dumps(value, ensure_ascii=False)):
        raise _NotStrictError("half of a surrogate pair, which is no character")
    return value, end


def _space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _reason(error: ValueError) -> str:
    return f"{error.msg} at column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)


def _read_jsonl(path: Path) -> _Table:
    table = _Table({})
    for number, line in _lines(path):
        if not line.strip(" \t\r\n"):
            continue
        try:
            row, end = _decode(line, _space(line, 0))
            if _space(line, end) != len(line):
                raise _NotStrictError("more behind the value")
            table.add(_as_object(row))
        except ValueError as error:
            _fail(path, "a line is no row", number, _reason(error), "one JSON object")
    return table


def _as_object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _NotStrictError(f"a {type(value).__name__} in place of an object")
    return value


def _read_json(path: Path) -> _Table:
    """Read a list of objects, or an object of objects by member name, row by row so that a fault has its line."""
    table = _Table({})
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
        _fail(path, "the sidecar is not strict JSON", text.count("\n", 0, at) + 1, _reason(error), wanted)
    return table


def _next_row(text: str, behind: int) -> int:
    """Return where the row begins that follows the one that ended at ``behind``."""
    at = _space(text, behind)
    return _space(text, at + 1) if text[at : at + 1] in ("[", "{", ",") else at


def _json_rows(text: str) -> Iterator[tuple[dict[str, object], int]]:
    """Yield each row and the place behind it."""
    at = _space(text, 0)
    opened = text[at : at + 1]
    if opened not in ("[", "{"):
        raise _NotStrictError(f"{text[at : at + 20]!r} at the start")
    closing = "]" if opened == "[" else "}"
    seen: set[str] = set()
    at = _space(text, at + 1)
    more = text[at : at + 1] != closing
    while more:
        key = ""
        if opened == "{":
            key, at = _json_key(text, at, seen)
        value, at = _decode(text, at)
        row = _as_object(value)
        yield {_KEY_COLUMN: key, **row} if opened == "{" else row, at
        at = _space(text, at)
        more = text[at : at + 1] == ","
        if not more and text[at : at + 1] != closing:
            raise _NotStrictError(f"{text[at : at + 20]!r} behind a row")
        at = _space(text, at + 1) if more else at
    if _space(text, at + 1) != len(text):
        raise _NotStrictError("more behind the end")


def _json_key(text: str, at: int, seen: set[str]) -> tuple[str, int]:
    """Read ``"name":`` and return the name and the place of its value."""
    key, at = _decode(text, at)
    at = _space(text, at)
    if not isinstance(key, str) or text[at : at + 1] != ":":
        raise _NotStrictError(f"{key!r} in place of a key and a colon")
    if key in seen:
        raise _NotStrictError(f"the key {key!r} twice in one object")
    seen.add(key)
    return key, _space(text, at + 1)


def _read_csv(path: Path) -> _Table:
    """Read a table whose first line names the columns; the delimiter is the one that this line has most of."""
    lines = _lines(path)
    first = next(lines, (1, ""))[1]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(itertools.chain([first], (line for _, line in lines)), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _refuse_twins(path, header)
        table = _Table({name: [] for name in header})
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                read, wanted = f"{len(cells)} cells", f"{len(header)} as in the header"
                _fail(path, "a row of another width", reader.line_num, read, wanted)
            table.add(dict(zip(header, cells, strict=True)))
    except (csv.Error, _NotStrictError) as error:
        wanted = f"rows of cells with {delimiter!r} between them"
        _fail(path, "the sidecar is not CSV", reader.line_num, str(error), wanted)
    return table


_READERS: Final[Mapping[SidecarFormat, Callable[[Path], _Table]]] = {
    SidecarFormat.PARQUET: _read_parquet,
    SidecarFormat.JSONL: _read_jsonl,
    SidecarFormat.JSON: _read_json,
    SidecarFormat.CSV: _read_csv,
}


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
    if _KEY_COLUMN in present and "member" not in mapping:
        mapping["member"] = _KEY_COLUMN
    return mapping


def _interpret(path: Path, kind: SidecarFormat, table: _Table, extra: Mapping[str, Sequence[str]]) -> Sidecar:
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
    taken = {*mapping.values(), _KEY_COLUMN}
    others = {name: [_cell(cell) for cell in cells] for name, cells in table.columns.items() if name not in taken}
    return Sidecar(path, kind, rows, mapping, others, table.unread, tuple(problems))


def _lost(
    path: Path, column: str, cells: Sequence[object], values: Sequence[object], *, wanted: str
) -> Iterator[Fault]:
    """Tell of the cells that held something and became None."""
    lost = [i for i, cell in enumerate(cells) if values[i] is None and cell is not None and cell != ""]
    if lost:
        problem = f"{len(lost):,} values of the column {column} are unusable, the first in row {lost[0] + 1:,}"
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


def read_member_metadata(data: bytes, member: str, extra_aliases: Mapping[str, Sequence[str]] | None = None) -> Row:
    """Read what a webdataset tar says of a clip in a member beside it.

    Args:
        data: The member's bytes.
        member: Its name: ``.json`` holds an object of fields, any other ending the transcript as plain text.
        extra_aliases: As in :func:`read_sidecar`.

    Raises:
        DamagedError: when it is not UTF-8, not strict JSON, not an object, or too large.
    """
    here = Path(member)
    try:
        if len(data) > LINE_CAP_BYTES:
            raise _NotStrictError(f"{len(data):,} bytes, more than {LINE_CAP_BYTES:,}")
        text = data.decode("utf-8-sig")
        if here.suffix != ".json":
            return Row(text=text.removesuffix("\n").removesuffix("\r"))
        value, end = _decode(text, _space(text, 0))
        if _space(text, end) != len(text):
            raise _NotStrictError("more behind the object")
        table = _Table({})
        table.add(_as_object(value))
    except ValueError as error:
        fault = Fault("a member with metadata cannot be read", member=member, read=_reason(error), wanted="one object")
        raise DamagedError(fault) from error
    return _interpret(here, SidecarFormat.JSON, table, extra_aliases or {}).rows[0]


def webdataset_key(name: str) -> str:
    """Return the text before the first dot after the last slash, which webdataset groups members by.

    >>> webdataset_key("a/vid.1_0.wav")
    'a/vid'
    """
    folder, slash, last = name.rpartition("/")
    return folder + slash + last.partition(".")[0]


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _without_ending(name: str) -> str:
    folder, slash, last = name.rpartition("/")
    return folder + slash + (last.rpartition(".")[0] or last)


_LEVELS: Final[tuple[Callable[[str], str], ...]] = (
    str,
    _base,
    _without_ending,
    lambda name: _without_ending(_base(name)),
    webdataset_key,
    lambda name: webdataset_key(_base(name)),
)
"""How closely a row must name a clip, strictest first: whole name, base name, without its ending, webdataset key."""


def match_rows(sidecar: Sidecar, member_names: Sequence[str]) -> Match:
    """Find the row of each clip.

    A looser level decides only what the stricter ones left open, and only where one clip and one row have the form:
    ``vid.1_0.wav`` and ``vid.1_1.wav`` share the webdataset key ``vid``, which therefore names neither.
    """
    first: dict[str, int] = {}
    for index, row in enumerate(sidecar.rows):
        name = row.member or row.utt_id
        if name:
            first.setdefault(name, index)
    owners = {index: name for name, index in first.items()}
    doubled = tuple(i for i, row in enumerate(sidecar.rows) if (row.member or row.utt_id) and i not in owners)
    row_of: dict[str, int] = {}
    left = dict(owners)
    for form in _LEVELS:
        clips = _once((form(name), name) for name in member_names)
        by_member = _once((form(row.member), i) for i in owners if (row := sidecar.rows[i]).member)
        by_id = _once((row.utt_id, i) for i in owners if (row := sidecar.rows[i]).utt_id)
        for rows in (by_member, by_id):
            for shape, index in rows.items():
                clip = clips.get(shape)
                if clip is not None and clip not in row_of and index in left:
                    row_of[clip] = index
                    del left[index]
    told = {*row_of.values(), *doubled}
    return Match(
        row_of,
        tuple(name for name in member_names if name not in row_of),
        tuple(i for i in range(len(sidecar.rows)) if i not in told),
        doubled,
    )


_T = TypeVar("_T", int, str)


def _once(pairs: Iterable[tuple[str, _T]]) -> dict[str, _T]:
    """Return the pairs whose first half occurs once."""
    listed = list(pairs)
    counts = Counter(shape for shape, _ in listed)
    return {shape: value for shape, value in listed if counts[shape] == 1}
