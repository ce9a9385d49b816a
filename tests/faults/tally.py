"""What each harness did, counted while it runs and printed as one table at the end: the figures that the docs carry.

A harness counts into its own :class:`Tally`. Lost, early and stuck must be 0; the wanted number of faults and states
is a floor. The table is printed whenever one was counted, and a harness short of its floor fails the run.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Tally:
    """One line of the table."""

    harness: str
    wanted: int = 0
    """So many faults at least."""
    faults: int = 0
    """Injected: errors, lies, kills, power cuts, mutants, foreign files."""
    states: set[str] = field(default_factory=set)
    """Distinct states on disk that were seen, each in one line."""
    lost: int = 0
    """No whole original and no whole, durable result."""
    early: int = 0
    """An original was gone before its conversion was proven durable."""
    stuck: int = 0
    """An undisturbed run afterwards did not come to the right end."""
    notes: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing was lost and the floor was reached."""
        return not (self.lost or self.early or self.stuck) and self.faults >= self.wanted


class Tallies:
    """All lines of a run."""

    def __init__(self) -> None:
        self._lines: dict[str, Tally] = {}

    def __call__(self, harness: str, *, wanted: int = 0) -> Tally:
        """Return the line of a harness, made at the first call."""
        line = self._lines.setdefault(harness, Tally(harness))
        line.wanted = max(line.wanted, wanted)
        return line

    def told(self) -> list[dict[str, object]]:
        """Return all lines as plain values, for another process."""
        return [{**asdict(line), "states": sorted(line.states)} for line in self._lines.values()]

    def add(self, told: list[dict[str, Any]]) -> None:
        """Add what another process has counted."""
        for values in told:
            line = self(values["harness"], wanted=values["wanted"])
            line.states |= set(values["states"])
            line.notes += values["notes"]
            for name in ("faults", "lost", "early", "stuck"):
                setattr(line, name, getattr(line, name) + values[name])

    def lines(self) -> tuple[Tally, ...]:
        """Return them in the order in which they were made."""
        return tuple(self._lines.values())

    def table(self) -> str:
        """Return the table as text."""
        head = ("harness", "faults", "wanted", "states", "lost", "early", "stuck")
        rows = [
            (one.harness, f"{one.faults:,}", f"{one.wanted:,}" if one.wanted else "", f"{len(one.states):,}",
             str(one.lost), str(one.early), str(one.stuck))
            for one in self._lines.values()
        ]  # fmt: skip
        widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
        return "\n".join(
            "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                      for column, (cell, width) in enumerate(zip(row, widths, strict=True)))
            for row in (head, *rows)
        )  # fmt: skip


TALLIES = Tallies()
"""Of this run; a plugin's hook cannot ask for a fixture."""
