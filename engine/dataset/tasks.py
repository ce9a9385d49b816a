"""What the engine asks of a worker that makes artifacts, and what that answers: one JSON line each."""

from __future__ import annotations

from typing import Final

import msgspec

from engine.config import Benchmark, Buckets, Split
from engine.crew.answers import Answer
from engine.crew.wire import ShardRef

CLIPS: Final = "clips"
PROBLEMS_FOUND: Final = "problems"
SHARD_STATE: Final = "shard_state"
"""Figures in the answer about one shard."""


class _Task(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    task: str = ""
    """The id under which it is handed out; the pool writes it."""


class ListShard(_Task, frozen=True, kw_only=True, tag="list"):
    """Write one shard's rows as a fragment of the manifest, unless the fragment that is there is of the same files."""

    shard: ShardRef
    source: str
    name: str
    """The shard's path under its source."""
    tar: str
    """The tar's path under the corpus."""
    state: str
    clips: str
    """Where the table of the shard's clips lies, if there is one."""
    fragment: str
    """Where the fragment goes."""
    aliases: dict[str, tuple[str, ...]] = {}
    """Further names of metadata fields."""


class _Whole(_Task, frozen=True, kw_only=True):
    """A task about the corpus as a whole."""

    corpus: str
    state: str
    """STATE, where the artifacts lie."""


class MergeManifest(_Whole, frozen=True, kw_only=True, tag="manifest"):
    """Make ``manifest.parquet`` of the fragments of all shards."""

    order: str
    """A file that names the fragments, in the order of the manifest."""
    tool: str
    common_videos: int


class MakeSplit(_Whole, frozen=True, kw_only=True, tag="split"):
    """Make ``split.parquet`` and its report."""

    settings: Split


class MakeBuckets(_Whole, frozen=True, kw_only=True, tag="buckets"):
    """Make ``buckets.toml``."""

    settings: Buckets


class MeasureDecoding(_Whole, frozen=True, kw_only=True, tag="benchmark"):
    """Make ``benchmark.json``."""

    settings: Benchmark
    workers: int


class WriteExports(_Whole, frozen=True, kw_only=True, tag="export"):
    """Write what other programs read."""

    formats: tuple[str, ...]
    lhotse: str = ""
    """How a cut names the bytes of its clip."""


class WriteReport(_Whole, frozen=True, kw_only=True, tag="report"):
    """Write the report over all of it."""

    tool: str


Task = ListShard | MergeManifest | MakeSplit | MakeBuckets | MeasureDecoding | WriteExports | WriteReport


class Made(Answer, frozen=True, kw_only=True, tag="result"):
    """A worker's answer: what it came to."""

    well: bool = True
    """Nothing in it that a person has to mend."""
    current: bool = False
    """It was there already, made from the same inputs, and was left as it is."""
    told: tuple[str, ...] = ()
    """What it came to, a line each, as a person reads it."""
    cautions: tuple[str, ...] = ()
    """What a person should know and that stands in nobody's way."""
    figures: dict[str, int | float | str] = msgspec.field(default_factory=dict)
    """The same for programs."""
    files: tuple[str, ...] = ()
    """What was written, as people write paths; the one for programs first."""
