"""State folders as engines leave them, without an engine: runs with their logs, ended, cut off, or alive."""

from __future__ import annotations

from pathlib import Path

from app.home.values import Place
from engine.config import Settings, load_settings
from engine.convert.events import ConvertSummary, FoundShard, InventorySummary, ShardsFound, SourceTotals
from engine.crew.answers import State
from engine.run.events import Event, Version
from engine.run.folder import RunFolder
from engine.run.log import EventLog
from engine.run.outcome import Outcome


def place(corpus: Path, settings: Settings | None = None) -> Place:
    """Where gonogo would look."""
    return Place(corpus, corpus / ".gonogo", settings or load_settings(corpus).settings)


def begin(state: Path, job: str, *events: Event, dry_run: int | None = None) -> tuple[RunFolder, EventLog]:
    """A run that lives as long as this process does not close it."""
    folder = RunFolder.create(
        state, job=job, corpus=state.parent, args={"dry_run": dry_run}, config={}, versions={}, host={}
    )
    log = EventLog(folder.events_path, folder.run_id)
    log.append(Version(gonogo="0", job=job, corpus=None, python="", host=""))
    for event in events:
        log.append(event)
    return folder, log


def run(state: Path, job: str, *events: Event, dry_run: int | None = None) -> str:
    """A run that is over; return its id."""
    folder, log = begin(state, job, *events, dry_run=dry_run)
    log.close()
    folder.close()
    return folder.run_id


def inventory_summary(**counts: int) -> InventorySummary:
    """Of a corpus with one source; each shard has 10 clips, an hour of audio, and 1 GB."""
    shards = sum(counts.values())
    source = SourceTotals(
        source="final-export",
        counts=counts,
        clips=10 * shards,
        size_bytes=shards * 10**9,
        seconds_of_audio=3600.0 * shards,
        audio=("48 kHz mono wav pcm_16",),
    )
    return InventorySummary(
        job="inventory",
        outcome=Outcome.OK,
        seconds=1.0,
        shards=shards,
        counts=counts,
        size_bytes=source.size_bytes,
        seconds_of_audio=source.seconds_of_audio,
        sources=(source,),
        table="inventory.parquet",
    )


def convert_summary(
    outcome: Outcome = Outcome.OK, *, pending: int = 0, converted: int = 0, detail: str = "", **counts: int
) -> ConvertSummary:
    """How a conversion ended."""
    return ConvertSummary(
        job="convert",
        outcome=outcome,
        seconds=1.0,
        counts=counts,
        pending=pending,
        converted=converted,
        detail=detail,
    )


def found(**counts: int) -> ShardsFound:
    """The shards at the start of a conversion."""
    shards = [State(name) for name, count in counts.items() for _ in range(count)]
    return ShardsFound(shards=tuple(FoundShard(f"a/shard_{at:05d}", state, 10**9) for at, state in enumerate(shards)))
