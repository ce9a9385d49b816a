"""Writing the table of a converted shard's clips, and where it lies; what stands in it: :mod:`engine.shards.clips`."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

import msgspec

from engine.shards.clips import ClipRow, read_clip_table

__all__ = ["ClipRow", "clip_table", "read_clip_table", "write_clip_table"]


def clip_table(state: Path, source: str, shard: str) -> Path:
    """Name the table of one shard."""
    return state / "clips" / source / f"{shard}.jsonl.gz"


def write_clip_table(path: Path, rows: Iterable[ClipRow]) -> None:
    """Write a shard's table; it appears under its name when it is whole. The caller holds the shard.

    Raises:
        OSError: when the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp")
    with gzip.open(temporary, "wb", compresslevel=1) as out:
        out.write(msgspec.json.Encoder().encode_lines(list(rows)))
    temporary.replace(path)
