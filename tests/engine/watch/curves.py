"""Makes training curves with a known truth: healthy ones with the noise of real runs, and broken ones.

Noise as real runs have it: correlated a little, with heavier tails than a normal's, lone spikes of single batches that
recover at once, warm-up, decay. A seed makes the same curve each time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from engine.watch.records import EVAL_LOSS, GRAD_NORM, LEARNING_RATE, LOSS, Record

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Made:
    """A curve and the truth about it."""

    name: str
    records: tuple[Record, ...]
    onset: int | None = None
    """The step at which it was broken; None where it is healthy."""

    @property
    def healthy(self) -> bool:
        """Nothing is wrong with it."""
        return self.onset is None

    @property
    def steps(self) -> int:
        """From its first step to its last."""
        return self.records[-1].step - self.records[0].step + 1


def made(
    name: str,
    steps: Sequence[int] | NDArray[np.int64],
    loss: Sequence[float] | Floats,
    *,
    onset: int | None = None,
    more: Mapping[str, Sequence[float] | Floats] | None = None,
) -> Made:
    """Make records of columns; ``more`` by canonical name."""
    columns = {LOSS: loss, **(more or {})}
    rows = zip(*columns.values(), strict=True)
    records = tuple(
        Record("made", "", 0, int(step), dict(zip(columns, map(float, row), strict=True)))
        for step, row in zip(steps, rows, strict=True)
    )
    return Made(name, records, onset)


def thinned(curve: Made, interval: int) -> Made:
    """Log each ``interval``-th record alone."""
    return replace(curve, records=curve.records[::interval])


def resumed(records: Sequence[Record], cut: int, replay: int) -> list[Record]:
    """Stop after ``cut`` records and start again ``replay`` records before: the same steps come once more."""
    again = [structs.replace(record, segment=1) for record in records[max(0, cut - replay) :]]
    return [*records[:cut], *again]


def noise(rng: np.random.Generator, count: int, share: float, correlation: float = 0.0) -> Floats:
    """Return factors around 1 with heavy tails."""
    drawn = rng.standard_t(df=float(rng.uniform(5, 30)), size=count) * share
    for i in range(1, count if correlation else 0):
        drawn[i] = correlation * drawn[i - 1] + math.sqrt(1 - correlation**2) * drawn[i]
    return np.asarray(np.maximum(0.3, 1 + drawn), dtype=np.float64)


def scratch_level(steps: Floats, start: float = 7.6, floor: float = 2.2, fall: float = 0.25) -> Floats:
    """Return a power law that begins at ``start``."""
    return np.asarray(floor + (start - floor) * (1 + steps / 5) ** -fall, dtype=np.float64)


def schedule(steps: Floats, peak: float = 3e-4, warm: int = 100) -> Floats:
    """Return a warm-up and a cosine down to a tenth."""
    rest = np.clip((steps - warm) / max(1.0, steps[-1] - warm), 0, 1)
    return np.asarray(peak * np.minimum(steps / warm, 0.1 + 0.45 * (1 + np.cos(np.pi * rest))), dtype=np.float64)


def scratch(seed: int, count: int = 3000, interval: int = 1) -> Made:
    """Return a healthy run from scratch, with lone spikes and single overflows."""
    rng = np.random.default_rng([seed, 1])
    at = np.arange(1, count + 1) * interval
    steps = at.astype(np.float64)
    start, floor, fall = rng.uniform(4.5, 10.9), rng.uniform(1.5, 2.8), rng.uniform(0.3, 0.45)
    loss = scratch_level(steps, start, floor, fall) * noise(rng, count, rng.uniform(0.01, 0.05), rng.uniform(0, 0.3))
    for spike in rng.integers(200, count, size=int(rng.integers(0, 3))):
        loss[spike] *= 1 + rng.uniform(0.15, 0.7)
    norms = np.exp(rng.normal(0, 0.3, count))
    norms[rng.random(count) < 0.01] = math.inf
    more: dict[str, Floats] = {GRAD_NORM: norms}
    if rng.random() < 0.5:
        more[LEARNING_RATE] = schedule(steps)
    return made(f"scratch-{seed}", at, loss, more=more)


def fine_tune(seed: int, count: int = 4000, interval: int = 1, begin: float = 3.52, end: float = 3.42) -> Made:
    """Return a healthy fine-tune: 3 % in all, far less than the noise of a batch, and gradients that overflow."""
    rng = np.random.default_rng([seed, 2])
    at = np.arange(1, count + 1) * interval
    tau = at[-1] * rng.uniform(0.2, 0.6)
    level = end + (begin - end) * (np.exp(-at / tau) - math.exp(-at[-1] / tau)) / (1 - math.exp(-at[-1] / tau))
    loss = level * noise(rng, count, rng.uniform(0.01, 0.06), rng.uniform(0, 0.2))
    norms = np.exp(rng.normal(0, 0.3, count))
    norms[rng.random(count) < 0.08] = math.nan
    return made(f"fine-tune-{seed}", at, loss, more={GRAD_NORM: norms})


def memorized(seed: int, count: int = 400, interval: int = 25) -> Made:
    """Return a fine-tune of a small data set: 0.3 falls to 0.0002, printed with 4 digits."""
    rng = np.random.default_rng([seed, 3])
    at = np.arange(1, count + 1) * interval
    loss = np.round((0.3 * np.exp(-at / 1200) + 0.0002) * noise(rng, count, 0.1), 4)
    return made(f"memorized-{seed}", at, loss)


def heavy(seed: int, count: int = 4000, interval: int = 1) -> Made:
    """Return a squared error as diffusion models log it: a batch is often twice the level, and that is no news."""
    rng = np.random.default_rng([seed, 4])
    at = np.arange(1, count + 1) * interval
    level = 0.05 + 0.6 * (1 + at / 10) ** -0.6
    return made(f"heavy-{seed}", at, level * np.exp(rng.normal(0, rng.uniform(0.2, 0.35), count)))


HEALTHY: tuple[Callable[[int, int, int], Made], ...] = (scratch, fine_tune, heavy)


def broken(kind: str, seed: int, count: int = 3000, interval: int = 1) -> Made:
    """Return a run that is healthy until its onset, then broken as ``kind`` says."""
    rng = np.random.default_rng([seed, 5])
    at = np.arange(1, count + 1) * interval
    steps = at.astype(np.float64)
    factors = noise(rng, count, rng.uniform(0.01, 0.04), rng.uniform(0, 0.3))
    level = scratch_level(steps, rng.uniform(4.5, 10.9), rng.uniform(1.5, 2.8), rng.uniform(0.3, 0.45))
    onset = int(rng.integers(count // 8, count // 2))
    since = np.maximum(0.0, steps - steps[onset])
    norms = np.exp(rng.normal(0, 0.3, count))
    begin, loss = BROKEN[kind](level, factors, norms, onset, since)
    return made(f"{kind}-{seed}", at, loss, onset=int(at[begin]), more={GRAD_NORM: norms})


def _nan(level: Floats, factors: Floats, norms: Floats, onset: int, since: Floats) -> tuple[int, Floats]:
    loss = level * factors
    loss[onset:] = norms[onset:] = math.nan
    return onset, loss


def _inf(level: Floats, factors: Floats, norms: Floats, onset: int, since: Floats) -> tuple[int, Floats]:
    loss = level * factors
    loss[onset] = math.inf
    return onset, loss


def _zeros(level: Floats, factors: Floats, norms: Floats, onset: int, since: Floats) -> tuple[int, Floats]:
    """Hugging Face's filter: part of a mean, then zeros."""
    loss = level * factors
    loss[onset] *= 0.56
    loss[onset + 1 :] = 0.0
    return onset, loss


