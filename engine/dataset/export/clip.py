"""One clip that goes out, as the manifest has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.dataset.export.ask import SPLITS

if TYPE_CHECKING:
    import pyarrow as pa


class Clip(NamedTuple):
    """A row of the manifest and its split; names are those of the columns."""

    utt_id: str
    video_id: str
    group_id: str
    source: str
    shard: str
    member: str
    """Its name in the tar; what is not printable is escaped."""
    offset: int
    """Bytes: where its data begin in the tar."""
    size: int
    """Bytes."""
    duration_s: float
    num_frames: int
    sample_rate_hz: int
    channels: int
    codec: str
    text: str
    language: str
    bucket: list[str]
    audio_hash: str
    split: str


OF_MANIFEST: Final = tuple(name for name in Clip._fields if name != "split")
"""The columns that are read, besides ``tar`` and ``shard_state``."""


def clips_by_split(rows: pa.RecordBatch) -> dict[str, list[Clip]]:
    """Return the rows of a batch that has all these columns, in their order, by split."""
    columns: Iterable[list[object]] = (rows[name].to_pylist() for name in Clip._fields)
    by_split: dict[str, list[Clip]] = {split: [] for split in SPLITS}
    for clip in map(Clip._make, zip(*columns, strict=True)):
        by_split[clip.split].append(clip)
    return by_split
