"""What a run gives the job that it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.run.control import Controls
from engine.run.events import Summary
from engine.run.log import EventLog


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a job works: its log, its folders, what its workers may have."""

    run_id: str
    tool: str
    """Name and version of this program, as records keep it."""
    state: Path
    """STATE: what outlives the run."""
    log: EventLog
    worker_env: Mapping[str, str]
    """The whole environment of its workers."""
    cpus: int
    """How many this process may use."""


class Job(Controls, Protocol):
    """One thing that gonogo does, under way."""

    @property
    def stopped(self) -> bool:
        """Whether somebody told it to stop."""

    async def run(self) -> Summary:
        """Do it, telling the log what happens; return the last event, which the caller writes.

        Raises:
            GonogoError: when it cannot go on at all.
        """
