"""What happens in a validation: a shard was held against what is on record of it, and what all of them came to."""

from __future__ import annotations

from engine.convert.validation_facts import Validation
from engine.crew.answers import State
from engine.errors import Fault
from engine.run.events import Event, Summary


class ShardValidated(Event, frozen=True, kw_only=True):
    """A validation has looked at a shard."""

    shard: str
    source: str
    state: State
    size_bytes: int
    reason: str = ""
    fault: Fault | None = None
    flags: tuple[str, ...] = ()
    validation: Validation


class ValidationSummary(Summary, frozen=True, kw_only=True, tag="summary"):
    """How a validation ended."""

    shards: int
    counts: dict[str, int]
    """Shards by state."""
    verdict: str
    """GO or NO-GO; empty where the validation was cut off."""
    reasons: tuple[str, ...] = ()
    """Why it is NO-GO."""
    cautions: tuple[str, ...] = ()
    """What a person should know and that stands in nobody's way."""
    clips: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    freed_bytes: int = 0
    seconds_before: float = 0.0
    seconds_after: float = 0.0
    spot_decoded: int = 0
    spot_failed: int = 0
    mismatches: int = 0
    report: str = ""
    """The whole report, as JSON."""
    pages: tuple[str, ...] = ()
    """The same for people: Markdown and HTML."""
    detail: str = ""
    """Why it ended early, or the first reason."""
