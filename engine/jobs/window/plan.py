"""What a window is asked to do: its steps with their budgets, gates and verifications, as its file has them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from engine.checklist.kinds import Check
from engine.checklist.lists import Name, Text
from engine.config import GATES
from engine.errors import UsageError
from engine.jobs.window.events import PlannedStep, WindowPlanned
from engine.units import parse_seconds, show_seconds


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of a window: a job, and what stands around it."""

    name: Name
    title: Text
    job: str
    """As ``gonogo`` calls it: ``convert``."""
    budget: str
    """Time that it may take, such as ``45m``."""
    give: dict[str, object] = msgspec.field(default_factory=dict)
    """What the job is given, as its command takes it: ``{ dry_run = 5 }``."""
    gate: str = ""
    """What it may not pass unsigned, where gonogo.toml binds a list to it. A job asks its own gate in any case."""
    verify: tuple[Check, ...] = ()
    """Checks, as in checklists, that hold what it left behind; all must pass before the next step begins."""
    drop: str = ""
    """What is lost without it; "" where it may not be left out."""
    hurry: str = ""
    """What would speed it up."""
    hurry_to: str = ""
    """What it would take then, such as ``5m``."""
    red: Literal["stop", "go on"] = "stop"
    """What the window does when it ends with shards that failed or are quarantined."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        budget_s = _seconds("budget", self.budget)
        if budget_s <= 0:
            raise ValueError(f"budget = {self.budget!r}: wanted more than nothing")
        if self.gate and self.gate not in GATES:
            raise ValueError(f"gate = {self.gate!r}: wanted one of {', '.join(GATES)}")
        if self.hurry_to and not self.hurry:
            raise ValueError("hurry_to without hurry: say what would speed it up")
        if self.hurry_to and _seconds("hurry_to", self.hurry_to) >= budget_s:
            raise ValueError(f"hurry_to = {self.hurry_to!r}: wanted less than the budget of {self.budget}")

    @property
    def budget_s(self) -> float:
        """The budget in seconds."""
        return _seconds("budget", self.budget)

    @property
    def planned(self) -> PlannedStep:
        """The step as a window's log has it."""
        return PlannedStep(
            name=self.name,
            title=self.title,
            job=self.job,
            budget_s=self.budget_s,
            gate=self.gate,
            drop=self.drop,
            hurry=self.hurry,
            hurry_to_s=_seconds("hurry_to", self.hurry_to) if self.hurry_to else None,
            verifications=len(self.verify),
        )


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table ``[window]``."""

    id: Name
    title: Text
    window: Annotated[str, msgspec.Meta(min_length=1)]
    """How long it lasts, such as ``8h``."""
    about: str = ""

    def __post_init__(self) -> None:
        """Refuse a window of no length."""
        if self.window_s <= 0:
            raise ValueError(f"window = {self.window!r}: wanted more than nothing")

    @property
    def window_s(self) -> float:
        """How long it lasts, in seconds."""
        return _seconds("window", self.window)


@dataclass(frozen=True, slots=True)
class Plan:
    """A window's plan, read from its file."""

    head: Head
    steps: tuple[Step, ...]
    path: Path
    content: bytes

    @property
    def id(self) -> str:
        """Its id, which is also its file's name."""
        return self.head.id

    def step(self, name: str) -> Step:
        """Return a step by its name.

        Raises:
            UsageError: when there is none of this name.
        """
        for step in self.steps:
            if step.name == name:
                return step
        raise UsageError(f"{self.path}: {name!r} is no step; there are {', '.join(step.name for step in self.steps)}")

    def check_drops(self, names: tuple[str, ...]) -> None:
        """Look at the steps that somebody wants left out.

        Raises:
            UsageError: when there is no such step, or the plan does not let it be dropped.
        """
        for name in names:
            if not self.step(name).drop:
                may = ", ".join(step.name for step in self.steps if step.drop) or "none"
                raise UsageError(f"{self.path}: {name!r} may not be dropped; those that may: {may}")

    def told(self, began: str, earlier: str = "") -> WindowPlanned:
        """Return the plan as a window's log has it.

        Args:
            began: RFC 3339, UTC: where the window's clock begins.
            earlier: the run that it goes on after.
        """
        return WindowPlanned(
            plan=self.id,
            title=self.head.title,
            path=str(self.path),
            sha256=hashlib.sha256(self.content).hexdigest(),
            window_s=self.head.window_s,
            began=began,
            earlier=earlier,
            steps=tuple(step.planned for step in self.steps),
        )


def over_full(head: Head, steps: tuple[Step, ...]) -> str:
    """Say so where the budgets are more than the window; "" where they fit."""
    total_s = sum(step.budget_s for step in steps)
    if total_s <= head.window_s:
        return ""
    return f"window: read {head.window!r}, but the budgets of the steps come to {show_seconds(total_s)}"


def _seconds(field: str, text: str) -> float:
    try:
        return parse_seconds(text)
    except UsageError as error:
        raise ValueError(f"{field}: {error}") from error
