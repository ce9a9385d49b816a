"""What one more clip costs.

``python -m benchmarks.per_clip [--quick]``. Shards of the same PCM in clips of different lengths, and some of half of
it: processor time = a + b x clips + c x bytes, by least squares within each round.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.figures import Figure, Goal, Section
from benchmarks.lane import Lane, race
from benchmarks.made_shards import Shard
from benchmarks.measuring import Clock, Cost, Race, Spread, cpu, figure
from benchmarks.plan import Plan, plan_from

CLIP_LENGTHS_S = (0.05, 0.1, 0.2, 0.5, 1.0, 3.0, 10.0)
HALF_LENGTHS_S = (0.05, 10.0)
"""Of the shards of half the size: without them the cost of a byte and that of a shard could not be told apart."""
SHARD_MB = 48
ROUNDS = 9
GOAL = Goal(30, at_least=False, unit=" µs")
PROVING = "verify"
"""The stage of a task in which the conversion is read back and compared."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What a conversion's processor time is made of."""

    shard_s: float
    clip_s: float
    byte_s: float
    largest_miss: float
    """Of the fit, as a share of what was measured."""

    @classmethod
    def of(cls, shards: Sequence[Shard], seconds: Sequence[float]) -> Fit:
        """Fit one time a shard, by least squares of the relative misses: noise grows with the time."""
        model = np.array([(1.0, shard.clips, shard.pcm_bytes) for shard in shards])
        scale = model.max(axis=0)  # clips and bytes are four decades apart
        relative = model / scale / np.array(seconds)[:, None]
        found, *_ = np.linalg.lstsq(relative, np.ones(len(shards)), rcond=None)
        misses = np.abs(relative @ found - 1)
        each = found / scale
        return cls(float(each[0]), float(each[1]), float(each[2]), float(misses.max()))


def measure(plan: Plan) -> Section:
    """Convert shards of short and of long clips in turns."""
    made = [plan.shard("wav", SHARD_MB, clip_s) for clip_s in CLIP_LENGTHS_S]
    shards = {shard.path: shard for shard in made}
    shards |= {shard.path: shard for shard in (plan.shard("wav", SHARD_MB // 2, clip_s) for clip_s in HALF_LENGTHS_S)}
    with contextlib.ExitStack() as stack:
        lanes = {
            path: stack.enter_context(Lane("benchmarks.ours:ConvertedShard", path, plan.place(f"clips-{at}")))
            for at, path in enumerate(shards)
        }
        raced = race(lanes, plan.rounds(ROUNDS), plan.told("cost of a clip"))
    whole, unproven = _fits(shards, raced, cpu), _fits(shards, raced, _unproven)
    figures = (
        Figure("cost of one more clip, CPU, with full validation", GOAL, _clip_us(whole)),
        Figure("the same without reading the conversion back, µs", None, _clip_us(unproven)),
    )
    told = (_told("with full validation", whole), _told("without reading back", unproven))
    return Section("One more clip", figures, remarks=(*told, *_each(shards, raced)))


def _unproven(cost: Cost) -> float:
    return cost.cpu_s - cost.parts[PROVING]


def _fits(shards: dict[str, Shard], raced: Race, clock: Clock) -> list[Fit]:
    rounds = zip(*(raced[path] for path in shards), strict=True)
    return [Fit.of(tuple(shards.values()), tuple(map(clock, costs))) for costs in rounds]


def _clip_us(fits: Sequence[Fit]) -> Spread:
    return Spread.of(fit.clip_s * 1e6 for fit in fits)


def _told(what: str, fits: Sequence[Fit]) -> str:
    shard_ms = Spread.of(fit.shard_s * 1e3 for fit in fits)
    byte_ns = Spread.of(fit.byte_s * 1e9 for fit in fits)
    miss = Spread.of(fit.largest_miss for fit in fits)
    return (
        f"CPU {what}: {shard_ms} ms a shard + {_clip_us(fits)} µs a clip + {byte_ns} ns a byte of PCM; "
        f"the fit misses no shard by more than {miss.middle:.0%} (median of the rounds)"
    )


def _each(shards: dict[str, Shard], raced: Race) -> tuple[str, ...]:
    lines = []
    for path, shard in shards.items():
        spread = Spread.of(cost.cpu_s for cost in raced[path])
        lines.append(
            f"{shard.clips:,} clips of {shard.clip_frames / 48_000:g} s, {shard.pcm_bytes / 1e6:.0f} MB: "
            f"{figure(spread.middle * 1e3)} ms"
        )
    return tuple(lines)


def main() -> None:
    """Print this benchmark's part."""
    plan_from(sys.argv[1:], measure)


if __name__ == "__main__":
    main()