def _repeated(level: Floats, factors: Floats, norms: Floats, onset: int, since: Floats) -> tuple[int, Floats]:
    loss = level * factors
    loss[onset:] = loss[onset]
    norms[onset:] = math.nan
    return onset, loss


def _overflow(level: Floats, factors: Floats, norms: Floats, onset: int, since: Floats) -> tuple[int, Floats]:
    """Half precision gives up: gradients overflow at each step, nothing is learned any more."""
    loss = level * factors
    loss[onset:] = level[onset] * factors[onset:]
    norms[onset:] = math.inf
    return onset, loss


def _spike(level: Floats, factors: Floats, norms: Floats, onset: int, since: Floats) -> tuple[int, Floats]:
    """4.2, 6.8, 5.3, and a slow recovery from there."""
    loss = 4.2 * np.maximum(0.9, 1 + 0.06 * (1 - np.arange(len(level)) / onset)) * factors
    loss[onset] = 6.8
    loss[onset + 1 :] *= 1 + 0.26 * np.exp(-(since[onset + 1 :] - since[onset + 1]) / (50 * since[onset + 1]))
    return onset, loss


def _shift(share: float) -> Callable[[Floats, Floats, Floats, int, Floats], tuple[int, Floats]]:
    def shift(level: Floats, factors: Floats, norms: Floats, onset: int, since: Floats) -> tuple[int, Floats]:
        loss = level * factors
        loss[onset:] *= 1 + share
        return onset, loss

    return shift


def _drift(level: Floats, factors: Floats, norms: Floats, onset: int, since: Floats) -> tuple[int, Floats]:
    """A quarter more within 1,000 steps."""
    return onset, np.asarray(level * factors * (1 + 0.25 * since / 1000), dtype=np.float64)


def _diverge(level: Floats, factors: Floats, norms: Floats, onset: int, since: Floats) -> tuple[int, Floats]:
    """Grows by a factor e in 150 steps, and ends at ten times."""
    grown = np.minimum(10.0, 1 + 0.05 * np.expm1(np.minimum(20.0, since / 50)))
    return onset, np.asarray(level * factors * grown, dtype=np.float64)


def _too_high(level: Floats, factors: Floats, norms: Floats, onset: int, since: Floats) -> tuple[int, Floats]:
    """A fast fall over a few steps that ends far too early."""
    at = np.arange(len(level))
    return 0, np.asarray((3.2 + 2.5 * np.exp(-at / 12)) * factors, dtype=np.float64)


def _stuck(level: Floats, factors: Floats, norms: Floats, onset: int, since: Floats) -> tuple[int, Floats]:
    return 0, np.asarray(4.7 * factors, dtype=np.float64)


def _plateau(level: Floats, factors: Floats, norms: Floats, onset: int, since: Floats) -> tuple[int, Floats]:
    early = len(level) // 10
    return early, np.asarray(np.maximum(level, level[early]) * factors, dtype=np.float64)


BROKEN: dict[str, Callable[[Floats, Floats, Floats, int, Floats], tuple[int, Floats]]] = {
    "nan": _nan,
    "inf": _inf,
    "zeros": _zeros,
    "repeated": _repeated,
    "overflow": _overflow,
    "spike": _spike,
    "shift-15": _shift(0.15),
    "shift-40": _shift(0.40),
    "corruption": _shift(0.80),
    "drift": _drift,
    "diverge": _diverge,
    "too-high": _too_high,
    "stuck": _stuck,
    "plateau": _plateau,
}
"""Kinds of broken runs."""


def with_validation(curve: Made, step: int, value: float) -> Made:
    """Add a validation loss after a step."""
    extra = Record("made", "", 0, step, {EVAL_LOSS: value})
    return replace(curve, records=tuple(sorted([*curve.records, extra], key=lambda record: record.step)))
