"""The trials of a sweep: what each works on, with how many workers, in which order. Decisions only; no disk, no clock.

The counts take turns, a few rounds long, so that what else the machine does falls on all of them: in the first round
from the fewest up, since what is far beyond the knee need not be measured at all, then in random order. More rounds
follow until the recommendation does not hang on any one of them.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from engine.convert.auto_workers import threads_each
from engine.convert.guard import Room, reserve_for
from engine.convert.plan import Planned, spread_over
from engine.convert.sweep_events import SweepTrial
from engine.convert.sweep_set import SHARDS_A_WORKER_MIN, Group, repeated, shards_a_worker
from engine.convert.sweep_trial import Figures, Stint
from engine.convert.sweep_verdict import is_steady
from engine.convert.tasks import Result
from engine.run.queue import Task
from engine.units import show_bytes

ROUNDS = 3
"""Of each count: a median of three outlives one disturbance."""
ROUNDS_MOST = 6
"""Where the recommendation still hangs on one round, so many: who sweeps waits for it."""
OUT = 0.7
"""Of the pace of the best count's worst trial: a count whose best trial is below this is out of the race. One of fewer
workers than the best has two trials first: they cost little, and it is the one to choose where it is as good."""
OUT_IN_A_ROW = 2
"""After so many such counts, larger ones are out too: nothing recovers that far beyond its knee."""
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
    threads: int = 1
    """Of each worker."""
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


def in_the_race(counts: Sequence[int], trials: Sequence[SweepTrial]) -> tuple[int, ...]:
    """Return which numbers of workers are worth another trial.

    Args:
        counts: all that were to be measured.
        trials: those of this codec that count so far.
    """
    paces: dict[int, list[float]] = {}
    for told in trials:
        paces.setdefault(told.figures.workers, []).append(told.figures.mb_per_s)
    best = max(paces, key=lambda count: min(paces[count]), default=0)
    bar = OUT * min(paces.get(best, [0.0]))
    left: list[int] = []
    behind = 0
    for count in sorted(counts):
        own = paces.get(count, [])
        is_out = len(own) >= (1 if count > best else 2) and max(own) < bar
        behind = behind + 1 if is_out and count > max(left, default=count) else 0
        if behind == OUT_IN_A_ROW:
            break
        if not is_out:
            left.append(count)
    return tuple(left)


def is_over(number: int, trials: Sequence[SweepTrial]) -> bool:
    """Tell whether a codec needs no round of this number any more.

    Args:
        number: of the round, from 1.
        trials: those of this codec that count so far.
    """
    if number <= ROUNDS:
        return False
    return number > ROUNDS_MOST or len(trials) < ROUNDS or is_steady(by_round(trials))


def by_round(trials: Sequence[SweepTrial]) -> list[list[Figures]]:
    """Sort what was measured by round."""
    rounds = sorted({told.round for told in trials})
    return [[told.figures for told in trials if told.round == number] for number in rounds]


def turns(codec: str, number: int, counts: Sequence[int]) -> list[int]:
    """Say in which order the numbers of workers take their turns in a round."""
    if number == 1:
        return sorted(counts)
    return random.Random(f"{codec} {number}").sample(counts, len(counts))  # noqa: S311  # no secret


def trial_of(
    one: TrialSet, number: int, count: int, usable_cpus: int, order: Callable[[Planned, str, int], Task]
) -> Trial:
    """Lay out one trial.

    Args:
        one: what the trials of its codec work on.
        number: of the round.
        count: of workers.
        usable_cpus: how many processors they may have.
        order: makes the task that measures a shard; its second argument tells the task from others of that shard, its
            third says how many threads it may use.
    """
    codec = one.group.codec
    threads = threads_each(codec, usable_cpus, count)
    tasks = [
        order(shard, f"{codec} {number}.{count}.{place}", threads)
        for place, shard in enumerate(repeated(one.shards, count * one.a_worker, first=number))
    ]
    return Trial(codec, number, count, tasks, threads)


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
