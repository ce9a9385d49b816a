"""How every shard stands by what is on record of it, for jobs that only read a corpus: no tar is opened."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.convert.history import read_history
from engine.convert.plan import plan
from engine.crew.answers import State
from engine.shards.files import Files
from engine.shards.layout import ShardPlace


def standing(files: Files, places: tuple[ShardPlace, ...], state: Path) -> Mapping[str, State]:
    """Return the state of each shard by its id.

    A shard that no record speaks of is pending here: whether there is anything to convert in it, its clips tell.

    Raises:
        OSError: when a folder cannot be looked at.
    """
    words = read_history(state)
    found = {}
    for shard in plan(files, places):
        found[shard.place.id] = shard.state
        word = words.get(shard.place.id)
        if shard.state is State.PENDING and word is not None and word.fault is not None:
            facts = files.facts(shard.place.files.audio)
            if facts is not None and word.holds_for(facts.identity):
                found[shard.place.id] = word.state
    return found
