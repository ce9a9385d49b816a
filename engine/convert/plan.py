"""What a conversion finds before it starts: which shards need a worker, which are done by their own records.

Nothing that a shard holds is parsed here, for that is a worker's: names, ``lstat`` and our own small status file.
Many shards are looked at at once, and no file is asked for that its folder's listing did not name a moment ago: where
a look takes 1 ms, thousands of shards take a second.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from engine.crew.answers import State
from engine.shards.files import Facts, Files
from engine.shards.layout import ShardPlace
from engine.shards.listing import LOOKS_AT_ONCE
from engine.shards.record import Record, SwapState, read_record


@dataclass(frozen=True, slots=True)
class Planned:
    """One shard at the start of a run."""

    place: ShardPlace
    state: State
    """Done, recovering (a swap left traces) or pending (nothing is known yet)."""
    size_bytes: int
    kept_since: str = ""
    """When the shard was done whose original is still kept beside it."""


def plan(files: Files, places: tuple[ShardPlace, ...]) -> tuple[Planned, ...]:
    """Look at every shard; those with traces of a swap come first, so that their space is free again soonest.

    Raises:
        OSError: when a folder cannot be looked at.
    """
    with ThreadPoolExecutor(LOOKS_AT_ONCE, "plan") as threads:
        shards = list(threads.map(lambda place: _look(files, place), places))
    return tuple(sorted(shards, key=lambda shard: shard.state is not State.RECOVERING))


def _look(files: Files, place: ShardPlace) -> Planned:
    names = place.files

    def facts(path: Path) -> Facts | None:
        return files.facts(path) if place.may_hold(path) else None

    audio, backup, temporary = facts(names.audio), facts(names.backup), facts(names.temporary)
    record = read_record(files, names.status) if place.may_hold(names.status) else None
    size = audio.identity.size_bytes if audio else 0
    if isinstance(record, Record) and record.state is SwapState.SWAPPED and audio and temporary is None:
        unchanged = record.audio_identity == audio.identity
        if unchanged and backup is None:
            return Planned(place, State.DONE, size)
        if unchanged and backup and record.keeps_backup and record.backup_identity == backup.identity:
            return Planned(place, State.DONE, size, kept_since=record.time)
    traces = audio is None or backup is not None or temporary is not None or record is not None
    return Planned(place, State.RECOVERING if traces else State.PENDING, size)


def spread_over(shards: list[Planned], count: int) -> list[Planned]:
    """Order shards so that the first ``count`` lie evenly over all of them: what a dry run tries."""
    if count <= 0 or not shards:
        return shards
    step = max(1, len(shards) // count)
    first = shards[::step][:count]
    chosen = {shard.place.id for shard in first}
    return first + [shard for shard in shards if shard.place.id not in chosen]


def to_release(kept: list[Planned], keep: int) -> list[Planned]:
    """Choose the kept originals that are more than ``keep``: the oldest go."""
    newest_first = sorted(kept, key=lambda shard: shard.kept_since, reverse=True)
    return newest_first[keep:]
