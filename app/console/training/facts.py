"""What the training screen is told beside what it watches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.watch.actions import Reactor
from engine.watch.explain import Explained
from engine.watch.watching import Gauge, Watching


@dataclass(frozen=True, slots=True)
class Facts:
    """Who sits there, and what is in force."""

    who: str
    """In whose name alerts are acknowledged."""
    gauges: Sequence[Gauge] = ()
    """What is looked at beside the logs; shown as they say."""
    armed: str = ""
    """What is done on red, in words; "" where nothing but telling."""
    rules: tuple[Explained, ...] = ()
    """The rules in force, to read."""


@dataclass(frozen=True, slots=True)
class Watched:
    """All that the screen is opened on."""

    watching: Watching
    reactor: Reactor
    """What is done on red."""
    facts: Facts
