"""How far a run that is over came in its own work, and which jobs change no state of a shard. Pure.

A conversion plans, before it begins, how many shards it has to do: its share is what it has settled of these. Jobs that
look at shards tell of each that they have looked at, and of none before: with a summary of their own they have looked
at all, and without it nobody knows of how many. Jobs on the corpus as a whole have one thing to do.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.convert.view import RunView
from engine.run.outcome import Outcome
from engine.units import counted

_LOOK: Final = {
    "inventory": "looked at",
    "validate": "looked at",
    "manifest": "listed",
    "sweep": "tried",
}
"""Jobs whose states of shards are those that the corpus is in anyway, and what they do with each shard."""
_RED_ALONE: Final = frozenset({"recover", "clean"})
"""Jobs that put no shard's state into their logs but that of one that went wrong."""
_CAME_TO_THEIR_END: Final = frozenset({Outcome.OK, Outcome.SOME_FAILED})


class Came(NamedTuple):
    """How far a run came."""

    share: float | None
    """Of its own work; None where nobody knows."""
    told: str


def only_looks(view: RunView) -> bool:
    """Tell whether the states that a run counts are those that it found, and none that it brought about."""
    return view.job in _LOOK or (view.planned is not None and view.planned.dry_run is not None)


def counts_all(view: RunView) -> bool:
    """Tell whether none of a state means that there is none in the corpus, or none among those looked at."""
    return view.job not in _RED_ALONE


def came(view: RunView) -> Came:
    """Say how far a run came, as its log tells it."""
    planned, summary, settled = view.planned, view.summary, len(view.last)
    if planned is not None and planned.dry_run is None:
        if not planned.to_do:
            return Came(1.0, "nothing was left to do")
        return Came(min(1.0, settled / planned.to_do), f"{settled:,}/{planned.to_do:,} shards")
    did = f"{counted(settled, 'shard')} {'tried' if planned is not None else _LOOK.get(view.job, 'settled')}"
    if summary is None:
        return Came(None, f"{did}; how many there are is not known" if settled else "how far it is, is not known")
    if summary.outcome in _CAME_TO_THEIR_END:
        return Came(1.0, did if only_looks(view) else "")
    if summary.outcome is Outcome.GATE_CLOSED and not settled:
        return Came(None, "nothing was done: the gate is closed")
    return Came(None, f"{did}, not all" if settled else "it did not come to its end")
