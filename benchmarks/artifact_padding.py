"""What padding costs in gonogo's buckets and in lhotse's, for the same clips.

``python -m benchmarks.artifact_padding [--quick]``. 200,000 durations are drawn several times (mean 5.9 s, 99th
percentile 19.9 s, none over 40 s) and cut into 30 buckets by gonogo and by lhotse. lhotse needs torch, so it runs where
that is installed, in a Python of its own; without it gonogo's own equal seconds, which are made to cut as lhotse does,
stand in, and the figure's name says so.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from benchmarks.figures import Figure, Goal, Section
from benchmarks.lane import ROOT
from benchmarks.measuring import Spread, figure
from benchmarks.plan import Plan, plan_from
from engine.dataset.buckets.bins import equal_seconds, optimal
from engine.dataset.buckets.durations import Histogram, Seconds

CLIPS: Final = 200_000
ROUNDS: Final = 5
"""Draws."""
QUICK_CLIPS: Final = 20_000
BUCKETS: Final = 30
LONGEST_S: Final = 40.0
LOG_MEAN, LOG_SPREAD = 1.595, 0.600
"""Of the lognormal distribution with mean 5.9 s and 99th percentile 19.9 s: two equations, two parameters."""
FIRST_CLIPS: Final = 10_000
"""All that lhotse's sampler looks at unless told otherwise (num_cuts_for_bins_estimate)."""
BATCH_S: Final = 600.0
"""Of a bucket's upper edge times its clips."""
GOAL: Final = Goal(0.8, at_least=False)
PYTHONS: Final = (Path(sys.executable), ROOT / ".venv-real/bin/python")
"""Where lhotse may be."""


class Theirs(msgspec.Struct, frozen=True):
    """What ``benchmarks.artifact_lhotse`` prints."""

    version: str
    edges_s: list[list[float]]


@dataclass(frozen=True)
class Padded:
    """Shares of the batches that are padding, in per cent."""

    to_edge: float
    """Were every clip padded to its bucket's upper edge: what the buckets alone decide."""
    in_batches: float
    """Each batch padded to its longest clip."""

    @classmethod
    def of(cls, durations_s: Seconds, edges_s: Seconds) -> Padded:
        """Put clips into buckets and the clips of a bucket, in random order, into batches; counted clip by clip."""
        whole_s, padded_s = float(durations_s.sum()), 0.0
        bucket = np.searchsorted(edges_s, durations_s)
        for at, edge_s in enumerate(edges_s.tolist()):
            clips = np.random.default_rng(at).permutation(durations_s[bucket == at])
            size = max(1, int(BATCH_S / edge_s))
            starts = np.arange(0, clips.size, size)
            if clips.size:
                padded_s += float((np.maximum.reduceat(clips, starts) * np.minimum(size, clips.size - starts)).sum())
        return cls(100 * (1 - whole_s / float(edges_s[bucket].sum())), 100 * (1 - whole_s / padded_s))


def measure(plan: Plan) -> Section:
    """Draw, cut, and count."""
    draws = drawn(plan.rounds(ROUNDS), QUICK_CLIPS if plan.quick else CLIPS)
    ours = [_optimal(durations_s, BUCKETS) for durations_s in draws]
    python = _python_with_lhotse()
    theirs = _by_lhotse(plan, python, draws)
    name = "gonogo's restatement of lhotse's bins" if theirs is None else f"lhotse {theirs.version}"
    cuts = (
        [equal_seconds(Histogram.exact(draw), BUCKETS).tolist() for draw in draws] if theirs is None else theirs.edges_s
    )
    closed = [_closed(draw, edges) for draw, edges in zip(draws, cuts, strict=True)]
    padded = [Padded.of(*pair) for pair in zip(draws, ours, strict=True)]
    equal = [Padded.of(*pair) for pair in zip(draws, closed, strict=True)]
    what = f"padding, {BUCKETS} buckets, {draws[0].size:,} clips: gonogo / {name}"
    figures = (
        Figure(what, GOAL, _ratio(padded, equal)),
        Figure(
            f"padding in batches of {BATCH_S:g} s, padded to their longest clip",
            None,
            Spread.of(our.in_batches / their.in_batches for our, their in zip(padded, equal, strict=True)),
        ),
        *_from_first_clips(plan, python, draws, padded),
    )
    remarks = (_shape(draws), _told("gonogo", padded, ours), _told(name, equal, closed))
    return Section("Padding", figures, remarks=remarks)


