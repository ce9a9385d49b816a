"""A run's view that remembers what has changed, so that nobody who shows thousands of shards looks at all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Final, Protocol

from engine.convert.events import (
    ShardDone,
    ShardFailed,
    ShardQuarantined,
    ShardSeen,
    ShardsFound,
    ShardSkipped,
    ShardStarted,
    ShardTried,
)
from engine.convert.validation_events import ShardValidated
from engine.convert.view import AnySummary, RunView
from engine.crew.events import ShardListed
from engine.run.events import Event

_OF_A_SHARD: Final[frozenset[type[Event]]] = frozenset(
    {
        ShardStarted,
        ShardDone,
        ShardTried,
        ShardSkipped,
        ShardQuarantined,
        ShardFailed,
        ShardSeen,
        ShardValidated,
        ShardListed,
    }
)
_AT_ONCE: Final[frozenset[type[Event]]] = frozenset({ShardsFound, AnySummary})
"""Those that are about many shards."""
_shard_of: Final[Callable[[Event], str]] = attrgetter("shard")
"""For events of :data:`_OF_A_SHARD`; a long log has a million of them."""


@dataclass
class Followed(RunView):
    """The same fold, and the shards that each event was about, in the order of the events."""

    touched: list[str] = field(default_factory=list)
    """It only grows: each reader remembers how far it has read, and may do so while another thread folds on."""
    is_cut_off: bool = False
    """Its engine is gone and left no summary: whatever is in hand was cut off."""

    def fold(self, events: Sequence[Event]) -> None:
        """Take events."""
        if _AT_ONCE.isdisjoint(event.__class__ for event in events):
            touched: list[str] = [_shard_of(event) for event in events if event.__class__ in _OF_A_SHARD]
        else:
            touched = [shard for event in events for shard in self._about(event)]
        super().fold(events)
        self.touched += touched  # now, for whoever reads it looks at what the fold made of it

    def cut_off(self) -> None:
        """Take it that the engine is gone and the log is read to its end; not while another thread folds on."""
        if not self.is_cut_off and self.summary is None:
            self.is_cut_off = True
            self.touched += tuple(self.in_hand)

    def _about(self, event: Event) -> Iterable[str]:
        match event:
            case ShardsFound():
                return [found.shard for found in event.shards]
            case AnySummary():
                return tuple(self.in_hand)  # they are in nobody's hands any more
            case _:
                return (_shard_of(event),) if event.__class__ in _OF_A_SHARD else ()


class HasView(Protocol):
    """Whoever folds a run's events."""

    view: RunView


def followed(watch: HasView) -> Followed:
    """Return a watch's view, made one that remembers where it is not yet; not while another thread looks."""
    view = watch.view
    if not isinstance(view, Followed):
        known = {each.name: getattr(view, each.name) for each in fields(RunView)}
        view = Followed(**known, touched=list(view.states))
        watch.view = view
    return view
