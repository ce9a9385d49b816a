"""What the conversion validation report is made of: the lines that go in, the figures that come out."""

from __future__ import annotations

import msgspec

from engine.convert.validation_facts import DURATION_EDGES_S, Spare, Validation
from engine.crew.answers import State
from engine.errors import Fault
from engine.shards.files import Identity

FORMAT = 1


class ShardLine(msgspec.Struct, frozen=True, kw_only=True):
    """One shard of the report."""

    shard: str
    source: str
    state: State
    fault: Fault | None = None
    """Why it is quarantined or failed."""
    note: str = ""
    flags: tuple[str, ...] = ()
    size_bytes: int
    """Of the tar now."""
    seconds: float | None = None
    """What its conversion took; None where no log tells."""
    found: Validation

    @property
    def original_bytes(self) -> int | None:
        """Size of the original; the tar itself where nothing was converted, None where nobody knows."""
        return self.size_bytes if self.found.before is None else self.found.before.size_bytes

    @property
    def original_s(self) -> float | None:
        """Duration of the original, as :attr:`original_bytes`."""
        return self.found.duration_s if self.found.before is None else self.found.before.duration_s


class AudioKind(msgspec.Struct, frozen=True, kw_only=True):
    """Clips of one sample rate and number of channels."""

    sample_rate_hz: int
    channels: int
    """0 where no record tells."""
    clips: int


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one source, or of the corpus."""

    source: str
    """Empty for the corpus."""
    shards: int
    counts: dict[str, int]
    """Shards by state, all states named."""
    members: int
    clips: int
    bytes_before: int
    bytes_after: int
    backup_bytes: int
    """Held by originals that are kept."""
    freed_bytes: int
    """Before, less after, less what kept originals hold."""
    seconds_before: float
    seconds_after: float
    audio_before: tuple[AudioKind, ...]
    audio_after: tuple[AudioKind, ...]
    saturated_samples: int
    saturated_clips: int
    saturated_share: float
    """Of all samples of the converted shards."""
    cancelled_clips: int
    energy_lost_clips: int
    spot_decoded: int
    spot_failed: int
    mismatches: int
    durations: tuple[int, ...]
    """Clips by duration, in the report's classes."""
    unreadable: int
    """Shards whose clips are not counted, because their tar or a clip's header is damaged."""
    size_unknown: int
    """Converted shards whose original's size nobody knows; their size now stands in for it."""
    hours_unknown: int
    """Converted shards whose original's duration nobody knows; their duration now stands in for it."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a person has to look at."""

    shard: str
    what: str
    """``quarantined``, ``failed``, ``mismatch`` or ``spot decode``."""
    fault: Fault


class FlagCount(msgspec.Struct, frozen=True, kw_only=True):
    """A flag, and the shards that carry it."""

    flag: str
    shards: int
    first: str
    """The first of them."""


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """A file that lies beside a shard's tar."""

    shard: str
    file: Spare


class ShardRow(msgspec.Struct, frozen=True, kw_only=True):
    """One shard, as programs read it."""

    shard: str
    source: str
    state: State
    clips: int
    bytes_before: int | None
    bytes_after: int
    seconds_before: float | None
    seconds_after: float
    saturated_samples: int
    conversion_s: float | None
    hashed: bool
    clip_table: bool
    identity: Identity | None
    """Of the tar that this was said of."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how a report was made."""

    corpus: str
    run: str
    tool: str
    time: str
    """RFC 3339, UTC."""
    spot_checks: int
    """Clips of each shard that were to be decoded."""
    full: bool
    """Every byte of the converted tars was read against its recorded hash."""


class ValidationReport(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report; ``validation.json`` is this, encoded."""

    format: int = FORMAT
    verdict: str
    reasons: tuple[str, ...]
    """Why it is NO-GO; empty for GO."""
    cautions: tuple[str, ...]
    about: About
    total: Totals
    sources: tuple[Totals, ...]
    duration_edges_s: tuple[float, ...] = DURATION_EDGES_S
    troubles: tuple[Trouble, ...]
    flags: tuple[FlagCount, ...]
    kept_backups: tuple[Beside, ...]
    leftovers: tuple[Beside, ...]
    shards: tuple[ShardRow, ...]
