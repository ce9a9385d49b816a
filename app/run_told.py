"""A run as it was seen at one moment, and what its page reckons with. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from app.run_history import History
from engine.convert.view import Level
from engine.crew.crew import Snapshot
from engine.page.sheet import Table
from engine.run.folder import RunRecord
from engine.units import parse_seconds


@dataclass(frozen=True, slots=True)
class Told:
    """A run as it was seen at one moment."""

    record: RunRecord
    history: History
    alive: bool
    level: Level
    why: str
    ending: tuple[str, ...]
    """Its end in words, the verdict first; empty while it is under way."""
    as_of: str
    """RFC 3339, UTC: when it was looked at."""
    folder: str
    snapshot: Snapshot | None = None
    signers: Table | None = None
    """Who stood behind the gate that opened; None where no list was bound to it."""

    @property
    def is_dry(self) -> bool:
        """Whether it tried shards in scratch, and changed none."""
        return self.record.args.get("dry_run") is not None

    @property
    def end_s(self) -> float:
        """How long it has worked: until its end, or until now."""
        own_s = self.history.elapsed_s
        if self.alive and self.snapshot is not None:
            own_s = self.snapshot.elapsed_s
        return max(own_s, self.history.newest_s)

    @property
    def budget_s(self) -> float | None:
        """The time budget that a conversion was given; None for none."""
        section = self.record.config.get("convert")
        budget = section.get("budget") if self.record.job == "convert" and isinstance(section, dict) else None
        return parse_seconds(budget) if isinstance(budget, str) and budget else None
