"""What a sweep found for each codec: the recommended workers, the time all of it takes, and what the disk allows."""

from __future__ import annotations

from collections.abc import Sequence

from engine.convert.guard import reserve_for
from engine.convert.plan import Planned
from engine.convert.sweep_events import SweepGroup, SweepTrial
from engine.convert.sweep_rounds import TrialSet, by_round
from engine.convert.sweep_set import Group
from engine.convert.sweep_verdict import find, is_steady, medians
from engine.convert.volumes import Volumes


def judge(
    sets: Sequence[TrialSet], trials: Sequence[SweepTrial], usable_cpus: int, volumes: Volumes
) -> tuple[SweepGroup, ...]:
    """Judge each codec by the medians of its trials.

    Args:
        sets: what the trials worked on.
        trials: those that count; a codec with none of them is left out.
        usable_cpus: how many CPUs the workers may have.
        volumes: those that the shards are on.
    """
    own = [(one, [trial for trial in trials if trial.codec == one.group.codec]) for one in sets]
    return tuple(_judged(one.group, those, usable_cpus, volumes) for one, those in own if those)


def _judged(group: Group, trials: Sequence[SweepTrial], usable_cpus: int, volumes: Volumes) -> SweepGroup:
    figures = medians(trial.figures for trial in trials)
    finding = find(figures, usable_cpus)
    pace = next(each.mb_per_s for each in figures if each.workers == finding.workers)
    return SweepGroup(
        codec=group.codec,
        bytes_to_do=group.bytes_to_do,
        recommended_workers=finding.workers,
        limited_by=finding.limited_by,
        why=finding.why,
        mb_per_s=pace,
        estimate_s=round(group.bytes_to_do / (pace * 1e6), 3),
        disk_allows=min(_room_for(shards, volumes) for shards in _by_volume(group, volumes).values()),
        figures=figures,
        sources=tuple(dict.fromkeys(shard.place.source for shard in group.shards)),
        steady=is_steady(by_round(trials)) if len(by_round(trials)) > 1 else False,
    )


def _by_volume(group: Group, volumes: Volumes) -> dict[int, list[Planned]]:
    by_volume: dict[int, list[Planned]] = {}
    for shard in group.shards:
        by_volume.setdefault(volumes.device(shard.place.files.folder), []).append(shard)
    return by_volume


def _room_for(shards: Sequence[Planned], volumes: Volumes) -> int:
    """Return how many workers the disk guard lets start on one volume before anything there is converted."""
    room = volumes.room(shards[0].place.files.folder)
    largest = reserve_for(max(shard.size_bytes for shard in shards))
    return max(0, (room.free_bytes - room.floor_bytes) // largest)
