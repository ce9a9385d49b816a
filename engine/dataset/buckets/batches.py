"""Batch sizes from a model of the memory that a training step takes; the way where there is no GPU to try it on.

``bytes = fixed + per_second * batch * seconds + per_second2 * batch * seconds**2``: weights, gradients and optimizer
states do not grow with the batch; activations grow with its seconds, and with their square where attention looks at
all pairs of frames.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from engine.errors import UsageError
from engine.units import show_bytes

LARGEST_BATCH: Final = 1 << 16
"""No batch is larger: a bucket of tiny clips would ask for millions, and what a step costs then is not memory."""
_TERMS: Final = 3


class MeasuredStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one step took."""

    batch: int
    """Clips."""
    seconds: float
    """Of each clip, padding included."""
    size_bytes: int
    """The most memory that was in use."""


class MemoryModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The memory of a step, in bytes."""

    fixed_bytes: float
    per_second_bytes: float
    """For each second of each clip."""
    per_second2_bytes: float = 0.0
    """For each clip, times its seconds squared."""

    def __post_init__(self) -> None:
        """Refuse what shrinks as a batch grows, or does not grow at all.

        Raises:
            UsageError: when it does.
        """
        terms = (self.fixed_bytes, self.per_second_bytes, self.per_second2_bytes)
        if not all(0 <= term < float("inf") for term in terms) or not self.per_second_bytes + self.per_second2_bytes:
            read = ", ".join(f"{term:g}" for term in terms)
            raise UsageError(
                f"memory model of fixed, per second, per second squared {read} bytes: wanted no negative number, and "
                "one of the last two above 0; give other numbers, or measure steps of other batch sizes"
            )

    def size_bytes(self, batch: int, seconds: float) -> float:
        """Return what a step on ``batch`` clips of ``seconds`` each takes."""
        return self.fixed_bytes + batch * self.for_a_clip(seconds)

    def for_a_clip(self, seconds: float) -> float:
        """Return what one more clip of so many seconds takes, in bytes."""
        return self.per_second_bytes * seconds + self.per_second2_bytes * seconds**2

    def largest_batch(self, seconds: float, budget_bytes: float) -> int:
        """Return how many clips of ``seconds`` each fit; 0 where none does."""
        return max(0, min(LARGEST_BATCH, int((budget_bytes - self.fixed_bytes) / self.for_a_clip(seconds))))


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """A model that was fitted, and how far the steps it was fitted to are from it."""

    model: MemoryModel
    worst_under: float
    """The most that a step took more than the model says, as a share of what it took: keep so much in reserve."""
    worst_over: float
    """The most that a step took less."""


def fit(steps: Sequence[MeasuredStep]) -> Fit:
    """Fit the model to measured steps by least squares of the relative errors, with no term below zero.

    Non-negative least squares with three terms needs no solver: its solution is the plain least-squares solution on
    the terms that are not zero (Lawson and Hanson, "Solving Least Squares Problems", 1974, chapter 23), and there
    are seven sets of terms to try.

    Raises:
        UsageError: when the steps are too few or too alike to tell the terms apart, or none of the terms that grow
            with the batch explains them.
    """
    sizes = np.array([step.size_bytes for step in steps], dtype=np.float64)
    terms = _terms_of(steps)
    if np.linalg.matrix_rank(terms / np.maximum(np.abs(terms).max(axis=0, initial=0.0), 1e-300)) < _TERMS:
        tried = ", ".join(f"{step.batch} of {step.seconds:g} s" for step in steps) or "none"
        raise UsageError(
            f"measured steps: {tried}: too few or too alike; wanted three or more, of two batch sizes and two durations"
        )
    if (sizes <= 0).any():
        raise UsageError(f"a measured step of {int(sizes.min())} bytes: wanted more than 0; measure it again")
    fixed, per_second, per_second2 = _non_negative(terms / sizes[:, None])
    model = MemoryModel(fixed_bytes=fixed, per_second_bytes=per_second, per_second2_bytes=per_second2)
    errors = sizes / (terms @ np.array([fixed, per_second, per_second2])) - 1.0
    return Fit(model=model, worst_under=max(0.0, float(errors.max())), worst_over=max(0.0, -float(errors.min())))


def _terms_of(steps: Iterable[MeasuredStep]) -> npt.NDArray[np.float64]:
    rows = [(1.0, step.batch * step.seconds, step.batch * step.seconds**2) for step in steps]
    return np.array(rows, dtype=np.float64).reshape(-1, _TERMS)


def _non_negative(relative: npt.NDArray[np.float64]) -> list[float]:
    """Return the three factors ≥ 0 with which the columns add up to one in each row, as nearly as can be."""
    scale = np.linalg.norm(relative, axis=0)
    wanted = np.ones(len(relative))
    best, least = np.zeros(_TERMS), float("inf")
    for count in range(1, _TERMS + 1):
        for chosen in itertools.combinations(range(_TERMS), count):
            columns = list(chosen)
            factors, *_ = np.linalg.lstsq(relative[:, columns] / scale[columns], wanted)
            error = float(np.square(relative[:, columns] / scale[columns] @ factors - wanted).sum())
            if (factors >= 0).all() and error < least:
                best, least = np.zeros(_TERMS), error
                best[columns] = factors / scale[columns]
    return [float(factor) for factor in best]


def modelled_batches(
    edges_s: Sequence[float], model: MemoryModel, budget_bytes: int, memory_fraction: float
) -> list[int]:
    """Return the batch size of each bucket that the model says fits into a share of the memory.

    Args:
        edges_s: upper edges, in seconds.
        model: of the step.
        budget_bytes: what the device has.
        memory_fraction: the share of it that may be used; the rest is for what the model does not know.

    Raises:
        UsageError: when not even one clip of the longest bucket fits, or the fraction is none.
    """
    check_fraction(memory_fraction)
    usable = budget_bytes * memory_fraction
    batches = [model.largest_batch(edge, usable) for edge in edges_s]
    for edge, batch in zip(edges_s, batches, strict=True):
        if not batch:
            raise UsageError(
                f"one clip of {edge:g} s takes {show_bytes(model.size_bytes(1, edge))} by the memory model: wanted at "
                f"most {show_bytes(usable)}; lower max_duration, or use a device with more memory"
            )
    return batches


def check_fraction(memory_fraction: float) -> None:
    """Refuse a share that is none.

    Raises:
        UsageError: when it is not above 0 and at most 1.
    """
    if not 0.0 < memory_fraction <= 1.0:
        raise UsageError(f"memory_fraction = {memory_fraction:g}: wanted above 0 and at most 1, such as 0.9")


def merge_equal(edges_s: Sequence[float], batches: Sequence[int]) -> tuple[list[float], list[int]]:
    """Make one bucket of neighbours with equal batch sizes, as OOMptimizer does; padding grows, so it is a choice.

    Args:
        edges_s: upper edges, rising.
        batches: one for each.
    """
    runs = [list(run) for _, run in itertools.groupby(zip(edges_s, batches, strict=True), key=lambda pair: pair[1])]
    return [run[-1][0] for run in runs], [run[-1][1] for run in runs]
