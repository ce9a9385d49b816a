"""The manifest's columns, the keys that its fragments carry beside them, and the problems that are told with it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT: Final = 1
"""Of the manifest and its fragments; another makes both stale."""
ROW_GROUP: Final = 131_072
"""Rows of a group, of the manifest, its problems and its fragments: few enough to be held, enough for a quick scan."""
FROM_SHARD: Final = ("source", "shard", "tar", "shard_state")
"""Columns that have one value a shard."""
UTT_KEYS: Final = ("utt_high", "utt_low")
"""XXH3-128 of the utt_id."""
UNIT_KEY: Final = "unit_key"
"""XXH3-64 of the provisional group."""
AUDIO_KEYS: Final = ("audio_high", "audio_low")
"""The audio hash as two numbers; both are 0 where there is none, or no sound in the clip."""
KEYS: Final = (*UTT_KEYS, UNIT_KEY, *AUDIO_KEYS)
"""What is alike is found by these numbers, which only fragments have: to hash text again would take another pass."""


class ProblemKind(StrEnum):
    """What a person should know of; nothing of it is dropped or renamed."""

    SHARD = "shard that cannot be read"
    HEADER = "unreadable header"
    BYTES = "clip that cannot be read"
    METADATA = "metadata that cannot be read"
    NO_METADATA = "clip without metadata"
    NO_CLIP = "metadata without clip"
    CLIP_AGAIN = "metadata of a clip again"
    MERGED = "names that webdataset would merge"
    UTT_ID_TWICE = "duplicate utt_id"
    AUDIO_TWICE = "duplicate audio"


class Problem(msgspec.Struct, frozen=True, array_like=True):
    """One thing that is not as it should be, in one shard."""

    kind: ProblemKind
    member: str = ""
    """Escaped, as in the manifest."""
    utt_id: str = ""
    detail: str = ""


def schema() -> pa.Schema:
    """Return the manifest's columns."""
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library

    words = pa.dictionary(pa.int32(), pa.string())
    labels = pa.list_(pa.field("element", pa.string(), nullable=False))
    required = {
        "utt_id": pa.string(),
        "video_id": pa.string(),
        "group_id": pa.string(),
        "source": words,
        "shard": words,
        "tar": words,
        "member": pa.string(),
        "offset": pa.int64(),
        "size": pa.int64(),
        "duration_s": pa.float64(),
        "num_frames": pa.int64(),
        "sample_rate_hz": pa.int32(),
        "channels": pa.int16(),
        "codec": words,
        "sample_format": words,
        "text": pa.string(),
        "text_empty": pa.bool_(),
        "language": words,
        "bucket": labels,
        "audio_hash": pa.string(),
        "has_metadata": pa.bool_(),
        "shard_state": words,
    }
    nullable = {"duration_s", "num_frames", "sample_rate_hz", "channels"}
    return pa.schema([pa.field(name, kind, nullable=name in nullable) for name, kind in required.items()])


def fragment_schema() -> pa.Schema:
    """Return a fragment's columns: the manifest's and the keys."""
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library

    return pa.schema([*schema(), *(pa.field(name, pa.uint64(), nullable=False) for name in KEYS)])


def problems_schema() -> pa.Schema:
    """Return the columns of the table of problems."""
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library

    words = pa.dictionary(pa.int32(), pa.string())
    kinds = {
        "kind": words,
        "source": words,
        "shard": words,
        **dict.fromkeys(("member", "utt_id", "detail"), pa.string()),
    }
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in kinds.items()])
