"""The figures of the console: each with its goal, in one table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.measuring import Spread, figure


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure; less is better."""

    name: str
    value: Spread
    unit: str
    goal: float | None = None
    """The most that it may be, in the same unit."""

    @property
    def is_reached(self) -> bool:
        """Tell whether the goal is met by the median."""
        return self.goal is None or self.value.middle <= self.goal

    def row(self) -> str:
        """Write it as a row of a Markdown table."""
        goal = "" if self.goal is None else f"≤ {figure(self.goal) if self.goal % 1 else int(self.goal)} {self.unit}"
        reached = "" if self.goal is None else "yes" if self.is_reached else "no"
        return f"| {self.name} | {goal.strip()} | {self.value} {self.unit}".rstrip() + f" | {reached} |"


def table(figures: Iterable[Figure]) -> str:
    """Write figures as a Markdown table."""
    head = ("| figure | goal | measured: median [least-most] | reached |", "| --- | --- | --- | --- |")
    return "\n".join((*head, *(each.row() for each in figures))) + "\n"
