"""The corpus's tars as they lie there now, held against what the validation and the manifest were made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from engine.dataset.tar_path import tar_path
from engine.shards.files import Identity, RealFiles
from engine.shards.listing import LOOKS_AT_ONCE


@dataclass(frozen=True, slots=True)
class TarSeen:
    """One tar."""

    shard: str
    now: Identity | None
    """None where it is gone."""


@dataclass(frozen=True, slots=True)
class TarsMoved:
    """Shards whose tar is another than the one that was looked at."""

    looked_at: int
    since_validation: tuple[str, ...]
    since_manifest: tuple[str, ...]


def look_at_tars(corpus: Path, tars: Sequence[tuple[str, str]], tick: Callable[[], None]) -> list[TarSeen]:
    """Look at each tar: one ``lstat``, many at once.

    Args:
        corpus: the corpus.
        tars: shard and path under the corpus of each, as the manifest has them.
        tick: told that this goes on.

    Raises:
        OSError: when the disk fails.
    """
    files = RealFiles()

    def look(named: tuple[str, str]) -> TarSeen:
        shard, tar = named
        facts = files.facts(tar_path(corpus, tar))
        return TarSeen(shard, facts.identity if facts else None)

    seen = []
    with ThreadPoolExecutor(LOOKS_AT_ONCE, "tars") as threads:
        for one in threads.map(look, tars):
            tick()
            seen.append(one)
    return seen


def moved(seen: Sequence[TarSeen], validated: dict[str, Identity | None], manifest_mtime_ns: int | None) -> TarsMoved:
    """Tell which tars changed. Pure.

    A tar that was changed after the manifest was written is another than the one that the manifest lists; the kernel
    sets the time of change, and nobody can set it back.
    """
    return TarsMoved(
        looked_at=len(seen),
        since_validation=tuple(one.shard for one in seen if one.shard in validated and validated[one.shard] != one.now),
        since_manifest=tuple(
            one.shard
            for one in seen
            if manifest_mtime_ns is not None and (one.now is None or one.now.ctime_ns > manifest_mtime_ns)
        ),
    )
