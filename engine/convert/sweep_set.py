"""Which shards a sweep tries and measures, and how often: decisions only, no disk and no clock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.convert.plan import Planned, spread_over
from engine.convert.tasks import Result
from engine.crew.answers import State

SHARDS_A_WORKER_MIN = 2
"""With one shard for each worker, a trial would be over when the first is done."""
SHARDS_A_WORKER_MAX = 150
"""Fewer than a worker does before it is replaced."""


@dataclass(frozen=True, slots=True)
class Group:
    """The shards of one codec that still need a conversion."""

    codec: str
    """Empty where no sampled shard of a source told it."""
    shards: tuple[Planned, ...]
    bytes_to_do: int


def sample(pending: Sequence[Planned], a_source: int) -> list[Planned]:
    """Choose the shards whose headers tell for their source: so many of each, spread over it."""
    return [
        shard
        for source in dict.fromkeys(shard.place.source for shard in pending)
        for shard in spread_over([one for one in pending if one.place.source == source], a_source)[:a_source]
    ]


def group(pending: Sequence[Planned], looked_at: dict[str, Result]) -> tuple[Group, ...]:
    """Group shards by the codec of their source; the group with most bytes to do comes first.

    Args:
        pending: shards of which no record tells that they are done.
        looked_at: the inspections of a sample, by shard.

    Returns:
        The groups. A source counts with the share of its sampled shards that need a conversion; one with none of
        them is left out.
    """
    shards: dict[str, list[Planned]] = {}
    to_do: dict[str, float] = {}
    for source in dict.fromkeys(shard.place.source for shard in pending):
        own = [shard for shard in pending if shard.place.source == source]
        results = [looked_at[shard.place.id] for shard in own if shard.place.id in looked_at]
        wanted = [result for result in results if result.state is not State.SKIPPED]
        if not wanted:
            continue
        codec = next((found for result in wanted if (found := codec_of(result))), "")
        skipped = {name for name, result in looked_at.items() if result.state is State.SKIPPED}
        left = [shard for shard in own if shard.place.id not in skipped]
        shards.setdefault(codec, []).extend(left)
        share = len(wanted) / len(results)
        to_do[codec] = to_do.get(codec, 0.0) + share * sum(shard.size_bytes for shard in own)
    groups = (Group(codec, tuple(members), round(to_do[codec])) for codec, members in shards.items())
    return tuple(sorted(groups, key=lambda one: -one.bytes_to_do))


def codec_of(result: Result) -> str:
    """Return the codec of an inspected shard that is to be converted; empty for every other."""
    if result.state is not State.PENDING or result.inspection is None:
        return ""
    return "+".join(sorted({clip.codec for clip in result.inspection.audio}))


def share_out(groups: Sequence[Group], shards: int) -> list[int]:
    """Say how many shards of each group the dry run tries: in proportion to their numbers, at least one of each."""
    whole = sum(len(one.shards) for one in groups)
    return [min(len(one.shards), max(1, round(shards * len(one.shards) / whole))) for one in groups]


def shards_a_worker(trial_s: float, shard_s: float) -> int:
    """Say how many shards each worker gets in a trial that shall last ``trial_s``."""
    wanted = trial_s / shard_s if shard_s > 0 else SHARDS_A_WORKER_MAX
    return max(SHARDS_A_WORKER_MIN, math.ceil(min(SHARDS_A_WORKER_MAX, wanted)))


def repeated(shards: Sequence[Planned], count: int, first: int = 0) -> list[Planned]:
    """Repeat the set until there are ``count``; the copies of one shard lie as far apart as the set is long."""
    return [shards[(first + number) % len(shards)] for number in range(count)]
