"""Comparing candidates on a noisy machine: in turns, in random order, as ratios within a round, medians of those.

A burst of load hits all candidates of a round alike, and a ratio of neighbours in time does not see it. Processor time
comes first: it is the candidate's own, where wall time is other programs' as well.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

import msgspec

SEED = 7
"""The order of the turns is random, and the same in each run."""


class Cost(msgspec.Struct, frozen=True):
    """What one candidate took in one round."""

    cpu_s: float
    """Of the process and of the children that it waited for, user and system."""
    wall_s: float
    size_bytes: int
    """Of the work: the PCM that went in. Candidates that do less of it are compared by the byte."""
    parts: dict[str, float] = {}
    """Processor seconds by part of the work, where the candidate tells."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A median, and between what it lies."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Sum up one value a round."""
        held = list(values)
        return cls(median(held), min(held), max(held))

    def times(self, factor: float) -> Spread:
        """Return it in another unit."""
        return Spread(self.middle * factor, self.least * factor, self.most * factor)

    def __str__(self) -> str:
        if self.least == self.most:
            return figure(self.middle)
        return f"{figure(self.middle)} [{figure(self.least)}-{figure(self.most)}]"


def figure(value: float) -> str:
    """Write a number with three digits that count, as many as such measurements are good for."""
    if abs(value) >= 99.5:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 9.95 else f"{value:.2f}"


Clock = Callable[[Cost], float]


def cpu(cost: Cost) -> float:
    """Seconds of processor time."""
    return cost.cpu_s


def wall(cost: Cost) -> float:
    """Seconds that passed."""
    return cost.wall_s


def part(name: str) -> Clock:
    """Processor time of one part of the work."""
    return lambda cost: cost.parts[name]


def turns(names: Sequence[str], rounds: int, seed: int = SEED) -> Iterator[tuple[str, ...]]:
    """Yield the order of each round: every name once."""
    dice = random.Random(seed)  # noqa: S311 - an order, not a secret
    for _ in range(rounds):
        yield tuple(dice.sample(names, len(names)))


def times_as_long(theirs: Sequence[Cost], ours: Sequence[Cost], clock: Clock = cpu) -> Spread:
    """How many times as long another takes for a byte: the ratio within each round."""
    return Spread.of(
        (clock(their) / their.size_bytes) / (clock(our) / our.size_bytes)
        for their, our in zip(theirs, ours, strict=True)
    )


def megabytes_per_s(costs: Sequence[Cost], clock: Clock = cpu) -> Spread:
    """How much went through in a second: MB of PCM."""
    return Spread.of(cost.size_bytes / 1e6 / clock(cost) for cost in costs)


@dataclass
class Race:
    """What a race's rounds gave, by candidate."""

    costs: dict[str, list[Cost]] = field(default_factory=dict)

    def add(self, name: str, cost: Cost) -> None:
        """Keep a candidate's cost of one round."""
        self.costs.setdefault(name, []).append(cost)

    def __getitem__(self, name: str) -> list[Cost]:
        return self.costs[name]

    def __contains__(self, name: str) -> bool:
        return name in self.costs
