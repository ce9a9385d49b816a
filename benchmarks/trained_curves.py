"""Curves of small language models that are really trained, with numpy alone, and really broken.

An embedding, a hidden layer and a softmax over 64 characters, by Adam, on text of a random Markov chain. What breaks
them is what breaks large ones: a learning rate that is too high, a ramp, a burst, a batch of noise, shuffled labels,
half precision that overflows, a learning rate of 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from engine.watch.records import GRAD_NORM, LEARNING_RATE
from tests.engine.watch.curves import Made, made

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CHARACTERS = 64
_CONTEXT = 3
_WIDTH = 64
_EMBEDDED = 16
_BATCH = 48
_TEXT = 60_000
_PEAK = 1e-2
_WARM = 60
STEPS = 1200
KINDS = (
    "healthy",
    "lr-too-high",
    "lr-ramp",
    "lr-burst",
    "lr-zero",
    "bad-batch",
    "corrupted-data",
    "half-overflow",
)


@dataclass(slots=True)
class _Model:
    weights: list[Floats]
    first: list[Floats]
    second: list[Floats]


def _text(rng: np.random.Generator) -> Ints:
    """Return characters of a chain of order 2: learnable for long, never to the end."""
    favourites = rng.integers(0, _CHARACTERS, size=(_CHARACTERS, 2, 4))
    text = np.zeros(_TEXT, dtype=np.int64)
    drawn, noise = rng.integers(0, 4, _TEXT), rng.random(_TEXT)
    anything = rng.integers(0, _CHARACTERS, _TEXT)
    for i in range(2, _TEXT):
        likely = favourites[text[i - 1], text[i - 2] % 2, drawn[i]]
        text[i] = anything[i] if noise[i] < 0.15 else likely
    return text


def _model(rng: np.random.Generator) -> _Model:
    shapes = [(_CHARACTERS, _EMBEDDED), (_CONTEXT * _EMBEDDED, _WIDTH), (_WIDTH,), (_WIDTH, _CHARACTERS)]
    weights = [rng.normal(0, 1 / math.sqrt(shape[0]), shape) if len(shape) > 1 else np.zeros(shape) for shape in shapes]
    weights[3] *= 0.1
    return _Model(weights, [np.zeros(shape) for shape in shapes], [np.zeros(shape) for shape in shapes])


def _gradients(model: _Model, inputs: Ints, wanted: Ints, scale: float) -> tuple[float, list[Floats]]:
    """Return loss and gradients; ``scale`` > 0 computes in half precision with that loss scale."""
    kind = np.float16 if scale else np.float64
    embedding, hidden, bias, out = (cast("Floats", each.astype(kind)) for each in model.weights)
    flat = embedding[inputs].reshape(len(inputs), -1)
    active = np.tanh(flat @ hidden + bias)
    logits = active @ out
    logits = logits - logits.max(axis=1, keepdims=True)
    shares = np.exp(logits)
    shares = shares / shares.sum(axis=1, keepdims=True)
    rows = np.arange(len(wanted))
    loss = float(-np.mean(np.log(shares[rows, wanted].astype(np.float64) + 1e-12)))
    back = shares.copy()
    back[rows, wanted] -= kind(1)
    back = back * kind((scale or 1.0) / len(wanted))
    into = (back @ out.T) * (1 - active**2)
    through = (into @ hidden.T).reshape(len(inputs) * _CONTEXT, _EMBEDDED)
    table = np.zeros(embedding.shape, dtype=kind)
    np.add.at(table, inputs.reshape(-1), through)
    found = [table, flat.T @ into, into.sum(axis=0), active.T @ back]
    return loss, [each.astype(np.float64) / (scale or 1.0) for each in found]


def _update(model: _Model, gradients: list[Floats], rate: float, step: int) -> None:
    """Take a step of Adam."""
    for index, gradient in enumerate(gradients):
        model.first[index] += 0.1 * (gradient - model.first[index])
        model.second[index] += 0.001 * (gradient**2 - model.second[index])
        moved = model.first[index] / (1 - 0.9**step)
        model.weights[index] -= rate * moved / (np.sqrt(model.second[index] / (1 - 0.999**step)) + 1e-8)


def _rate(kind: str, step: int, onset: int) -> float:
    rate = _PEAK * min(step / _WARM, 0.1 + 0.45 * (1 + math.cos(math.pi * step / STEPS)))
    since = step - onset
    if kind == "lr-too-high":
        return rate * 100
    if kind == "lr-ramp" and since >= 0:
        return float(rate * 1.03 ** min(since, 400))
    if kind == "lr-burst" and 0 <= since < 5:
        return rate * 100
    return 0.0 if kind == "lr-zero" and step >= _WARM else rate


def train(kind: str, seed: int) -> Made:
    """Train one model for 1,200 steps and return its curve."""
    rng = np.random.default_rng([seed, 77])
    text, model = _text(rng), _model(rng)
    onset = int(rng.integers(500, 700))
    losses: list[float] = []
    norms: list[float] = []
    rates: list[float] = []
    with np.errstate(all="ignore"):
        for step in range(1, STEPS + 1):
            at = rng.integers(_CONTEXT, _TEXT, _BATCH)
            inputs, wanted = text[at[:, None] - np.arange(1, _CONTEXT + 1)], text[at]
            if (kind == "corrupted-data" and step >= onset) or (kind == "bad-batch" and 0 <= step - onset < 3):
                # Labels of other inputs, and for the bad batch such as never come: the rarest there are.
                wanted = rng.permutation(wanted) if kind == "corrupted-data" else (wanted * 7 + 13) % _CHARACTERS
            # Half precision ends at 65,504: a loss scale beyond it makes every gradient infinite.
            scale = 2.0**24 if kind == "half-overflow" and step >= onset else 0.0
            if losses and math.isnan(losses[-1]):
                for column in (losses, norms):
                    column.append(math.nan)  # nothing comes back from NaN weights, and half precision is slow here
                rates.append(_rate(kind, step, onset))
                continue
            loss, gradients = _gradients(model, inputs, wanted, scale)
            norm = math.sqrt(sum(float((each**2).sum()) for each in gradients))
            clip = min(1.0, 1.0 / norm) if norm > 0 and kind not in ("lr-ramp", "half-overflow") else 1.0
            rate = _rate(kind, step, onset)
            _update(model, [each * clip for each in gradients], rate, step)
            losses.append(loss)
            norms.append(norm)
            rates.append(rate)
    began = {"healthy": None, "lr-too-high": 1, "lr-zero": _WARM}.get(kind, onset)
    columns = {GRAD_NORM: norms, LEARNING_RATE: rates}
    return made(f"trained-{kind}-{seed}", range(1, STEPS + 1), losses, onset=began, more=columns)
