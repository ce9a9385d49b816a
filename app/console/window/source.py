"""What the timeline shows, wherever it comes from: a window's engine, or a simulation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.console.watch import Watch
from app.window_look import WindowLook
from engine.convert.view import Level
from engine.jobs.window.shape import Timetable
from engine.jobs.window.snapshot import WindowSnapshot
from engine.run.control import Request
from engine.run.viewers import Viewing


class WindowSource(Protocol):
    """One window, watched. Looking touches files and sockets: not for an event loop's own thread."""

    @property
    def title(self) -> str:
        """The first line: what is watched, where."""

    @property
    def run_id(self) -> str:
        """The window's run."""

    @property
    def folded(self) -> WindowLook:
        """Its log, as far as it was read."""

    @property
    def table(self) -> Timetable | None:
        """Its timetable at the last look; None before its plan is told."""

    @property
    def snapshot(self) -> WindowSnapshot | None:
        """Its newest snapshot; None where there is no engine."""

    @property
    def alive(self) -> bool:
        """Whether its engine exists."""

    @property
    def health(self) -> tuple[Level, str]:
        """How it is doing, and why."""

    @property
    def ending(self) -> Sequence[str]:
        """How it ended, once it has."""

    @property
    def viewing(self) -> Viewing | None:
        """Who watches, and who has control; None where nobody tells."""

    def close(self) -> None:
        """Watch no more."""

    def take(self) -> str:
        """Take control; return why that was refused, or nothing."""

    def look(self) -> None:
        """Read what is new."""

    def tell(self, request: Request) -> str:
        """Ask the engine for something; return why it refused, or nothing."""

    def step_watch(self, step: str) -> Watch | str:
        """Return a step's own run, to be watched; why there is none yet, else."""
