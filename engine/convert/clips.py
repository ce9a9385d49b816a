"""The table of a converted shard's clips: offsets in the new tar, lengths and content hashes, one JSON line a clip.

It lies under the corpus's state folder, compressed; the shard's record holds the hashes of the whole tars.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec


class ClipRow(msgspec.Struct, frozen=True, kw_only=True):
    """One clip of a converted shard: where it lies in the new tar, and the hashes of what went in and came out."""

    member: str
    """Its name; what is not printable is escaped."""
    offset_bytes: int
    size_bytes: int
    frames: int
    original_frames: int
    original_xxh3_128: str
    xxh3_128: str
    original_channels: int = 0
    """0 in tables that were written before this was kept."""
    saturated_samples: int = 0
    cancelled: bool = False
    dropped_chunks: tuple[str, ...] = ()


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


def read_clip_table(path: Path) -> Iterator[ClipRow]:
    """Read a shard's table.

    Raises:
        FileNotFoundError: when the shard has none.
        msgspec.DecodeError: when a line is damaged.
    """
    decoder = msgspec.json.Decoder(ClipRow)
    with gzip.open(path, "rb") as lines:
        for line in lines:
            yield decoder.decode(line)
