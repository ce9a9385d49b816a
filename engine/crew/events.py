"""What can happen to a shard in more than one room's jobs."""

from __future__ import annotations

from engine.crew.answers import State
from engine.errors import Fault
from engine.run.events import Event


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
