"""Writing the table of a converted shard's clips; what stands in it: :mod:`engine.shards.clips`."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

import msgspec

from engine.shards.clips import ClipRow


def write_clip_table(path: Path, rows: Iterable[ClipRow]) -> None:
    """Write a shard's table; it appears under its name when it is whole. The caller holds the shard.

    Raises:
        OSError: when the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _unfinished(path)
    with gzip.open(temporary, "wb", compresslevel=1) as out:
        out.write(msgspec.json.Encoder().encode_lines(list(rows)))
    temporary.replace(path)


def drop_unfinished_table(path: Path) -> None:
    """Delete what a killed writer left of a table; nobody reads it. The caller holds the shard."""
    _unfinished(path).unlink(missing_ok=True)


def _unfinished(path: Path) -> Path:
    return path.with_name(f"{path.name}.tmp")
