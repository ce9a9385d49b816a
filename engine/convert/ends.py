"""How a shard's answer, and a whole conversion, is told: events and a summary from what the workers said. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.convert.events import (
    ConvertSummary,
    ShardDone,
    ShardQuarantined,
    ShardSkipped,
    ShardTried,
)
from engine.convert.tasks import Conversion, Result
from engine.crew.answers import State
from engine.run.events import Event
from engine.run.outcome import Outcome

_CUT_OFF = "a swap was cut off here: a conversion brings it to an end first"


def event_of(shard: str, source: str, result: Result, *, dry_run: bool) -> Event | None:
    """Tell what a shard came to; None where a dry run finds an earlier conversion that only its record did not tell."""
    made = result.conversion
    match result.state:
        case State.SKIPPED:
            return ShardSkipped(shard=shard, source=source, note=result.note)
        case State.RECOVERING:
            return ShardSkipped(shard=shard, source=source, note=_CUT_OFF)
        case State.QUARANTINED:
            assert result.fault is not None
            return ShardQuarantined(shard=shard, source=source, fault=result.fault)
    if not dry_run:
        return ShardDone(
            shard=shard,
            source=source,
            seconds=result.seconds,
            original=made.original if made else None,
            result=made.result if made else None,
            tally=made.tally if made else None,
            backup_kept=made is not None and made.backup_kept,
        )
    if made is None:
        return None
    return ShardTried(
        shard=shard,
        source=source,
        seconds=result.seconds,
        original=made.original,
        result=made.result,
        tally=made.tally,
    )


def summary_of(
    counts: Mapping[State, int],
    made: Sequence[Conversion],
    *,
    job: str,
    seconds: float,
    shards: int,
    dry_run: bool,
    backups_kept: int,
    safety: str,
) -> ConvertSummary:
    """Sum a conversion up.

    Args:
        counts: shards by state, as far as they are settled.
        made: what this run converted, in scratch where it was a dry run.
        job: its name.
        seconds: it took.
        shards: of the corpus.
        dry_run: whether nothing was changed.
        backups_kept: originals that are kept.
        safety: why it was stopped for safety; "" where it was not.
    """
    settled = sum(counts.get(state, 0) for state in (State.DONE, State.SKIPPED, State.QUARANTINED, State.FAILED))
    red = counts.get(State.QUARANTINED, 0) + counts.get(State.FAILED, 0)
    converted = 0 if dry_run else len(made)
    return ConvertSummary(
        job=job,
        outcome=Outcome.SAFETY_STOP if safety else Outcome.SOME_FAILED if red else Outcome.OK,
        seconds=round(seconds, 3),
        counts={
            "done": counts.get(State.DONE, 0),
            "skipped": counts.get(State.SKIPPED, 0),
            "quarantined": counts.get(State.QUARANTINED, 0),
            "failed": counts.get(State.FAILED, 0),
        },
        pending=shards - settled,
        converted=converted,
        tried=len(made) - converted,
        bytes_in=sum(one.original.size_bytes for one in made),
        bytes_out=sum(one.result.size_bytes for one in made),
        seconds_of_audio=round(sum(one.tally.seconds_of_audio for one in made), 3),
        saturated_samples=sum(one.tally.saturated_samples for one in made),
        cancelled_clips=sum(one.tally.cancelled_clips for one in made),
        energy_lost_clips=sum(one.tally.energy_lost_clips for one in made),
        backups_kept=backups_kept,
        detail=safety,
    )
