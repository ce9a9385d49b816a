"""What a window that runs late could do without, or do faster, and what that wins. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.jobs.window.events import PlannedStep


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing that wins time."""

    step: str
    title: str
    do: Literal["drop", "hurry"]
    wins_s: float | None
    """None where nobody can say."""
    words: str
    """What is lost by dropping it, or what would speed it up."""


@dataclass(frozen=True, slots=True)
class ToDo:
    """A step that is not over, and how long it is forecast to take still."""

    step: PlannedStep
    seconds: float
    is_waiting: bool
    """It has not begun: only then can it be dropped."""


def advise(to_do: Iterable[ToDo], short_s: float) -> tuple[Advice, ...]:
    """Choose what wins so many seconds, most first, one thing a step, and no more than that takes.

    What nobody can put a figure to comes last, and only where the figures do not suffice.
    """
    steps = list(to_do)
    if short_s <= 0:
        return ()
    chosen: list[Advice] = []
    for one in sorted((best for step in steps if (best := _best(step)) is not None), key=_win, reverse=True):
        if _sum(chosen) >= short_s:
            break
        chosen.append(one)
    if _sum(chosen) >= short_s:
        return tuple(chosen)
    return (*chosen, *_unmeasured(steps))


def wins(advice: Sequence[Advice]) -> float:
    """Return what all of it wins, in seconds."""
    return _sum(advice)


def _best(one: ToDo) -> Advice | None:
    """Return what wins most on a step; doing it faster, where that wins as much as leaving it out."""
    options = []
    step = one.step
    if one.is_waiting and step.hurry_to_s is not None:
        options.append(Advice(step.name, step.title, "hurry", max(0.0, one.seconds - step.hurry_to_s), step.hurry))
    if one.is_waiting and step.drop:
        options.append(Advice(step.name, step.title, "drop", one.seconds, step.drop))
    return max((option for option in options if _win(option) > 0), key=_win, default=None)


def _unmeasured(steps: Iterable[ToDo]) -> list[Advice]:
    return [
        Advice(one.step.name, one.step.title, "hurry", None, one.step.hurry)
        for one in steps
        if one.step.hurry and (one.step.hurry_to_s is None or not one.is_waiting)
    ]


def _win(advice: Advice) -> float:
    return advice.wins_s or 0.0


def _sum(advice: Iterable[Advice]) -> float:
    return sum(_win(one) for one in advice)
