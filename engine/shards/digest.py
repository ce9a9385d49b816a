"""Content hashes: XXH3-128, at memory speed, so that every promise about a file can be about its bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import xxhash

from engine.shards.files import Files
from engine.shards.record import TarDigest

CHUNK_BYTES = 1 << 20


def digest(files: Files, path: Path, tick: Callable[[], None] = lambda: None) -> TarDigest:
    """Hash a file as the disk gives it: its cached pages are dropped first, for a cache cannot prove a disk."""
    hasher = xxhash.xxh3_128()
    offset = 0
    with files.open(path, uncached=True) as reader:
        while chunk := reader.read_at(offset, CHUNK_BYTES):
            tick()
            hasher.update(chunk)
            offset += len(chunk)
    return TarDigest(hasher.hexdigest(), offset)
