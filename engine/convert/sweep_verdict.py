"""What a worker sweep says: how many workers to use, and what limits them. Pure: figures in, a finding out.

The recommended count is the smallest that is as good as the best: within 5 % of it, or within what repetitions differ
by where that is more (:func:`tolerance`). So noise makes it choose fewer workers, never the most.

The rule for the limit looks at the *knee*: the next count that was measured, where more workers gained nothing. Where
the recommended count is the largest that was measured, there is no knee, and that count itself is looked at. There, of
the time in which workers have a shard:

1. ``cpu``: the workers' CPU seconds fill the CPUs (:data:`CPUS_FULL`), or the workers are busy (:data:`BUSY`: they
   compute or queue for a CPU) and queue for a tenth of their time (:data:`QUEUE`), or they are busy and there is
   no knee: each one keeps a core, and one more still helped.
2. ``unknown``: workers are without a shard for a quarter of their time (:data:`IN_HAND`): the shards are too small.
3. ``memory bandwidth``: busy, more workers gained nothing, CPUs are idle, and a gigabyte costs
   more CPU seconds than with the fewest workers (:data:`INFLATED`): cores stand still while they count as busy.
4. ``disk``: workers wait for :data:`WAITING` of their time or more, and more workers gained nothing, or the last ones
   that were added gained next to nothing (:data:`HARDLY`).
5. ``unknown``: everything else, workers that wait although more of them still help among it; the finding says what is
   missing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from engine.convert.sweep_trial import Figures

NEAR_BEST = 0.95
"""A count within 5 % of the best is as good: repetitions differ by as much, and fewer workers leave room."""
NOISE_AT_MOST = 0.15
"""However much repetitions differ, more than this below the best is not as good: workers that scale bring far more."""
CPUS_FULL = 0.85
"""Of all usable CPUs: the engine, interrupts and write-back take the rest."""
BUSY = 0.85
"""Of a worker's time with a shard in hand: even CPU-bound workers wait for an fsync now and then."""
QUEUE = 0.10
"""Ready to run for a tenth of the time without a CPU: there are more runnable workers than CPUs for them."""
WAITING = 0.30
"""Neither computing nor queueing for so much of the time: something slower than the CPU sets the pace."""
HARDLY = 0.25
"""Added workers that bring less than a quarter of what those before them bring each: they wait for the same thing. What
they bring beyond nothing is computing while others wait. Waits that are each worker's own (latency) add up fully."""
IN_HAND = 0.75
"""With a shard in hand for less, a worker's pace is set by the hand-out of orders."""
INFLATED = 1.25
"""CPU cost of a byte against the fewest workers: two processes sharing caches alone were measured at 1.15."""


class Limit(StrEnum):
    """What keeps a conversion from going faster."""

    CPU = "cpu"
    DISK = "disk"
    MEMORY = "memory bandwidth"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """The recommendation, and the reason."""

    workers: int
    limited_by: Limit
    why: str


def counts_up_to(cpus: int) -> tuple[int, ...]:
    """Choose what to measure: powers of two up to the usable CPUs, and their number itself.

    >>> counts_up_to(6)
    (1, 2, 4, 6)
    """
    return tuple(sorted({1 << step for step in range(cpus.bit_length()) if 1 << step <= cpus} | {cpus}))


def medians(trials: Iterable[Figures]) -> tuple[Figures, ...]:
    """Take the median of each figure over the repetitions of each count, by count."""
    by_count: dict[int, list[Figures]] = {}
    for trial in trials:
        by_count.setdefault(trial.workers, []).append(trial)
    return tuple(_median(by_count[count]) for count in sorted(by_count))


def _median(repetitions: Sequence[Figures]) -> Figures:
    stages = dict.fromkeys(stage for one in repetitions for stage in one.stages)
    paces = [one.mb_per_s for one in repetitions]
    return Figures(
        workers=repetitions[0].workers,
        wall_s=median(one.wall_s for one in repetitions),
        bytes_in=median(one.bytes_in for one in repetitions),
        mb_per_s=median(paces),
        cpu_s_per_gb=median(one.cpu_s_per_gb for one in repetitions),
        utilisation=median(one.utilisation for one in repetitions),
        in_hand=median(one.in_hand for one in repetitions),
        on_cpu=median(one.on_cpu for one in repetitions),
        cpu_wait=median(one.cpu_wait for one in repetitions),
        stages={stage: median(one.stages.get(stage, 0.0) for one in repetitions) for stage in stages},
        disk_read_bytes=median(one.disk_read_bytes for one in repetitions),
        disk_written_bytes=median(one.disk_written_bytes for one in repetitions),
        threads=repetitions[0].threads,
        rounds=len(repetitions),
        spread=(max(paces) - min(paces)) / 2 / median(paces) if median(paces) > 0 else 0.0,
    )


