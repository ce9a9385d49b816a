"""What there is to say about one shard in a row: its figures and its note. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from engine.convert.events import ShardDone, ShardSeen, ShardSkipped, ShardTried
from engine.convert.validation_events import ShardValidated
from engine.convert.view import RunView
from engine.crew.events import ShardListed
from engine.shards.record import Tally
from engine.units import counted, show_bytes, show_seconds


@dataclass(frozen=True, slots=True)
class Noted:
    """One shard's row; "" for what is not known."""

    size: str = ""
    """Before, and after where it was converted."""
    clips: str = ""
    seconds: str = ""
    note: str = ""
    """What went wrong, or what a person should know."""


def noted(view: RunView, shard: str) -> Noted:
    """Put into words what a run knows of a shard."""
    event = view.last.get(shard)
    size = view.sizes.get(shard)
    before = "" if size is None else show_bytes(size)
    why = view.reasons.get(shard, "")
    match event:
        case (
            ShardDone(original=original, result=result, tally=tally)
            | ShardTried(original=original, result=result, tally=tally)
        ) if original and result and tally:
            tried = "tried in scratch, not changed" if isinstance(event, ShardTried) else ""
            kept = "original kept" if isinstance(event, ShardDone) and event.backup_kept else ""
            notes = (why, tried, kept, *remarks(tally))
            return Noted(
                f"{show_bytes(original.size_bytes)} -> {show_bytes(result.size_bytes)}",
                f"{tally.clips:,}",
                show_seconds(event.seconds),
                "; ".join(note for note in notes if note),
            )
        case ShardDone():
            return Noted(before, note=why or "converted by an earlier run")
        case ShardSkipped():
            return Noted(before, note=why or event.note)
        case ShardSeen():
            found = event.inspection
            clips = f"{'' if found.members_are_exact else '~'}{found.clips:,}" if found is not None else ""
            plays = show_seconds(found.seconds_of_audio) if found is not None else ""
            notes = (why or event.reason, *event.flags, *(found.kinds if found is not None else ()))
            return Noted(show_bytes(event.size_bytes), clips, plays, "; ".join(note for note in notes if note))
        case ShardValidated():
            faults = (*event.validation.mismatches, *event.validation.spot_faults)
            notes = (why or event.reason, *map(str, faults), *event.flags)
            return Noted(show_bytes(event.size_bytes), note="; ".join(note for note in notes if note))
        case ShardListed():
            problems = counted(event.problems, "problem") if event.problems else ""
            return Noted(before, f"{event.clips:,}", note=why or problems)
    return Noted(before, note=why)


def remarks(tally: Tally) -> tuple[str, ...]:
    """Say what a person should know of a conversion that went well."""
    told = (
        (tally.saturated_samples, "saturated sample"),
        (tally.energy_lost_clips, "clip with changed energy"),
        (tally.cancelled_clips, "clip with cancelling channels"),
    )
    return (*(_many(count, what) for count, what in told if count), *tally.flags)


def _many(count: int, what: str) -> str:
    head, _, rest = what.partition(" with ")
    return counted(count, head) + (f" with {rest}" if rest else "")


def in_a_line(view: RunView, shard: str) -> str:
    """Say all of it in one line."""
    told = noted(view, shard)
    clips = f"{told.clips} clips" if told.clips else ""
    return ", ".join(part for part in (told.size, clips, told.seconds, told.note) if part)
