"""The table of a converted shard's clips: offsets in the new tar, lengths and content hashes, one JSON line a clip.

It is written before the swap, compressed, under the corpus's state folder; the shard's record holds the hashes of the
whole tars. Where that record is lost, the table still proves clip by clip what was made from what.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

DAMAGED_TABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, EOFError, zlib.error, gzip.BadGzipFile)
"""What reading a damaged table raises."""


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


def read_clip_table(path: Path) -> Iterator[ClipRow]:
    """Read a shard's table.

    Raises:
        FileNotFoundError: when the shard has none.
        msgspec.DecodeError: when a line is damaged; where the packing is, another of ``DAMAGED_TABLE``.
    """
    decoder = msgspec.json.Decoder(ClipRow)
    with gzip.open(path, "rb") as lines:
        for line in lines:
            yield decoder.decode(line)
