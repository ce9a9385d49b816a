"""Lines of one shape, which differ in their numbers alone: understood once by the patterns, then read by place.

A trainer writes the same words a hundred thousand times. The patterns take some 25 microseconds a line; cutting a line
at its numbers, and looking up what stands between them, takes a third of that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from engine.watch.naming import STEP_NAMES
from engine.watch.sources.numbers import NUMBER
from engine.watch.sources.patterns import PAIR, PLACES, Pattern

SPLIT: Final = re.compile(rf"({NUMBER})")
"""Cuts a line into words and numbers, which take turns."""
PLACE_WORDS: Final = frozenset(
    {"epoch", "ep", "batch", "of", "s", "v_num", "valid_num_updates", "train_num_updates", *STEP_NAMES}
)
"""What tells where a line stands; no metric."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the numbers of one shape of line stand among its parts."""

    pattern: str
    step: int
    values: tuple[tuple[str, int], ...]


def number_at(parts: Sequence[str], at: int) -> float:
    """Return the number that is a part."""
    text = parts[at]
    return float(text.replace(",", "") if "," in text else text)


def plan_of(pattern: Pattern, match: re.Match[str], line: str, name_of: Callable[[str], str]) -> Plan | None:
    """Return how lines of this shape are read; None where more than the numbers at their places decides."""
    told = {name for name, text in match.groupdict().items() if text is not None}
    if "step" not in told or told & (set(PLACES) - {"step"}):
        return None
    places = {number.start(): 2 * at + 1 for at, number in enumerate(SPLIT.finditer(line))}
    found: dict[str, int | None] = {}
    if pattern.pairs:
        for pair in PAIR.finditer(line):
            found.setdefault(name_of(pair[1]), places.get(pair.start(2)))
    for group in told - {"step"}:
        found[group] = places.get(match.start(group))
    values = tuple((name, at) for name, at in found.items() if at is not None and name.lower() not in PLACE_WORDS)
    step = places.get(match.start("step"))
    if step is None or any(at is None for at in found.values()):
        return None
    return Plan(pattern.name, step, values)
