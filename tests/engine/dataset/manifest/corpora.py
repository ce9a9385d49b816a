"""Small manifests for tests: shards made of a few words, their fragments, and what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import xxhash

from engine.dataset.manifest.fragment import write_fragment
from engine.dataset.manifest.fragment_inputs import FragmentInputs, Version
from engine.dataset.manifest.groups import find_groups
from engine.dataset.manifest.inputs import ManifestInputs, manifest_inputs
from engine.dataset.manifest.merge import merge
from engine.dataset.manifest.report import ManifestReport
from engine.dataset.manifest.rows import ClipEntry, ShardRows

COMMON = 6
RATE_HZ = 16_000


def entry(utt_id: str, video_id: str = "", audio: str = "", seconds: float | None = 1.0, **more: object) -> ClipEntry:
    """Make a row; ``audio`` stands for its sound, "" for one of its own."""
    frames = None if seconds is None else round(seconds * RATE_HZ)
    made = ClipEntry(
        utt_id=utt_id,
        video_id=video_id,
        member=f"{utt_id}.wav",
        offset=512,
        size=44,
        num_frames=frames,
        sample_rate_hz=None if frames is None else RATE_HZ,
        channels=None if frames is None else 1,
        codec="wav",
        sample_format="pcm_16",
        text="words",
        language="en",
        bucket=("lane_1", "gold"),
        audio_hash=xxhash.xxh3_128_hexdigest((audio or f"of {utt_id}").encode()),
        has_metadata=True,
    )
    return msgspec.structs.replace(made, **more)


def shard(name: str, rows: Sequence[ClipEntry], **more: object) -> ShardRows:
    """Make a shard of the source ``src``."""
    made = ShardRows(source="src", shard=name, tar=f"src/{name}/audio.tar", state="done", rows=tuple(rows))
    return msgspec.structs.replace(made, **more)


def inputs_of_shard(rows: ShardRows, tar: Version | None = None) -> FragmentInputs:
    """Say what a shard would be made of."""
    return FragmentInputs(
        source=rows.source,
        shard=rows.shard,
        tar_name=rows.tar,
        tar=tar,
        sidecar=None,
        clip_table=None,
        state=rows.state,
        aliases={},
    )


def write_fragments(folder: Path, shards: Sequence[ShardRows]) -> list[Path]:
    """Write their fragments, in this order."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{at:03d}.parquet" for at in range(len(shards))]
    for path, rows in zip(paths, shards, strict=True):
        write_fragment(path, rows, inputs_of_shard(rows))
    return paths


def asked(shards: Sequence[ShardRows]) -> ManifestInputs:
    """Say what their manifest is made of."""
    return manifest_inputs(map(inputs_of_shard, shards), tool="test", common_videos=COMMON)


def make_manifest(folder: Path, shards: Sequence[ShardRows]) -> tuple[Path, ManifestReport]:
    """Make a manifest of them in a folder."""
    paths, out = write_fragments(folder / "fragments", shards), folder / "manifest.parquet"
    groups = find_groups(paths, folder, common_videos=COMMON)
    return out, merge(paths, out, groups, asked(shards))
