"""How near gonogo comes to what the disk alone takes: wall time, with originals that the disk has to give.

``python -m benchmarks.disk [--quick] [--folder ON_THE_DISK]``. See :mod:`benchmarks.disk_limit` for what the limit is.
"""

from __future__ import annotations

import contextlib
import sys

from benchmarks.disk_limit import MANNERS
from benchmarks.figures import Figure, Goal, Section
from benchmarks.kernel import choices
from benchmarks.lane import Lane, race
from benchmarks.made_shards import Shard
from benchmarks.measuring import Race, megabytes_per_s, times_as_long, wall
from benchmarks.plan import Plan, plan_from
from benchmarks.shards import gonogo_lane

SHARDS_MB = (100, 400)
ROUNDS = 11
"""A disk's times vary more than a processor's."""
GOAL = Goal(0.9)


def measure(plan: Plan) -> Section:
    """Race shards of two sizes against the disk."""
    figures: list[Figure] = []
    remarks: list[str] = []
    for megabytes in SHARDS_MB:
        raced = _raced(plan, plan.shard("wav", megabytes), f"disk, {megabytes} MB")
        for manner, goal in zip(MANNERS, (GOAL, None), strict=True):
            name = f"WAV shard of {megabytes} MB, wall: the disk's own limit, {manner} / gonogo"
            figures.append(Figure(name, goal, times_as_long(raced[manner], raced["gonogo"], wall)))
        for name in ("gonogo", *MANNERS):
            rates = f"{megabytes_per_s(raced[name], wall)} MB/s by wall, {megabytes_per_s(raced[name])} by CPU"
            remarks.append(f"{megabytes} MB, {name}: {rates}")
    return Section("Against the disk, originals not in the page cache", tuple(figures), remarks=tuple(remarks))


def _raced(plan: Plan, shard: Shard, told: str) -> Race:
    with contextlib.ExitStack() as stack:
        lanes = {"gonogo": stack.enter_context(gonogo_lane(plan, shard, choices()[0], "cold"))}
        for manner in MANNERS:
            limit = Lane("benchmarks.disk_limit:DiskLimit", shard.path, plan.place(f"{told} {manner}"), manner)
            lanes[manner] = stack.enter_context(limit)
        return race(lanes, plan.rounds(ROUNDS), plan.told(told))


def main() -> None:
    """Print this benchmark's part."""
    plan_from(sys.argv[1:], measure)


if __name__ == "__main__":
    main()
