"""What a manifest was made of, as its own metadata say it, so that a rerun knows whether it is current."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
import xxhash

from engine.dataset.manifest.fragment_inputs import FragmentInputs
from engine.dataset.manifest.schema import FORMAT

INPUTS: Final = b"gonogo.manifest"
"""The key of the file's metadata."""


class ManifestInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a manifest was made of; while all of it is the same, so is the manifest."""

    format: int = FORMAT
    shards: int
    shards_xxh3_128: str
    """Over the inputs of all shards, in the manifest's order."""
    tool: str
    common_videos: int
    """Audio in more videos than this unites none."""


def manifest_inputs(shards: Iterable[FragmentInputs], *, tool: str, common_videos: int) -> ManifestInputs:
    """Sum up the inputs of all shards, in the manifest's order."""
    digest, count = xxhash.xxh3_128(), 0
    for each in shards:
        digest.update(msgspec.json.encode(each) + b"\n")
        count += 1
    return ManifestInputs(shards=count, shards_xxh3_128=digest.hexdigest(), tool=tool, common_videos=common_videos)


def read_manifest_inputs(path: Path) -> ManifestInputs | None:
    """Return what a manifest was made of; None where there is none, or one that gonogo did not write.

    One whose making met a disk that refused something says nothing either: it is to be made again.
    """
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        metadata = pq.read_metadata(path).metadata or {}
        return msgspec.json.decode(metadata.get(INPUTS, b""), type=ManifestInputs)
    except (FileNotFoundError, pa.ArrowInvalid, msgspec.MsgspecError):
        return None
