"""What a clean comes to: its counts, the room it made by kind and source, and what it left. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from engine.convert.cleaning_events import CleanSummary, Freed, Left, ShardCleaned, ShardLeft, StateCleaned, StateLeft
from engine.convert.cleaning_tasks import Gone, Spent
from engine.convert.validation_shape import About
from engine.run.events import Event
from engine.run.outcome import Outcome
from engine.units import counted

FORMAT = 1
TOLD_MOST = 100
"""Things left that a summary names: a line of the log is read by people and scripts; the report has all."""


class ShardGone(msgspec.Struct, frozen=True, kw_only=True):
    """What went beside one shard."""

    shard: str
    source: str
    gone: tuple[Gone, ...]


class CleanReport(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report; ``clean.json`` is this, encoded."""

    format: int = FORMAT
    run: str
    tool: str
    time: str
    """RFC 3339, UTC."""
    corpus: str
    whole: bool
    """The clean came to its end; otherwise it was stopped, and the next one goes on."""
    validation: About
    """The report that it rests on."""
    counts: dict[str, int]
    freed_bytes: int
    freed: tuple[Freed, ...]
    earlier_bytes: int
    shards: tuple[ShardGone, ...]
    state: tuple[Gone, ...]
    left: tuple[Left, ...]


@dataclass(slots=True)
class Ledger:
    """What a clean has told so far."""

    cleaned: list[ShardCleaned] = field(default_factory=list)
    left: list[ShardLeft] = field(default_factory=list)
    """Shards that were not as the report saw them."""
    failed: list[ShardLeft] = field(default_factory=list)
    """Shards that the machine refused."""
    state: list[StateCleaned] = field(default_factory=list)
    others: list[StateLeft] = field(default_factory=list)
    """What was left and is nobody's fault."""

    @property
    def counts(self) -> dict[str, int]:
        """Count shards with something beside them."""
        return {"cleaned": len(self.cleaned), "left": len(self.left), "failed": len(self.failed)}

    @property
    def freed(self) -> tuple[Freed, ...]:
        """Add up by kind and source; what lies under STATE has none."""
        told = [(event.source, one) for event in self.cleaned for one in event.gone]
        return sum_up([*told, *(("", event.gone) for event in self.state)])

    @property
    def stays(self) -> tuple[Left, ...]:
        """Everything that was left, shards first."""
        shards = [Left(where=event.shard, reason=event.reason) for event in (*self.failed, *self.left)]
        return (*shards, *(Left(where=event.name, reason=event.reason) for event in self.others))

    def add(self, event: Event, *, failed: bool = False) -> None:
        """Take an event that was told."""
        match event:
            case ShardCleaned():
                self.cleaned.append(event)
            case ShardLeft():
                (self.failed if failed else self.left).append(event)
            case StateCleaned():
                self.state.append(event)
            case StateLeft():
                self.others.append(event)


def sum_up(gone: Iterable[tuple[str, Gone]]) -> tuple[Freed, ...]:
    """Add up what went, each with its source, by kind and source."""
    totals: dict[tuple[Spent, str], tuple[int, int]] = {}
    for source, one in gone:
        files, size_bytes = totals.get((one.kind, source), (0, 0))
        totals[one.kind, source] = files + one.files, size_bytes + one.size_bytes
    order = list(Spent)
    return tuple(
        Freed(kind=kind, source=source, files=files, size_bytes=size_bytes)
        for (kind, source), (files, size_bytes) in sorted(totals.items(), key=lambda each: order.index(each[0][0]))
    )


def bytes_of(freed: Sequence[Freed]) -> int:
    """Return all the bytes together."""
    return sum(one.size_bytes for one in freed)


def summary_of(ledger: Ledger, *, seconds: float, acted: bool, earlier_bytes: int, report: str) -> CleanSummary:
    """Sum a clean up: GO where nothing that a shard keeps had to stay."""
    red = len(ledger.left) + len(ledger.failed)
    stays, freed = ledger.stays, ledger.freed
    return CleanSummary(
        job="clean",
        outcome=Outcome.SOME_FAILED if red else Outcome.OK,
        seconds=round(seconds, 3),
        counts=ledger.counts,
        acted=acted,
        freed_bytes=bytes_of(freed),
        freed=freed,
        earlier_bytes=earlier_bytes,
        left=stays[:TOLD_MOST],
        left_count=len(stays),
        report=report,
        detail=f"{counted(red, 'shard')} left as they are; {stays[0].where}: {stays[0].reason}" if red else "",
    )
