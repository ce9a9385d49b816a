"""The first of a kind at once, the rest gathered: thousands of events are a few notices. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Gathered(Generic[T]):
    """What is told in one notice."""

    first: tuple[T, ...]
    """The first few."""
    count: int
    before: int
    """So many had been told of already."""


@dataclass(slots=True)
class Gathering(Generic[T]):
    """Things of one kind that wait to be told."""

    quiet_s: float
    """Between two notices."""
    shown: int
    """So many of the things that wait are kept; the others are counted."""
    told: int = 0
    waiting: int = 0
    first: list[T] = field(default_factory=list)
    _last_s: float | None = None

    def add(self, thing: T) -> None:
        """Take one thing."""
        self.waiting += 1
        if len(self.first) < self.shown:
            self.first.append(thing)

    @property
    def due_s(self) -> float | None:
        """When what waits may be told, by the caller's clock; None where nothing waits."""
        if not self.waiting:
            return None
        return float("-inf") if self._last_s is None else self._last_s + self.quiet_s

    def take(self, now_s: float) -> Gathered[T] | None:
        """Return what may be told now, and begin anew; None while nothing may."""
        due_s = self.due_s
        if due_s is None or now_s < due_s:
            return None
        gathered = Gathered(tuple(self.first), self.waiting, self.told)
        self.told += self.waiting
        self.waiting, self._last_s = 0, now_s
        self.first.clear()
        return gathered
