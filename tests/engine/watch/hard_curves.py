"""Curves that mislead: healthy ones that look broken, and broken ones that look healthy, with a known truth.

The noise of small batches, shards and epochs that differ, schedules that start again, losses below 0 or near it, logs
that round or average; and runs whose loss goes on looking fine, or whose noise hides what happens.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.watch.records import EVAL_LOSS, GRAD_NORM, LEARNING_RATE, Record
from tests.engine.watch.curves import Floats, Made, made, noise, scratch_level

Rng = np.random.Generator
Columns = dict[str, Floats]


def _level(rng: Rng, steps: Floats) -> Floats:
    return scratch_level(steps, rng.uniform(4.5, 9.0), rng.uniform(1.5, 2.8), rng.uniform(0.3, 0.45))


def _batch_noise(rng: Rng, count: int) -> Floats:
    """Return means of a few samples that differ by factors."""
    samples = int(rng.choice([2, 4, 8]))
    return np.asarray(rng.lognormal(-0.125, 0.5, (count, samples)).mean(axis=1), dtype=np.float64)


def _small_batch(rng: Rng, steps: Floats) -> tuple[Floats, Columns]:
    return _level(rng, steps) * 0.6 * _batch_noise(rng, len(steps)), {}


def _shards(rng: Rng, steps: Floats) -> tuple[Floats, Columns]:
    """Each stretch of the data is a little harder or easier."""
    length = int(rng.integers(30, 250))
    each = np.repeat(rng.normal(0, rng.uniform(0.01, 0.03), len(steps) // length + 1), length)[: len(steps)]
    return _level(rng, steps) * (1 + each) * noise(rng, len(steps), 0.02), {}


def _epochs(rng: Rng, steps: Floats) -> tuple[Floats, Columns]:
    """A fine-tune that falls at each new epoch and is flat, or climbs a little, within."""
    epoch, within = np.divmod(np.arange(len(steps)) / len(steps) * 3, 1)
    level = (1.2 + 0.4 * np.exp(-steps / 30)) * 0.8**epoch * (1 + 0.02 * within)
    return level * noise(rng, len(steps), 0.1), {LEARNING_RATE: 1e-5 * (1 - 0.99 * steps / steps[-1])}


def _restarts(rng: Rng, steps: Floats) -> tuple[Floats, Columns]:
    cycle = np.arange(len(steps)) / len(steps) * 4 % 1
    rate = 0.5 * (1 + np.cos(np.pi * cycle))
    return _level(rng, steps) * (1 + 0.06 * rate) * noise(rng, len(steps), 0.02), {LEARNING_RATE: 1e-3 * rate + 1e-6}


def _rare_task(rng: Rng, steps: Floats) -> tuple[Floats, Columns]:
    """One batch in so many is of a harder task."""
    harder = np.where(rng.random(len(steps)) < rng.uniform(0.03, 0.2), rng.uniform(1.3, 1.9), 1.0)
    return _level(rng, steps) * 0.6 * harder * noise(rng, len(steps), 0.03), {}


def _likelihood(rng: Rng, steps: Floats) -> tuple[Floats, Columns]:
    """Negative log-likelihood of a density: it may fall below 0, on any scale."""
    scale = float(rng.choice([1.0, 100.0, 1500.0]))
    return scale * (-1 + 2.5 * (1 + steps / 40) ** -0.6 + rng.normal(0, rng.uniform(0.02, 0.1), len(steps))), {}


def _tiny(rng: Rng, steps: Floats) -> tuple[Floats, Columns]:
    """A squared error that is printed with few digits of its own."""
    level = 10 ** rng.uniform(-4, -2) * (0.1 + 0.9 * (1 + steps / 30) ** -0.7)
    return np.round(level * rng.lognormal(0, 0.3, len(steps)), int(rng.integers(4, 8))), {}


def _long_warm_up(rng: Rng, steps: Floats) -> tuple[Floats, Columns]:
    """The learning rate grows for half of the run, and the loss has a bump on the way."""
    centre = len(steps) * rng.uniform(0.15, 0.3)
    bump = 1 + rng.uniform(0.01, 0.05) * np.exp(-(((np.arange(len(steps)) - centre) / (centre / 3)) ** 2))
    rate = 3e-4 * np.minimum(1, 2 * steps / steps[-1])
    return _level(rng, steps) * bump * noise(rng, len(steps), 0.02), {LEARNING_RATE: rate}


def _running_mean(rng: Rng, steps: Floats) -> tuple[Floats, Columns]:
    """The mean since the epoch began, as progress bars print it."""
    loss = _level(rng, steps) * noise(rng, len(steps), 0.08)
    length = int(rng.choice([100, 500, 1000]))
    for start in range(0, len(steps), length):
        part = loss[start : start + length]
        loss[start : start + length] = np.cumsum(part) / np.arange(1, len(part) + 1)
    return loss, {}


HARD_HEALTHY: dict[str, Callable[[Rng, Floats], tuple[Floats, Columns]]] = {
    "small-batch": _small_batch,
    "shards": _shards,
    "epochs": _epochs,
    "restarts": _restarts,
    "rare-task": _rare_task,
    "likelihood": _likelihood,
    "tiny": _tiny,
    "long-warm-up": _long_warm_up,
    "running-mean": _running_mean,
}
"""Kinds of healthy runs that mislead."""


def hard_healthy(kind: str, seed: int, count: int = 4000, interval: int = 1) -> Made:
    """Return a healthy run of a kind."""
    rng = np.random.default_rng([seed, 6, *kind.encode()])
    at = np.arange(1, count + 1) * interval
    loss, more = HARD_HEALTHY[kind](rng, at.astype(np.float64))
    return made(f"{kind}-{seed}", at, loss, more=more)


def _steady(rng: Rng, steps: Floats) -> Floats:
    return _level(rng, steps) * noise(rng, len(steps), rng.uniform(0.01, 0.04))


def _small_zeros(rng: Rng, steps: Floats, onset: int) -> tuple[Floats, Columns]:
    loss = 0.04 * (1 + steps / 10) ** -0.4 * rng.lognormal(0, 0.1, len(steps))
    loss[onset:] = 0.0
    return loss, {}


def _constant(rng: Rng, steps: Floats, onset: int) -> tuple[Floats, Columns]:
    """The same float again and again, and no gradient norm that would tell."""
    loss = _steady(rng, steps)
    loss[onset:] = loss[onset]
    return loss, {}


def _same_batch(rng: Rng, steps: Floats, onset: int) -> tuple[Floats, Columns]:
    """The loader hangs at one batch: it is learned by heart."""
    since = np.maximum(0.0, steps - steps[onset])
    return _steady(rng, steps) * np.exp(-np.minimum(since / rng.uniform(15, 60), 8.0)), {}


def _no_gradient(rng: Rng, steps: Floats, onset: int) -> tuple[Floats, Columns]:
    level, norms = _level(rng, steps), np.exp(rng.normal(0, 0.3, len(steps)))
    level[onset:], norms[onset:] = level[onset], 0.0
    return level * noise(rng, len(steps), 0.02), {GRAD_NORM: norms}


def _ramp(rng: Rng, steps: Floats, onset: int) -> tuple[Floats, Columns]:
    """The learning rate climbs by 3 % a step; the loss follows late."""
    since = np.maximum(0.0, steps - steps[onset])
    loss = _steady(rng, steps) * (1 + 0.25 * np.minimum(since / 150, 6.0) ** 2)
    return loss, {LEARNING_RATE: 1e-3 * 1.03 ** np.minimum(since, 300.0)}


def _below_zero(rng: Rng, steps: Floats, onset: int) -> tuple[Floats, Columns]:
    since = np.maximum(0.0, steps - steps[onset])
    loss = -3.4 + 8 * (1 + steps / 20) ** -0.7 + rng.normal(0, 0.08, len(steps))
    return loss + np.minimum(6.0, 0.3 * np.expm1(np.minimum(since / 50, 10))), {}


def _noisy(rng: Rng, steps: Floats, onset: int) -> tuple[Floats, Columns]:
    """Divergence within the noise of small batches."""
    since = np.maximum(0.0, steps - steps[onset])
    return _level(rng, steps) * 0.6 * _batch_noise(rng, len(steps)) * np.minimum(4.0, np.exp(since / 100)), {}


HARD_BROKEN: dict[str, Callable[[Rng, Floats, int], tuple[Floats, Columns]]] = {
    "small-zeros": _small_zeros,
    "constant": _constant,
    "same-batch": _same_batch,
    "no-gradient": _no_gradient,
    "lr-ramp": _ramp,
    "below-zero": _below_zero,
    "noisy-diverge": _noisy,
}
"""Kinds of broken runs that look healthy for long."""


def hard_broken(kind: str, seed: int, count: int = 3000, interval: int = 1) -> Made:
    """Return a run that is healthy until its onset, then broken as ``kind`` says."""
    rng = np.random.default_rng([seed, 7, *kind.encode()])
    at = np.arange(1, count + 1) * interval
    onset = int(rng.integers(count // 4, count // 2))
    loss, more = HARD_BROKEN[kind](rng, at.astype(np.float64), onset)
    return made(f"{kind}-{seed}", at, loss, onset=int(at[onset]), more=more)


def overfitted(seed: int, count: int = 3000, interval: int = 1) -> Made:
    """Return a run whose training loss falls on while its validation loss climbs from a third of it on."""
    rng = np.random.default_rng([seed, 8])
    share = np.arange(1, count + 1) / count
    loss = 3 * (0.2 + 0.8 * np.exp(-3 * share)) * noise(rng, count, 0.04)
    level = 2.2 + 0.8 * np.exp(-8 * share) + 0.9 * np.maximum(0.0, share - 1 / 3)
    training = made(f"overfitted-{seed}", np.arange(1, count + 1) * interval, loss, onset=count // 3 * interval)
    records: list[Record] = []
    for index, record in enumerate(training.records):
        records.append(record)
        if index % 50 == 49:
            value = float(level[index] * (1 + rng.normal(0, 0.01)))
            records.append(Record(record.source, record.run, 0, record.step, {EVAL_LOSS: value}))
    return Made(training.name, tuple(records), training.onset)
