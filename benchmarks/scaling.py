"""What a second worker gains, against what the machine's memory lets a second process gain at all.

``python -m benchmarks.scaling [--quick]``. WAV shards in a file system in memory, so that no disk is in the way; the
yardstick are processes that do nothing but copy memory. Both alone and in pairs, in turns, on the same two processors.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.figures import Figure, Goal, Section
from benchmarks.lane import Lane, Work
from benchmarks.measuring import Spread, turns
from benchmarks.plan import Plan, plan_for, plan_from

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of this run's own is made in it
SHARD_MB = 100
COPIED_BYTES = 1 << 28
"""Larger than any cache: each copy goes to memory and back."""
COPIES = 12
ROUNDS = 11
GOAL = Goal(0.9)


class Memcpy:
    """Copies memory."""

    def __init__(self) -> None:
        self._source = np.ones(COPIED_BYTES, np.uint8)
        self._target = np.zeros(COPIED_BYTES, np.uint8)

    def prepare(self) -> None:
        """Nothing to make ready."""

    def run(self) -> Work:
        """Copy some gigabytes."""
        for _ in range(COPIES):
            np.copyto(self._target, self._source)
        return Work(COPIES * COPIED_BYTES)


def measure(plan: Plan) -> Section:
    """Measure one and two of each, in turns."""
    name = "1 → 2 workers, WAV in memory: their gain / that of two memcpy-bound processes"
    if len(os.sched_getaffinity(0)) < 2 or not IN_MEMORY.is_dir():
        return Section("A second worker", (Figure(name, GOAL, None, "needs two processors and /dev/shm"),))
    with plan_for(IN_MEMORY, quick=plan.quick) as there, contextlib.ExitStack() as stack:
        shard = there.shard("wav", SHARD_MB)
        pairs = {
            "gonogo": [
                stack.enter_context(Lane("benchmarks.ours:ConvertedShard", shard.path, there.place(f"worker-{at}")))
                for at in range(2)
            ],
            "memcpy": [stack.enter_context(Lane("benchmarks.scaling:Memcpy")) for _ in range(2)],
        }
        rates = _rates(pairs, plan)
    gains = {what: quotients(rates[f"{what} 2"], rates[f"{what} 1"]) for what in pairs}
    figures = (
        Figure(name, GOAL, Spread.of(quotients(gains["gonogo"], gains["memcpy"]))),
        Figure("speed-up by a second worker", None, Spread.of(gains["gonogo"])),
        Figure("speed-up of copying memory by a second process", None, Spread.of(gains["memcpy"])),
    )
    remarks = tuple(f"{name} at once: {Spread.of(held)} MB/s together, by wall" for name, held in rates.items())
    return Section("A second worker", figures, remarks=remarks)


def quotients(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Divide round by round."""
    return [one / other for one, other in zip(above, below, strict=True)]


def _rates(pairs: dict[str, list[Lane]], plan: Plan) -> dict[str, list[float]]:
    """Return MB/s by candidate and how many of it ran at once, round by round."""
    rates: dict[str, list[float]] = {f"{what} {count}": [] for what in pairs for count in (1, 2)}
    for lane in (lane for pair in pairs.values() for lane in pair):
        lane.round()
    for at, order in enumerate(turns(tuple(rates), plan.rounds(ROUNDS)), start=1):
        plan.told("a second worker")(f"round {at}")
        for name in order:
            what, _, count = name.rpartition(" ")
            rates[name].append(_together(pairs[what][: int(count)]))
    return rates


def _together(lanes: Sequence[Lane]) -> float:
    """Let processes do a round at once; return their MB/s together, until the last one is done."""
    for lane in lanes:
        lane.prepare()
    began = time.monotonic()
    for lane in lanes:
        lane.start()
    costs = [lane.finish() for lane in lanes]
    return sum(cost.size_bytes for cost in costs) / 1e6 / (time.monotonic() - began)


def main() -> None:
    """Print this benchmark's part."""
    plan_from(sys.argv[1:], measure)


if __name__ == "__main__":
    main()
