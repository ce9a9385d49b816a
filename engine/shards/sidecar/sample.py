"""The rows of a sidecar that may be about some clips, where reading all rows would take longer than all else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from engine.shards.sidecar.fields import Row, Sidecar, interpret, map_columns
from engine.shards.sidecar.formats import SidecarFormat
from engine.shards.sidecar.matching import webdataset_key
from engine.shards.sidecar.reading import read_sidecar
from engine.shards.sidecar.table import FILE_CAP_BYTES, ROWS_CAP, Table

_NAMING: Final = ("member", "utt_id")


@dataclass(frozen=True, slots=True)
class SidecarSample:
    """Some rows of a sidecar."""

    sidecar: Sidecar
    """With those rows alone; its mapping is that of the whole."""
    rows: int
    """How many the whole has."""


def read_sidecar_sample(
    path: Path, member_names: Iterable[str], extra_aliases: Mapping[str, Sequence[str]]
) -> SidecarSample:
    """Read the rows that may be about these members: whatever :func:`match_rows` matches with them is among these.

    A Parquet file has only the columns read that name a clip and time it; other formats are read whole.

    Raises:
        DamagedError, UnsupportedError: as :func:`read_sidecar`.
    """
    keys = {loosest_key(name) for name in member_names}
    if path.suffix == f".{SidecarFormat.PARQUET}":
        found = _from_parquet(path, keys, extra_aliases)
        if found is not None:
            return found
    whole = read_sidecar(path, extra_aliases)
    return SidecarSample(replace(whole, rows=tuple(row for row in whole.rows if _may_be(row, keys))), len(whole.rows))


def loosest_key(name: str) -> str:
    """Return the form of a name that every name has which matching could take for it.

    >>> loosest_key("a/vid.1_0.wav"), loosest_key("vid")
    ('vid', 'vid')
    """
    return webdataset_key(name.rpartition("/")[2])


def _may_be(row: Row, keys: set[str]) -> bool:
    return any(name is not None and loosest_key(name) in keys for name in (row.member, row.utt_id))


def _from_parquet(path: Path, keys: set[str], extra_aliases: Mapping[str, Sequence[str]]) -> SidecarSample | None:
    """Filter a Parquet sidecar without making its rows; None where that cannot be done, or something is wrong."""
    import pyarrow as pa  # noqa: PLC0415  # 0.2 s and 60 MB that a corpus with other sidecars need not pay
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            groups = (file.metadata.row_group(at).total_byte_size for at in range(file.metadata.num_row_groups))
            if file.metadata.num_rows > ROWS_CAP or sum(groups) > FILE_CAP_BYTES:
                return None
            fields = {column.name: column.type for column in file.schema_arrow}
            mapping = map_columns(fields, extra_aliases)
            naming = [mapping[field] for field in _NAMING if field in mapping]
            if len(fields) < len(file.schema_arrow) or any(fields[name] != pa.string() for name in naming):
                return None
            timing = [mapping["duration_s"]] if "duration_s" in mapping else []
            table = file.read(columns=[*naming, *timing], use_threads=False)
            chosen: set[int] = set()
            for name in naming:
                may_be = pc.match_substring_regex(table[name], pattern=_pattern(keys))
                chosen |= set(pc.indices_nonzero(may_be).to_pylist())
            columns = dict(table.take(pa.array(sorted(chosen), pa.int64())).to_pydict())
            count = file.metadata.num_rows
    except (pa.ArrowException, OSError, ValueError, OverflowError, TypeError):
        return None  # what is wrong is told by who reads all of it
    held = Table(columns, len(next(iter(columns.values()), [])), ())
    sidecar = interpret(path, SidecarFormat.PARQUET, held, extra_aliases)
    return SidecarSample(replace(sidecar, mapping=mapping), count)


def _pattern(keys: set[str]) -> str:
    """Write "its :func:`loosest_key` is one of these" in the words of RE2."""
    quoted = ("".join(f"\\x{{{ord(sign):x}}}" for sign in key) for key in sorted(keys) if _is_text(key))
    return rf"(?s)\A(?:.*/)?(?:{'|'.join(quoted)})(?:\.[^/]*)?\z"


def _is_text(name: str) -> bool:
    """Tell whether a name has only bytes that are UTF-8: another stands in no Parquet text."""
    return name.isascii() or not any(0xD800 <= ord(sign) <= 0xDFFF for sign in name)
