"""What a validation finds in one shard: counted from the files as they are now, held against what is on record."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

import msgspec

from engine.audio.formats import Codec, SampleFormat
from engine.errors import Fault
from engine.shards.files import Identity

DURATION_EDGES_S = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0, 60.0)
"""Borders of the classes in which clip durations are counted: the cuts that speech models care for (30 s is the window
of the usual encoders), about evenly apart on a logarithmic scale."""


class ClipKind(msgspec.Struct, frozen=True, kw_only=True):
    """How many clips of one kind there are, by their headers, and how long they are together."""

    codec: Codec
    sample_format: SampleFormat
    sample_rate_hz: int
    channels: int
    clips: int
    frames: int

    @property
    def duration_s(self) -> float:
        """How long they play."""
        return self.frames / self.sample_rate_hz


class Spare(msgspec.Struct, frozen=True):
    """A file beside a shard's tar that takes room: a kept original, or what was left over."""

    name: str
    size_bytes: int


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """What is on record of a shard's original."""

    size_bytes: int | None = None
    duration_s: float | None = None
    """From the clip table's frames, else from the record's tally."""
    clips_by_channels: dict[int, int] = {}
    """How many of its clips had so many channels; empty where no table tells."""


class Validation(msgspec.Struct, frozen=True, kw_only=True):
    """What a validation found in one shard."""

    readable: bool = False
    """The tar was walked to its proven end and every clip's header was read; otherwise its figures are not counted."""
    members: int = 0
    clips: int = 0
    kinds: tuple[ClipKind, ...] = ()
    durations: tuple[int, ...] = ()
    """Clips in each class of :data:`DURATION_EDGES_S`; the first class is below the first edge."""
    identity: Identity | None = None
    """Of the tar: while it is unchanged, what is said here holds."""
    before: Before | None = None
    """For a converted shard: its original, as far as is known."""
    saturated_samples: int = 0
    saturated_clips: int = 0
    """Known from the clip table alone."""
    cancelled_clips: int = 0
    energy_lost_clips: int = 0
    spot_decoded: int = 0
    """Clips that libsndfile was given."""
    spot_faults: tuple[Fault, ...] = ()
    """What it could not decode, or decoded to something else than the header says."""
    hashed: bool = False
    """The tar's bytes were read and held against the record's hash."""
    clip_table: bool = False
    """Its clips were held against their table."""
    mismatches: tuple[Fault, ...] = ()
    """Where the shard is not what its record or its clip table say."""
    backup: Spare | None = None
    """The original that is kept as asked."""
    leftovers: tuple[Spare, ...] = ()
    """Other files that end in .bak or .tmp."""

    @property
    def duration_s(self) -> float:
        """How long the clips play that are there now."""
        return sum(kind.duration_s for kind in self.kinds)


def in_classes(durations_s: Iterable[float]) -> tuple[int, ...]:
    """Count durations in the classes of :data:`DURATION_EDGES_S`; an edge belongs to the class above it."""
    counts = [0] * (len(DURATION_EDGES_S) + 1)
    for duration_s in durations_s:
        counts[bisect_right(DURATION_EDGES_S, duration_s)] += 1
    return tuple(counts)
