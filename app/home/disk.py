"""Room on the volumes of a corpus, by the rule of the disk guard."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from app.home.values import CorpusSeen, VolumeSeen
from engine.convert.guard import Room, reserve_for, why_not
from engine.convert.view import Level
from engine.crew.answers import State
from engine.host.disk import default_floor, device_of, free_bytes
from engine.units import show_bytes


def folders_of(corpus: Path, state: Path, seen: CorpusSeen | None) -> tuple[tuple[str, Path], ...]:
    """Name a folder on each volume that there may be: the corpus, its state, its sources."""
    sources = () if seen is None else tuple((source.source, corpus / source.source) for source in seen.sources)
    return (("disk", corpus), ("state", state), *sources)


def look_at_volumes(
    folders: Iterable[tuple[str, Path]], floor_bytes: int | None, shard_bytes: int
) -> tuple[VolumeSeen, ...]:
    """Ask each volume once.

    Args:
        folders: names and folders; the first on a volume names it.
        floor_bytes: as configured; None for each volume's default.
        shard_bytes: how large a shard is that would start next.
    """
    found: dict[int, VolumeSeen] = {}
    for name, folder in folders:
        try:
            device = device_of(folder)
            if device not in found:
                floor = default_floor(folder) if floor_bytes is None else floor_bytes
                found[device] = judge(name, Room(free_bytes(folder), floor), shard_bytes)
        except OSError as error:
            told = f"{folder}: cannot be asked for its room: {error.strerror}"
            found[-len(found) - 1] = VolumeSeen(name, Room(0, 0), Level.UNKNOWN, told)
    return tuple(found.values())


def judge(name: str, room: Room, shard_bytes: int) -> VolumeSeen:
    """Say how a volume is: red below its floor, yellow where the next shard would have to wait."""
    if room.free_bytes < room.floor_bytes:
        missing = room.floor_bytes - room.free_bytes
        told = f"{show_bytes(missing)} below the floor: no shard starts, and what runs is paused"
        return VolumeSeen(name, room, Level.RED, told)
    waits = why_not(room, 0, reserve_for(shard_bytes))
    return VolumeSeen(name, room, Level.GREEN if waits is None else Level.YELLOW, waits or "")


def shard_bytes_of(seen: CorpusSeen | None) -> int:
    """Return how large a shard of a corpus is, in the mean; 0 where nothing is to be converted, or nothing known."""
    if seen is None or not seen.shards or not any(seen.counts.get(state) for state in (State.PENDING, State.FAILED)):
        return 0
    return seen.size_bytes // seen.shards
