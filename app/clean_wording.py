"""How a clean reads: what went and what stays, a line each, and the room that it made by kind and source."""

from __future__ import annotations

from engine.convert.cleaning_events import CleanSummary, Freed, ShardCleaned, ShardLeft, StateCleaned, StateLeft
from engine.convert.cleaning_tasks import Spent
from engine.units import counted, show_bytes

_KINDS = {
    Spent.BACKUP: "kept original",
    Spent.TEMPORARY: "temporary file",
    Spent.SCRATCH: "scratch file",
    Spent.FRAGMENTS: "manifest fragment",
}


def cleaned_line(event: ShardCleaned) -> str:
    """Say what went beside a shard, and the room that it held."""
    return f"{show_bytes(event.freed_bytes)}: {', '.join(one.name for one in event.gone)}"


def left_line(event: ShardLeft) -> str:
    """Say what stays beside a shard, and why."""
    return f"{', '.join(event.names)}: {event.reason}" if event.names else event.reason


def corner_line(event: StateCleaned | StateLeft) -> str:
    """Say what became of something under STATE, or of a file beside the shards that is not ours."""
    if isinstance(event, StateLeft):
        return f"{'stays':<9} {event.name}: {event.reason}"
    gone, word = event.gone, "cleaned" if event.acted else "would go"
    return f"{word:<9} {gone.name:<24} {show_bytes(gone.size_bytes)}: {counted(gone.files, _KINDS[gone.kind])}"


def clean_lines(summary: CleanSummary, verdict: str) -> list[str]:
    """Put the end of a clean into words: GO or NO-GO and the room first, then where it came from and what stays."""
    counts = ", ".join(f"{count:,} {what}" for what, count in summary.counts.items())
    freed = f"{show_bytes(summary.freed_bytes)} {'freed' if summary.acted else 'would be freed'}"
    dry = "" if summary.acted else "dry run, nothing was deleted: "
    lines = [f"{verdict}: clean: {dry}shards: {counts}; {freed}", *(f"  {_freed(one)}" for one in summary.freed)]
    if summary.earlier_bytes:
        lines.append(f"{show_bytes(summary.earlier_bytes)} freed before, on the same validation report")
    if summary.left_count:
        lines.append(f"left as they were: {summary.left_count:,}, each named above")
    return [*lines, f"report: {summary.report}"] if summary.report else lines


def _freed(one: Freed) -> str:
    where = f" in {one.source}" if one.source else ""
    return f"{counted(one.files, _KINDS[one.kind])}{where}: {show_bytes(one.size_bytes)}"
