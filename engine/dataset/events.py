"""What happens when artifacts are made: a shard's clips were listed, and what an artifact came to."""

from __future__ import annotations

import msgspec

from engine.crew.answers import State
from engine.errors import Fault
from engine.run.events import Event, Summary


class ShardListed(Event, frozen=True, kw_only=True):
    """The rows of a shard's clips are at hand for the manifest."""

    shard: str
    source: str
    state: State
    clips: int
    problems: int
    """Clips without metadata, metadata without a clip, headers that cannot be read, and the like."""
    current: bool = False
    """They were there from an earlier run, and the shard is as it was then."""
    fault: Fault | None = None
    """Why not all of its clips could be listed."""


class MadeSummary(Summary, frozen=True, kw_only=True, tag="summary"):
    """How the making of an artifact ended."""

    current: bool = False
    """It was there already, made from the same inputs, and was left as it is."""
    told: tuple[str, ...] = ()
    """What it came to, a line each."""
    cautions: tuple[str, ...] = ()
    """What a person should know and that stands in nobody's way."""
    figures: dict[str, int | float | str] = msgspec.field(default_factory=dict)
    """The same for programs."""
    report: str = ""
    """The artifact."""
    pages: tuple[str, ...] = ()
    """What was written beside it."""
    detail: str = ""
    """Why it ended early, or what a person has to mend."""
