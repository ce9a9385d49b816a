"""The trials of a sweep: what each works on, with how many workers, in which order. Decisions only; no disk, no clock.

The counts take turns in random order, a few rounds long, so that what else the machine does falls on all of them.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from engine.convert.guard import Room, reserve_for
from engine.convert.plan import Planned, spread_over
from engine.convert.sweep_events import SweepTrial
from engine.convert.sweep_set import SHARDS_A_WORKER_MIN, Group, repeated, shards_a_worker
from engine.convert.sweep_trial import Stint
from engine.convert.tasks import Result
from engine.run.queue import Task
from engine.units import show_bytes

ROUNDS = 3
"""Of each count: a median of three outlives one disturbance."""
TRIAL_S = 1.0
"""What a trial lasts at least: the CPU time of processes is counted in milliseconds, bursts of others in tenths."""

_ROOM_A_WORKER = 2
"""Shards: the one it writes, and the one that it has deleted since somebody last looked how much is free."""


@dataclass(frozen=True, slots=True)
class TrialSet:
    """What the trials of one codec work on."""

    group: Group
    shards: list[Planned]
    counts: tuple[int, ...]
    """Of workers: those asked for that have room; maybe none."""
    a_worker: int
    """Shards, in one trial."""
    shortfall: str
    """Which counts have no room, and what they would need; empty where all have."""


@dataclass(slots=True)
class Trial:
    """A trial under way."""

    codec: str
    round: int
    workers: int
    tasks: list[Task]
    stints: list[Stint] = field(default_factory=list)
    disturbed: bool = False
    """Somebody held it, or a worker died: its figures are worth nothing."""


def trial_set(
    one: Group, measured: Mapping[str, Result], left_out: Collection[str], asked: Sequence[int], room: Room
) -> TrialSet | None:
    """Choose what the trials of a group work on: the shards that were tried, and more where a count has more workers.

    Args:
        one: the group.
        measured: what the dry run found, by shard; each with its measurements.
        left_out: shards that turned out to be none to measure with.
        asked: the numbers of workers, at least one.
        room: what scratch has.

    Returns:
        The set; None where no shard of the group was tried.
    """
    tried = [shard for shard in one.shards if shard.place.id in measured]
    if not tried:
        return None
    usable = [shard for shard in one.shards if shard.place.id not in left_out]
    more = [shard for shard in spread_over(usable, max(asked)) if shard not in tried]
    shards = (tried + more)[: max(len(tried), *asked)]
    reserve = reserve_for(max(shard.size_bytes for shard in shards))
    above = room.free_bytes - room.floor_bytes
    counts = tuple(count for count in asked if _ROOM_A_WORKER * count * reserve <= above)
    shortfall = ""
    if missing := [str(count) for count in asked if count not in counts]:
        there = f"{show_bytes(max(0, above))} above the floor, {show_bytes(_ROOM_A_WORKER * reserve)} for each"
        shortfall = f"not measured for want of room in scratch: {', '.join(missing)} workers ({there})"
    results = [measured[shard.place.id] for shard in tried]
    codec = next((found.measured.codec for found in results if found.measured), one.codec)
    seconds = median(found.measured.seconds for found in results if found.measured)
    group = Group(codec, one.shards, one.bytes_to_do)
    return TrialSet(group, shards, counts, shards_a_worker(TRIAL_S, seconds), shortfall)


def trials_of(sets: Sequence[TrialSet], order: Callable[[Planned, str], Task]) -> list[Trial]:
    """List all trials, the counts of each round in another order.

    Args:
        sets: one for each codec.
        order: makes the task that measures a shard; its second argument tells the task from others of that shard.
    """
    return [trial for number in range(1, ROUNDS + 1) for one in sets for trial in _round(one, number, order)]


def _round(one: TrialSet, number: int, order: Callable[[Planned, str], Task]) -> list[Trial]:
    codec = one.group.codec
    counts = random.Random(f"{codec} {number}").sample(one.counts, len(one.counts))  # noqa: S311  # no secret
    return [
        Trial(
            codec,
            number,
            count,
            [
                order(shard, f"{codec} {number}.{count}.{place}")
                for place, shard in enumerate(repeated(one.shards, count * one.a_worker, first=number))
            ],
        )
        for count in counts
    ]


def enough(
    trial: Trial, left_out: Collection[str], sizes: Mapping[str, int], earlier: Sequence[SweepTrial]
) -> list[Task]:
    """Choose what of a trial's shards are worked on: where a round before this told the pace, what that needs.

    Args:
        trial: about to begin.
        left_out: shards that turned out to be none to measure with.
        sizes: the bytes of each task's shard, by task.
        earlier: the trials that count so far.
    """
    tasks = [task for task in trial.tasks if task.label not in left_out]
    paces = [
        told.figures.mb_per_s * 1e6
        for told in earlier
        if (told.codec, told.figures.workers) == (trial.codec, trial.workers)
    ]
    if not tasks or not paces:
        return tasks
    mean_bytes = sum(sizes[task.id] for task in tasks) / len(tasks)
    wanted = math.ceil(TRIAL_S * max(paces) / max(mean_bytes, 1.0))
    return tasks[: max(wanted, SHARDS_A_WORKER_MIN * trial.workers)]