def _optimal(durations_s: Seconds, buckets: int) -> Seconds:
    """Cut as the product does, from durations counted in slots."""
    return optimal(Histogram.count([durations_s]), buckets)


def _ratio(ours: list[Padded], theirs: list[Padded]) -> Spread:
    return Spread.of(our.to_edge / their.to_edge for our, their in zip(ours, theirs, strict=True))


def drawn(times: int, clips: int) -> list[Seconds]:
    """Draw durations as a corpus of speech has them, cut at 40 s."""
    return [
        np.minimum(np.random.default_rng(seed).lognormal(LOG_MEAN, LOG_SPREAD, clips), LONGEST_S)
        for seed in range(times)
    ]


def _closed(durations_s: Seconds, edges_s: list[float]) -> Seconds:
    """Add the longest clip's duration, where it is not there: lhotse leaves the last bucket open."""
    return np.unique(np.append(edges_s, durations_s.max()))


def _python_with_lhotse() -> Path | None:
    for python in PYTHONS:
        looks = [str(python), "-c", "import importlib.util as u, sys; sys.exit(u.find_spec('lhotse') is None)"]
        if python.exists() and subprocess.run(looks, check=False).returncode == 0:
            return python
    return None


def _by_lhotse(plan: Plan, python: Path | None, draws: list[Seconds], first: int = 0) -> Theirs | None:
    """Have lhotse estimate its bins; from the first clips alone, where a number is given."""
    if python is None:
        return None
    plan.told("padding")("lhotse")
    file = plan.place("durations.npy")
    np.save(file, np.array(draws))
    script = Path(__file__).with_name("artifact_lhotse.py")
    argv = [str(python), str(script), str(file), str(BUCKETS), *([str(first)] if first else [])]
    return msgspec.json.decode(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout, type=Theirs)


def _from_first_clips(
    plan: Plan, python: Path | None, draws: list[Seconds], padded: list[Padded]
) -> tuple[Figure, ...]:
    theirs = _by_lhotse(plan, python, draws, FIRST_CLIPS)
    if theirs is None:
        return ()
    found = [Padded.of(draw, _closed(draw, edges)) for draw, edges in zip(draws, theirs.edges_s, strict=True)]
    name = f"padding: gonogo / lhotse's bins from the first {FIRST_CLIPS:,} clips, its sampler's default"
    return (Figure(name, None, _ratio(padded, found)),)


def _shape(draws: list[Seconds]) -> str:
    mean, p99, longest = (Spread.of(map(how, draws)) for how in (np.mean, _p99, np.max))
    return f"durations, {len(draws)} draws: mean {mean} s, 99th percentile {p99} s, longest {figure(longest.middle)} s"


def _p99(durations_s: Seconds) -> float:
    return float(np.quantile(durations_s, 0.99))


def _told(name: str, padded: list[Padded], edges: Sequence[Seconds]) -> str:
    to_edge, in_batches = Spread.of(one.to_edge for one in padded), Spread.of(one.in_batches for one in padded)
    cuts = "/".join(f"{count}" for count in sorted({one.size for one in edges}))
    return f"{name}: {to_edge} % to the edges, {in_batches} % in batches; {cuts} edges"


def main() -> None:
    """Print this benchmark's part."""
    plan_from(sys.argv[1:], measure)


if __name__ == "__main__":
    main()
