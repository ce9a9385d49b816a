"""How good the alerts are: alarms on healthy curves, broken runs found, and how late, for us and for our rivals.

``python -m benchmarks.detectors`` scores every detector on curves that are made and on small models that are really
trained, in a tuning half and a test half with other seeds; ``--curves DIR`` adds CSV files (step, loss, and grad_norm
and lr where there are). No number of a rule was set by a seed of the test half.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.rival_detectors import DETECTORS, Raised, Scored, ours
from benchmarks.trained_curves import KINDS, train
from engine.watch.alerts import Level
from engine.watch.desk import Desk
from engine.watch.records import GRAD_NORM, LEARNING_RATE, LOSS, Record
from engine.watch.rules.detector import Detector
from tests.engine.watch.curves import BROKEN, Made, broken, fine_tune, heavy, made, memorized, scratch, thinned
from tests.engine.watch.hard_curves import HARD_BROKEN, HARD_HEALTHY, hard_broken, hard_healthy, overfitted

GOAL_YELLOW, GOAL_RED = 3.0, 0.2
"""Alarms in 10,000 healthy steps."""
GOAL_US = 50.0
"""Microseconds a record."""
_SEEDS = {"tuning": range(8), "test": range(100, 116)}
_TRAINED_SEEDS = {"tuning": range(2), "test": range(100, 104)}
_DIVERGING = ("diverge", "lr-ramp", "lr_ramp")
_HARMLESS = "bad-batch"
"""A batch of wrong labels in a small model passes without a trace in some seeds: found or not, both are right."""


@dataclass(slots=True)
class Score:
    """What one detector did on some curves."""

    healthy_steps: int = 0
    alarms: int = 0
    reds: int = 0
    broken: int = 0
    found: int = 0
    delays: dict[str, list[int]] = field(default_factory=dict)
    """By kind, steps from the onset to the first alarm."""
    red_delays: dict[str, list[int]] = field(default_factory=dict)
    """The same to the first red."""
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)

    def take(self, curve: Made, raised: Sequence[Raised]) -> None:
        """Count one curve."""
        if curve.onset is None:
            self.healthy_steps += curve.steps
            self.alarms += len(raised)
            self.reds += sum(level is Level.RED for _, level, _ in raised)
            self.false += [f"{curve.name}@{step}:{rule}:{level.name}" for step, level, rule in raised]
            return
        kind = curve.name.rpartition("-")[0] or curve.name
        after = [(step, level) for step, level, _ in raised if step >= curve.onset]
        self.broken += 1
        if not after:
            self.missed.append(curve.name)
            return
        self.found += 1
        self.delays.setdefault(kind, []).append(after[0][0] - curve.onset)
        reds = [step for step, level in after if level is Level.RED]
        if reds:
            self.red_delays.setdefault(kind, []).append(reds[0] - curve.onset)

    def line(self, name: str) -> str:
        """Return one row of the table."""
        per = 10_000 / self.healthy_steps if self.healthy_steps else float("nan")
        delays = [delay for kind in self.delays.values() for delay in kind]
        middle = f"{median(delays):5.0f}" if delays else "    -"
        return (
            f"  {name:18} alarms {self.alarms * per:6.2f}  red {self.reds * per:5.2f}  "
            f"found {self.found:3}/{self.broken:<3}  median delay {middle} steps"
        )


def simulated(half: str, interval: int) -> Iterable[Made]:
    """Make the curves of a half at a log interval."""
    count = 4000 if interval == 1 else 1000
    for seed in _SEEDS[half]:
        yield scratch(seed, count, interval)
        yield fine_tune(seed, count, interval)
        yield heavy(seed, count, interval)
        if interval == 1:
            yield memorized(seed)
        for kind in BROKEN:
            yield broken(kind, seed, 3000 if interval == 1 else 800, interval)


def hard(half: str, interval: int) -> Iterable[Made]:
    """Make the curves of a half that mislead."""
    for seed in _SEEDS[half]:
        for kind in HARD_HEALTHY:
            yield hard_healthy(kind, seed, 4000 if interval == 1 else 1000, interval)
        for kind in HARD_BROKEN:
            yield hard_broken(kind, seed, 3000 if interval == 1 else 800, interval)
        yield overfitted(seed, 3000 if interval == 1 else 800, interval)


def trained(half: str) -> list[Made]:
    """Train the models of a half."""
    return [train(kind, seed) for seed in _TRAINED_SEEDS[half] for kind in KINDS if kind != _HARMLESS]


def given(folder: Path, half: str) -> list[Made]:
    """Read every second file of a folder; ``path_`` but not ``path_healthy`` in its name means broken."""
    files = sorted(folder.glob("*.csv"))[0 if half == "tuning" else 1 :: 2]
    return [_read(file) for file in files]


_COLUMNS = {"loss": LOSS, "grad_norm": GRAD_NORM, "lr": LEARNING_RATE}


def _read(file: Path) -> Made:
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    steps = [int(float(row["step"])) for row in rows]
    columns = {ours: [float(row[name]) for row in rows] for name, ours in _COLUMNS.items() if name in rows[0]}
    loss = columns.pop(LOSS)
    wrong = file.name.startswith("path_") and not file.name.startswith("path_healthy")
    return made(file.stem.replace("_", "-"), steps, loss, onset=_onset(file, steps) if wrong else None, more=columns)


def _onset(file: Path, steps: list[int]) -> int:
    """Return the first step at which a broken run leaves the healthy one of the same seed by 5 %, in loss or rate."""
    twin = file.with_name(f"path_healthy_{file.stem.rpartition('_')[2]}.csv")
    if not twin.exists():
        return steps[0]
    with file.open(newline="") as mine, twin.open(newline="") as healthy:
        for row, other in zip(csv.DictReader(mine), csv.DictReader(healthy), strict=False):
            for name in ("loss", "lr"):
                value, wanted = float(row[name]), float(other[name])
                if not abs(value - wanted) <= 0.05 * abs(wanted):
                    return int(row["step"])
    return steps[0]


def score(curves: Iterable[Made], detectors: dict[str, Scored]) -> dict[str, Score]:
    """Run all detectors over all curves."""
    scores = {name: Score() for name in detectors}
    for curve in curves:
        for name, detector in detectors.items():
            scores[name].take(curve, detector(curve.records))
    return scores


def show(title: str, scores: dict[str, Score]) -> None:
    """Print one table, and for us the delays by kind."""
    first = next(iter(scores.values()))
    _say(f"{title}: {first.healthy_steps:,} healthy steps, {first.broken} broken runs")
    for name, each in scores.items():
        _say(each.line(name))
    mine = scores["gonogo"]
    for kind, delays in mine.delays.items():
        reds = mine.red_delays.get(kind, [])
        red = f"red {len(reds)}, {median(reds):.0f} (at most {max(reds)})" if reds else "no red"
        _say(f"      {kind:24} alarm after {median(delays):.0f} (at most {max(delays)}) steps, {red}")
    for told, names in (("missed", mine.missed), ("false alarms", mine.false)):
        if names:
            _say(f"      {told}: {', '.join(names[:12])}{' …' if len(names) > 12 else ''}")


def cost_us(records: Sequence[Record]) -> float:
    """Return the cost of one record, rules and desk, as the best of five runs: others use the machine too."""
    best = float("inf")
    for _ in range(5):
        detector, desk = Detector(), Desk()
        began = time.process_time()
        for record in records:
            desk.take(record.source, record.run, detector.feed(record))
        best = min(best, (time.process_time() - began) / len(records))
    return best * 1e6


def alike(curves: Iterable[Made]) -> tuple[int, int]:
    """Count the curves whose worst level is the same when only each tenth record is logged."""
    same = count = 0
    for curve in curves:
        levels = [max((level for _, level, _ in ours(each.records)), default=Level.GREEN) for each in _both(curve)]
        count += 1
        same += levels[0] == levels[1]
    return same, count


def _both(curve: Made) -> tuple[Made, Made]:
    return curve, thinned(curve, 10)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--curves", type=Path, help="a folder of CSV files to score as well")
    parser.add_argument("--half", choices=("tuning", "test", "both"), default="test")
    parser.add_argument("--only", choices=("simulated", "trained", "curves"), help="one kind of curves alone")
    given_args = parser.parse_args()
    for half in ("tuning", "test") if given_args.half == "both" else (given_args.half,):
        if given_args.only in (None, "simulated"):
            for interval in (1, 10):
                show(f"{half}, made, log interval {interval}", score(simulated(half, interval), DETECTORS))
                show(f"{half}, misleading, log interval {interval}", score(hard(half, interval), DETECTORS))
        if given_args.only in (None, "trained"):
            curves = trained(half)
            show(f"{half}, really trained", score(curves, DETECTORS))
            show(
                f"{half}, really trained, each tenth record",
                score(map(partial(thinned, interval=10), curves), DETECTORS),
            )
            same, count = alike(curves)
            _say(f"      the same worst level at log interval 1 and 10: {same} of {count}")
        if given_args.curves is not None:
            curves = given(given_args.curves, half)
            show(f"{half}, given", score(curves, DETECTORS))
            same, count = alike(curves)
            _say(f"      the same worst level at log interval 1 and 10: {same} of {count}")
    cost = cost_us(scratch(1, 8000).records)
    _say(f"cost of one record, all rules and the desk: {cost:.0f} µs (goal at most {GOAL_US:.0f})")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
