"""What happens in an inventory, a conversion, a recovery: the facts beside those that every run has."""

from __future__ import annotations

import msgspec

from engine.convert.tasks import Inspection
from engine.crew.answers import State
from engine.errors import Fault
from engine.run.events import (
    Check,
    Event,
    Paused,
    Resumed,
    Stopping,
    Summary,
    Version,
    Warned,
    WorkerEnded,
    WorkersChanged,
    WorkerStarted,
)
from engine.shards.record import Tally, TarDigest


class Planned(Event, frozen=True, kw_only=True):
    """What the corpus is at the start, and what this run is going to do."""

    shards: int
    done: int
    """Converted by earlier runs, as their records and unchanged files say."""
    to_do: int
    """Shards that workers will open: pending ones, and those of which nothing is known yet."""
    bytes_to_do: int
    workers: int
    dry_run: int | None = None
    """So many shards are tried in scratch, none is changed."""
    auto: bool = False
    """The run chooses the number of workers itself."""
    workers_why: str = ""
    """Why it begins with so many."""


class FoundShard(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One shard at the start of a run; an array in JSON, for there are thousands."""

    shard: str
    state: State
    size_bytes: int


class ShardsFound(Event, frozen=True, kw_only=True):
    """Some of the corpus's shards, before anything is done; several of these make up all."""

    shards: tuple[FoundShard, ...]


class ShardStarted(Event, frozen=True, kw_only=True):
    """A worker has taken a shard in hand."""

    shard: str
    worker: int
    bytes_in: int


class ShardRecovered(Event, frozen=True, kw_only=True):
    """A swap had been cut off here, by us or by another tool, and recovery has looked at it."""

    shard: str
    row: int
    """Of the recovery table; 0 for what it does not cover."""
    ends: str
    actions: tuple[str, ...]
    why: str = ""
    acted: bool = True
    """False where it was only said what would be done."""


class ShardDone(Event, frozen=True, kw_only=True):
    """A shard is converted, durably, and its original is gone (or kept, as asked)."""

    shard: str
    source: str
    seconds: float
    original: TarDigest | None = None
    """None where recovery finished or adopted what an earlier run had converted."""
    result: TarDigest | None = None
    tally: Tally | None = None
    backup_kept: bool = False


class ShardTried(Event, frozen=True, kw_only=True):
    """A dry run has converted a shard in scratch, compared it and deleted it again."""

    shard: str
    source: str
    seconds: float
    original: TarDigest
    result: TarDigest
    tally: Tally


class ShardSkipped(Event, frozen=True, kw_only=True):
    """A shard needs no conversion and was left as it is."""

    shard: str
    source: str
    note: str


class ShardQuarantined(Event, frozen=True, kw_only=True):
    """A shard is untouched and waits for a person."""

    shard: str
    source: str
    fault: Fault


class ShardFailed(Event, frozen=True, kw_only=True):
    """An attempt at a shard failed; its original is intact."""

    shard: str
    source: str
    fault: Fault
    final: bool
    """No further attempt in this run."""


class ShardSeen(Event, frozen=True, kw_only=True):
    """An inventory has looked at a shard."""

    shard: str
    source: str
    state: State
    size_bytes: int
    reason: str = ""
    fault: Fault | None = None
    flags: tuple[str, ...] = ()
    inspection: Inspection | None = None
    unchanged: bool = False
    """Nothing about its files has changed since an earlier inventory, whose answer this is."""


class WorkersKept(Event, frozen=True, kw_only=True):
    """The run had tried another number of workers than before, and stays with it."""

    count: int
    why: str


class ConvertSummary(Summary, frozen=True, kw_only=True, tag="summary"):
    """How a conversion ended."""

    counts: dict[str, int]
    """The states of the corpus at the end: done, skipped, quarantined, failed."""
    pending: int
    """Shards that this run did not come to."""
    converted: int
    """What this run did."""
    tried: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    seconds_of_audio: float = 0.0
    saturated_samples: int = 0
    cancelled_clips: int = 0
    energy_lost_clips: int = 0
    backups_kept: int = 0
    detail: str = ""
    """Why it ended early."""


class SourceTotals(msgspec.Struct, frozen=True, kw_only=True):
    """One source in an inventory's summary."""

    source: str
    counts: dict[str, int]
    """Shards by state."""
    clips: int
    size_bytes: int
    seconds_of_audio: float
    clips_are_exact: bool = True
    """False where shards were sampled: the numbers of their clips are reckoned."""
    audio: tuple[str, ...]
    """The kinds of clips in it: ``48 kHz, 1 channel, wav pcm_16``."""


class InventorySummary(Summary, frozen=True, kw_only=True, tag="summary"):
    """How an inventory ended."""

    shards: int
    counts: dict[str, int]
    """Shards by state."""
    size_bytes: int
    seconds_of_audio: float
    sources: tuple[SourceTotals, ...]
    table: str
    """The file that holds all of it."""


class RecoverSummary(Summary, frozen=True, kw_only=True, tag="summary"):
    """How a recovery ended."""

    shards: int
    looked_at: int
    """Those with traces of a swap."""
    counts: dict[str, int]
    """What these are now: pending, done, quarantined, failed."""


ConvertEvent = (
    Version
    | Check
    | Planned
    | ShardStarted
    | ShardRecovered
    | ShardDone
    | ShardTried
    | ShardSkipped
    | ShardQuarantined
    | ShardFailed
    | WorkerStarted
    | WorkerEnded
    | WorkersChanged
    | WorkersKept
    | Paused
    | Resumed
    | Stopping
    | Warned
    | ConvertSummary
)
"""Every event that a conversion's log can hold."""
