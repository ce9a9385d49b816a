"""What the report over a corpus's artifacts is made of, as ``report.json`` has it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from engine.dataset.split.figures import SplitReport

FORMAT: Final = 1
GO: Final = "GO"
NO_GO: Final = "NO-GO"
FRESH: Final = "fresh: "
"""Begins the name of the check of an artifact's being there, whole and current."""


class Standing(StrEnum):
    """How a check came out."""

    MET = "met"
    CAUTION = "caution"
    """Worth knowing, and in nobody's way."""
    BROKEN = "broken"
    """The corpus is not to be trained on like this."""
    OPEN = "open"
    """What it looks at is not there; that is said of the artifact."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that has to hold between the artifacts."""

    id: str
    ask: str
    read: str
    wanted: str
    standing: Standing
    way_out: str = ""
    """What a person can do; empty where nothing has to be done."""
    examples: tuple[str, ...] = ()
    """The first few of what is wrong."""


class Freshness(StrEnum):
    """Whether an artifact was made from what its inputs are now."""

    CURRENT = "current"
    STALE = "stale"
    MISSING = "missing"
    DAMAGED = "damaged"
    UNTOLD = "not on record"
    """It does not say what it was made from."""


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """One artifact of the window."""

    name: str
    file: str
    """Under the state folder."""
    freshness: Freshness
    why: str = ""
    """What makes it stale or damaged."""
    renew: str
    """The command that makes it."""
    size_bytes: int = 0
    time: str = ""
    """When it was written; RFC 3339, UTC."""


class Apart(msgspec.Struct, frozen=True, kw_only=True):
    """A shard that was not brought to an end, and what a person has to decide."""

    shard: str
    state: str
    clips: int
    hours: float
    problem: str = ""
    way_out: str = ""


class SourceHours(msgspec.Struct, frozen=True, kw_only=True):
    """One source, or the corpus, as the manifest has it."""

    source: str
    """Empty for the corpus."""
    shards: int
    clips: int
    hours: float
    split_hours: dict[str, float]
    """By split; empty where no split is current."""
    clips_by_state: dict[str, int]
    """By the state of their shard."""
    text_empty: int
    without_metadata: int
    without_duration: int


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of problem that the manifest reports."""

    kind: str
    count: int
    shards: int
    """In so many."""
    first: str
    """Where the first of them is, and what of it."""


class Durations(msgspec.Struct, frozen=True, kw_only=True):
    """Clips by duration, in classes of one width from 0."""

    width_s: float
    clips: tuple[int, ...]
    longer: int
    """Clips beyond the last class."""
    median_s: float
    p99_s: float
    longest_s: float


class Bins(msgspec.Struct, frozen=True, kw_only=True):
    """What so many bins cost at best, and cut the way of lhotse and NeMo."""

    bins: int
    optimal: float
    """The share of a batch that is padding."""
    equal_seconds: float


class BucketsTold(msgspec.Struct, frozen=True, kw_only=True):
    """The buckets as far as a report needs them."""

    min_duration_s: float
    max_duration_s: float
    edges_s: tuple[float, ...]
    batch_sizes: tuple[int, ...]
    clips: tuple[int, ...]
    """Of the manifest, in each bucket."""
    padding: float
    """With these edges."""
    padding_equal_seconds: float


class DecodeRate(msgspec.Struct, frozen=True, kw_only=True):
    """How quickly one decoder got through the clips of one codec, in one process."""

    decoder: str
    codec: str
    warm: float
    """Clips a second."""
    cold: float
    p99_ms: float
    """Warm."""
    failed: int


class DecodeScale(msgspec.Struct, frozen=True, kw_only=True):
    """What so many processes did."""

    decoder: str
    workers: int
    clips_per_s: float
    efficiency: float


class SweepTold(msgspec.Struct, frozen=True, kw_only=True):
    """What the worker sweep found for one codec."""

    codec: str
    recommended_workers: int
    limited_by: str
    mb_per_s: float


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Where, when and by what a report was made."""

    corpus: str
    tool: str
    time: str
    """RFC 3339, UTC."""
    validation_run: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report."""

    format: int = FORMAT
    verdict: str
    reasons: tuple[str, ...]
    """Why it is NO-GO; empty for GO."""
    cautions: tuple[str, ...]
    about: About
    checks: tuple[Check, ...]
    artifacts: tuple[Artifact, ...]
    total: SourceHours | None
    """None where there is no manifest."""
    sources: tuple[SourceHours, ...]
    apart: tuple[Apart, ...]
    """Shards that a person decides on."""
    decides: str
    """Who that is."""
    problems: tuple[Problem, ...]
    durations: Durations | None
    padding_by_bins: tuple[Bins, ...]
    buckets: BucketsTold | None
    decode_rates: tuple[DecodeRate, ...]
    decode_scaling: tuple[DecodeScale, ...]
    sweep: tuple[SweepTold, ...]
    split: SplitReport | None
