"""The inventory's figures for the table of the conversion: see :mod:`benchmarks.inventory_latency`, which tells more.

Each is one run: what it waits for is a clock, not the machine.
"""

from __future__ import annotations

import shutil
import sys

from benchmarks.figures import Figure, Goal, Section
from benchmarks.inventory_latency import (
    LARGE_CLIP_S,
    LARGE_CLIPS,
    READ_US,
    SHARDS,
    SMALL_CLIP_S,
    SMALL_CLIPS,
    SlowReads,
    Timed,
    make_corpus,
    slowly,
)
from benchmarks.measuring import Spread
from benchmarks.plan import Plan, plan_from

KINDS = {"large": (LARGE_CLIPS, LARGE_CLIP_S), "small": (SMALL_CLIPS, SMALL_CLIP_S)}
RUNS = {"first inventory": Goal(60, at_least=False, unit=" s"), "rerun": Goal(5, at_least=False, unit=" s")}
QUICK_SHARDS = 60


def measure(plan: Plan) -> Section:
    """Take the inventory of large and of small shards twice each."""
    shards = QUICK_SHARDS if plan.quick else SHARDS
    figures: list[Figure] = []
    remarks: list[str] = []
    for kind, (clips, clip_s) in KINDS.items():
        what = f"inventory of {shards:,} shards of {clips:,} clips, {READ_US / 1000:g} ms a read"
        if shutil.which("gcc") is None:
            figures += [Figure(f"{what}: {run}", goal, None, "apt install gcc") for run, goal in RUNS.items()]
            continue
        for (run, goal), took in zip(RUNS.items(), _timed(plan, kind, shards, clips, clip_s), strict=True):
            figures.append(Figure(f"{what}: {run}", goal, Spread.of([took.wall_s])))
            remarks.append(f"{kind} shards, {run}: {took.cpu_s:.1f} s CPU; a shard: {took.per(shards)}")
    return Section("Inventory", tuple(figures), remarks=tuple(remarks))


def _timed(plan: Plan, kind: str, shards: int, clips: int, clip_s: float) -> list[Timed]:
    corpus = make_corpus(plan.place(f"inventory {kind}"), shards, clips, clip_s)
    slow = SlowReads(plan.folder, corpus)
    slow.env["XDG_STATE_HOME"] = str(plan.place("state"))  # the runs are not the user's
    inventory = [sys.executable, "-P", "-m", "app", "--json", "inventory", str(corpus)]
    return [slowly(slow, inventory) for _ in RUNS]


def main() -> None:
    """Print this benchmark's part."""
    plan_from(sys.argv[1:], measure)


if __name__ == "__main__":
    main()
