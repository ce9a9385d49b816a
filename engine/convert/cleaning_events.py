"""What happens in a clean: what went, what was left and why, and what all of it came to."""

from __future__ import annotations

import msgspec

from engine.convert.cleaning_tasks import Gone, Spent
from engine.run.events import Event, Summary


class ShardCleaned(Event, frozen=True, kw_only=True):
    """A shard's kept original, or what a cut-off swap left of temporary files, is gone."""

    shard: str
    source: str
    gone: tuple[Gone, ...]
    freed_bytes: int
    acted: bool = True
    """False where it was only said what would go."""


class ShardLeft(Event, frozen=True, kw_only=True):
    """Something beside a shard was left as it is."""

    shard: str
    source: str
    names: tuple[str, ...]
    reason: str


class StateCleaned(Event, frozen=True, kw_only=True):
    """Something under STATE is gone."""

    gone: Gone
    acted: bool = True


class StateLeft(Event, frozen=True, kw_only=True):
    """Something under STATE was left as it is."""

    name: str
    reason: str


class Freed(msgspec.Struct, frozen=True, kw_only=True):
    """The room that one kind of things made in one source."""

    kind: Spent
    source: str
    """Empty for what lies under STATE."""
    files: int
    size_bytes: int


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was left, and why."""

    where: str
    """A shard, or a place under STATE."""
    reason: str


class CleanSummary(Summary, frozen=True, kw_only=True, tag="summary"):
    """How a clean ended."""

    counts: dict[str, int]
    """Shards with something beside them: cleaned, left, failed."""
    acted: bool
    """False for a dry run, which says what would go."""
    freed_bytes: int
    freed: tuple[Freed, ...]
    """The same by kind and source."""
    earlier_bytes: int = 0
    """Freed before by cleans on the same validation report, which were cut off."""
    left: tuple[Left, ...]
    """The first of what was left; the report has all."""
    left_count: int
    report: str = ""
    """The whole report, as JSON; a dry run writes none."""
    detail: str = ""
    """Why it is not all done."""