def tolerance(figures: Sequence[Figures]) -> float:
    """Return by which share a count may miss the best and be as good: what repetitions differ by, 5 % at least.

    The spread is the typical one over all counts: of one count, three repetitions tell little. A median of more
    repetitions is off by less.
    """
    doubts = [one.spread * 2 / math.sqrt(one.rounds) for one in figures if one.rounds > 1]
    return min(NOISE_AT_MOST, max(1 - NEAR_BEST, median(doubts) if doubts else 0.0))


def recommend(figures: Sequence[Figures]) -> int:
    """Return the smallest count whose throughput is as good as the best; ``figures`` holds one of each count."""
    best = max(one.mb_per_s for one in figures)
    allowed = 1 - tolerance(figures)
    return min(one.workers for one in figures if one.mb_per_s >= allowed * best)


def is_steady(rounds: Sequence[Sequence[Figures]]) -> bool:
    """Tell whether the recommendation stays the same whichever round is left out.

    Args:
        rounds: what each measured, at least two rounds.
    """
    without = (
        recommend(medians(one for at, told in enumerate(rounds) if at != left for one in told))
        for left in range(len(rounds))
    )
    return len(set(without)) == 1


def find(figures: Sequence[Figures], usable_cpus: int) -> Finding:
    """Recommend a count and name the limit, by the rule at the top of this module.

    Args:
        figures: the medians of each count, at least one.
        usable_cpus: how many CPUs the workers may have.
    """
    ordered = sorted(figures, key=lambda one: one.workers)
    workers = recommend(ordered)
    beyond = [one for one in ordered if one.workers > workers]
    at = beyond[0] if beyond else ordered[-1]
    limit, why = _limit(at, ordered[0], _growth(ordered, at), usable_cpus, knee=bool(beyond))
    return Finding(workers, limit, why + _doubt(ordered))


def _doubt(ordered: Sequence[Figures]) -> str:
    """Say so where the machine was too noisy to tell counts apart that differ by more than usual."""
    noise = tolerance(ordered)
    if round(noise, 2) <= 1 - NEAR_BEST:
        return ""
    return f"; repetitions differ so much that gains below {noise:.0%} cannot be told from noise"


def _growth(ordered: Sequence[Figures], at: Figures) -> float:
    """Return what the workers added last brought, each, against those before them: 1 where all scale, 0 for nothing."""
    before = [one for one in ordered if one.workers < at.workers]
    if not before or not before[-1].mb_per_s:
        return 1.0
    last = before[-1]
    return (at.mb_per_s / last.mb_per_s - 1) / (at.workers / last.workers - 1)


def _limit(at: Figures, fewest: Figures, growth: float, usable_cpus: int, *, knee: bool) -> tuple[Limit, str]:
    filled = at.utilisation * at.workers * at.threads / usable_cpus
    busy = at.on_cpu + at.cpu_wait
    inflation = at.cpu_s_per_gb / fewest.cpu_s_per_gb if fewest.cpu_s_per_gb else 1.0
    there = f"at {at.workers} workers" if at.workers > 1 else "at 1 worker"
    if filled >= CPUS_FULL:
        return Limit.CPU, f"{there}, they take {filled:.0%} of {usable_cpus} usable CPUs"
    if busy >= BUSY and at.cpu_wait >= QUEUE:
        return Limit.CPU, f"{there}, they compute {at.on_cpu:.0%} of the time and queue for a CPU {at.cpu_wait:.0%}"
    if at.in_hand < IN_HAND:
        idle = 1 - at.in_hand
        return Limit.UNKNOWN, f"{there}, they are without a shard {idle:.0%} of the time: the shards are too small"
    if busy >= BUSY and not knee:
        more = "" if at.workers >= usable_cpus else f"; CPUs are left: measure more than {at.workers}"
        return Limit.CPU, f"{there}, they are busy {busy:.0%} of the time{more}"
    if busy >= BUSY and inflation >= INFLATED:
        why = (
            f"{there}, they are busy {busy:.0%} of the time, a byte costs {inflation:.2f} times the CPU, CPUs are idle"
        )
        return Limit.MEMORY, why
    if at.waiting >= WAITING and (knee or growth < HARDLY):
        gain = "more workers gain nothing" if knee else f"the last ones brought {max(growth, 0):.0%} of a worker each"
        return Limit.DISK, f"{there}, they wait {at.waiting:.0%} of the time, and {gain}"
    if at.waiting >= WAITING:
        why = f"{there}, they wait {at.waiting:.0%} of the time, but more workers still gain"
        return Limit.UNKNOWN, f"{why}: measure more than {at.workers}"
    return (
        Limit.UNKNOWN,
        f"{there}, they are busy {busy:.0%} of the time: neither clearly computing nor clearly waiting",
    )
