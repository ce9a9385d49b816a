"""One manifest out of a corpus's fragments: gonogo beside polars' streaming sink and Arrow's data sets.

``python -m benchmarks.manifest [--rows N] [--rounds N] [--scratch FOLDER]``. Makes 4,138 fragments of 2,417 clips (1.5
GB, some two minutes), then has each candidate put them together in a process of its own, in turns. gonogo finds groups
and duplicates first, writes page checksums, the table of problems and the report; the others copy rows.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.figures import Figure, Goal, Section, figures_table, table
from benchmarks.lane import ROOT
from benchmarks.machine import load, processor
from benchmarks.manifest_lanes import CANDIDATES, OUTPUT_BYTES, PEAK_BYTES
from benchmarks.measuring import Cost, Race, Spread, figure, turns
from benchmarks.plan import Plan
from engine.host.facts import package_versions

FRAGMENTS: Final = 4138
CLIPS: Final = 2417
ROUNDS: Final = 3
QUICK_FRAGMENTS: Final = 40
MAKERS: Final = 2
CPU_GOAL: Final = Goal(1.1, at_least=False)
PEAK_GOAL: Final = Goal(200, at_least=False, unit=" MB")
OURS, MERGE, POLARS = "gonogo", "gonogo, merge alone", "polars sink_parquet"


def main() -> None:
    """Make, measure, print."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--rows", type=int, default=FRAGMENTS * CLIPS, help="clips in all; fewer make a quick run")
    made.add_argument("--rounds", type=int, default=ROUNDS)
    made.add_argument("--scratch", type=Path, help="a folder for some 3 GB [the system's temporary folder]")
    asked = made.parse_args()
    count = max(1, asked.rows // CLIPS)
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-", dir=asked.scratch) as home:
        race = _raced(Path(home) / "fragments", count, asked.rounds)
    sys.stdout.write(_text(race, count))


def measure(plan: Plan) -> Section:
    """Put one manifest together as part of a longer run; the candidates are told as remarks."""
    count = QUICK_FRAGMENTS if plan.quick else FRAGMENTS
    plan.told("manifest")(f"{count:,} fragments")
    race = _raced(plan.place("fragments"), count, plan.rounds(ROUNDS))
    columns = ("CPU s", "wall s", "peak MB", "output MB")
    told = (
        f"{name}: {', '.join(f'{what} {value}' for what, value in zip(columns, values, strict=True))}"
        for name, *values in _rows(race)
    )
    return Section("Manifest", _figures(race), remarks=(f"{count * CLIPS:,} rows from {count:,} fragments", *told))


def _raced(fragments: Path, count: int, rounds: int) -> Race:
    """Make fragments, and let the candidates put them together in turns."""
    _make(fragments, count)
    race = Race()
    for order in turns(list(CANDIDATES), rounds):
        for name in order:
            race.add(name, _measured(name, fragments))
    return race


def _make(folder: Path, count: int) -> None:
    folder.mkdir()
    edges = [count * part // MAKERS for part in range(MAKERS + 1)]
    makers = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.manifest_fragments", str(folder), str(first), str(last), str(CLIPS)],
            cwd=ROOT,
        )
        for first, last in pairwise(edges)
    ]
    ends = [maker.wait() for maker in makers]
    if any(ends):
        raise SystemExit("the fragments could not be made; why stands above")


def _measured(name: str, fragments: Path) -> Cost:
    """Run one candidate in a child process; what it writes is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="out-", dir=fragments.parent) as folder:
        argv = [sys.executable, "-m", "benchmarks.manifest_lanes", name, str(fragments), f"{folder}/manifest.parquet"]
        told = subprocess.run(argv, stdout=subprocess.PIPE, check=True, cwd=ROOT).stdout
    cost = msgspec.json.decode(told, type=Cost)
    sys.stderr.write(f"{name}: {cost.cpu_s:.2f} CPU s, peak {cost.parts[PEAK_BYTES] / 1e6:.0f} MB\n")
    return cost


def _text(race: Race, count: int) -> str:
    head = (
        f"{count * CLIPS:,} rows from {count:,} fragments; {processor()}; load average {load()}",
        ", ".join(f"{name} {version}" for name, version in package_versions(("pyarrow", "polars", "numpy")).items()),
    )
    columns = ("candidate", "CPU s", "wall s", "peak MB", "output MB")
    return (
        "".join(f"- {line}\n" for line in head)
        + f"\n{figures_table([Section('', _figures(race))])}\n{table(columns, _rows(race))}"
    )


def _figures(race: Race) -> tuple[Figure, ...]:
    ratio = Spread.of(our.cpu_s / their.cpu_s for our, their in zip(race[OURS], race[POLARS], strict=True))
    alone = Spread.of(our.cpu_s / their.cpu_s for our, their in zip(race[MERGE], race[POLARS], strict=True))
    peak = Spread.of(cost.parts[PEAK_BYTES] / 1e6 for cost in race[OURS])
    return (
        Figure("manifest, groups and merge, CPU: gonogo / polars' streaming sink", CPU_GOAL, ratio),
        Figure("manifest, merge alone, CPU: gonogo / polars' streaming sink", None, alone),
        Figure("manifest, groups and merge: peak memory", PEAK_GOAL, peak),
    )


def _rows(race: Race) -> list[tuple[str, ...]]:
    """Return the table of the candidates."""
    return [
        (
            name,
            str(Spread.of(cost.cpu_s for cost in race[name])),
            str(Spread.of(cost.wall_s for cost in race[name])),
            figure(Spread.of(cost.parts[PEAK_BYTES] / 1e6 for cost in race[name]).middle),
            figure(Spread.of(cost.parts[OUTPUT_BYTES] / 1e6 for cost in race[name]).middle),
        )
        for name in CANDIDATES
    ]


if __name__ == "__main__":
    main()
