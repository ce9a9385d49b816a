"""The hashes of a shard's clips as they lie in its tar now.

They come from the table that the shard's conversion left, where it is of this very tar; clips of other shards are read
for them, which is the only time that a manifest reads audio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import xxhash

from engine.dataset.manifest.clips import Clip
from engine.dataset.manifest.schema import Problem, ProblemKind
from engine.errors import printable
from engine.shards.clips import DAMAGED_TABLE, ClipRow, read_clip_table
from engine.shards.digest import CHUNK_BYTES
from engine.shards.files import Reader, ReadFailedError
from engine.shards.tar import Member

Tick = Callable[[], None]


def known_hashes(table: Path | None) -> list[ClipRow]:
    """Read what a conversion left; without it, or where it is damaged, clips are read."""
    if table is None:
        return []
    try:
        return list(read_clip_table(table))
    except (FileNotFoundError, *DAMAGED_TABLE):
        return []


def hash_clips(
    reader: Reader, clips: Sequence[Clip], known: Sequence[ClipRow], tick: Tick
) -> tuple[list[str], list[Problem]]:
    """Return the hash of each clip's bytes, "" where they cannot be read, which is told."""
    hashes, problems = [], list[Problem]()
    rows: Iterable[ClipRow | None] = (*known[: len(clips)], *([None] * (len(clips) - len(known))))
    for clip, row in zip(clips, rows, strict=True):
        tick()
        if row is not None and _is_of(row, clip.member):
            hashes.append(row.xxh3_128)
            continue
        try:
            hashes.append(_read_hash(reader, clip.member, tick))
        except ReadFailedError as error:
            hashes.append("")
            problems.append(Problem(ProblemKind.BYTES, member=printable(clip.member.name), detail=str(error.strerror)))
    return hashes, problems


def _is_of(row: ClipRow, member: Member) -> bool:
    place = (printable(member.name), member.data_offset, member.size_bytes)
    return (row.member, row.offset_bytes, row.size_bytes) == place


def _read_hash(reader: Reader, member: Member, tick: Tick) -> str:
    hasher = xxhash.xxh3_128()
    for start in range(0, member.size_bytes, CHUNK_BYTES):
        tick()
        hasher.update(reader.read_at(member.data_offset + start, min(CHUNK_BYTES, member.size_bytes - start)))
    return hasher.hexdigest()
