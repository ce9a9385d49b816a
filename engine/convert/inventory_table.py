"""The inventory as a table: one row a shard, in Parquet, with checksums on its pages."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.convert.tasks import Inspection, Result
from engine.errors import printable
from engine.shards.files import Identity
from engine.shards.layout import ShardPlace


@dataclass(frozen=True, slots=True)
class Row:
    """What an inventory knows of one shard."""

    place: ShardPlace
    size_bytes: int
    result: Result
    identity: Identity | None


def write_table(path: Path, rows: Iterable[Row]) -> None:
    """Write the table; it appears under its name when it is whole.

    Raises:
        OSError: when the disk refuses.
    """
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library, for one file at the end
    import pyarrow.parquet as pq  # noqa: PLC0415

    table = pa.Table.from_pylist([_record(row) for row in rows], schema=_schema())
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)
    temporary.replace(path)


def _schema() -> object:
    import pyarrow as pa  # noqa: PLC0415

    text, count, words = pa.string(), pa.int64(), pa.list_(pa.string())
    return pa.schema(
        {
            "source": text,
            "shard": text,
            "layout": text,
            "path": text,
            "state": text,
            "reason": text,
            "member": text,
            "flags": words,
            "size_bytes": count,
            "members": count,
            "clips": count,
            "clips_exact": pa.bool_(),
            "clips_probed": count,
            "hours": pa.float64(),
            "hours_exact": pa.bool_(),
            "sample_rates_hz": pa.list_(pa.int32()),
            "channels": pa.list_(pa.int32()),
            "codecs": words,
            "sample_formats": words,
            "sidecar": text,
            "sidecar_format": text,
            "sidecar_fields": words,
            "rows": count,
            "clips_without_row": count,
            "rows_without_clip": count,
            "device": count,
            "inode": count,
            "mtime_ns": count,
            "ctime_ns": count,
        }
    )


def _record(row: Row) -> dict[str, object]:
    place, result, fault = row.place, row.result, row.result.fault
    found = result.inspection or Inspection()
    identity = row.identity
    return {
        "source": place.source,
        "shard": place.shard,
        "layout": str(place.kind),
        "path": printable(str(place.files.audio)),
        "state": str(result.state),
        "reason": str(fault) if fault else result.note,
        "member": fault.member if fault else "",
        "flags": list(result.flags),
        "size_bytes": row.size_bytes,
        "members": found.members,
        "clips": found.clips,
        "clips_exact": found.members_are_exact,
        "clips_probed": found.probed,
        "hours": found.seconds_of_audio / 3600,
        "hours_exact": found.seconds_are_exact,
        "sample_rates_hz": sorted({clip.sample_rate_hz for clip in found.audio}),
        "channels": sorted({clip.channels for clip in found.audio}),
        "codecs": sorted({str(clip.codec) for clip in found.audio}),
        "sample_formats": sorted({str(clip.sample_format) for clip in found.audio}),
        "sidecar": printable(str(place.sidecar.name)) if place.sidecar else "",
        "sidecar_format": found.sidecar_format,
        "sidecar_fields": list(found.fields),
        "rows": found.rows,
        "clips_without_row": found.clips_without_row,
        "rows_without_clip": found.rows_without_clip,
        "device": identity.device if identity else None,
        "inode": identity.inode if identity else None,
        "mtime_ns": identity.mtime_ns if identity else None,
        "ctime_ns": identity.ctime_ns if identity else None,
    }
