"""The validation report in words: what stands out, what needs a person, and the figures in tables. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from engine.convert.validation_report import GO
from engine.convert.validation_shape import AudioKind, Beside, Totals, Trouble, ValidationReport
from engine.page.sheet import Figure, Page, Table, table
from engine.page.words import per_cent
from engine.units import counted, show_bytes, show_seconds

_REST: Final = "validation.json"
_STATE_WORDS: Final = ("done", "skipped", "pending", "recovering", "quarantined", "failed")


def page_of(report: ValidationReport) -> Page:
    """Put a report into words."""
    about = report.about
    return Page(
        title="Conversion validation",
        about=f"{about.corpus}, {about.time}",
        verdict=report.verdict,
        is_go=report.verdict == GO,
        lead=_lead(report),
        reasons=report.reasons,
        cautions=report.cautions,
        figures=_figures(report.total),
        tables=(
            table(
                "What needs a person", _TROUBLE_COLUMNS, map(_trouble, report.troubles), rest=_REST, empty="Nothing."
            ),
            _sizes(report),
            _audio(report),
            _checks(report),
            table("Flags", ("Flag", "Shards", "First of them"), _flag_rows(report), {1}, rest=_REST),
            table("Kept originals", _BESIDE_COLUMNS, map(_beside, report.kept_backups), {2}, rest=_REST),
            table("Leftovers", _BESIDE_COLUMNS, map(_beside, report.leftovers), {2}, rest=_REST),
            Table(
                "How it was made",
                ("", ""),
                (
                    ("Corpus", about.corpus),
                    ("Time", about.time),
                    ("Run", about.run),
                    ("Program", about.tool),
                    ("Spot decodes", f"{counted(about.spot_checks, 'clip')} of each shard, by libsndfile"),
                    ("Bytes against recorded hashes", _hashing(report)),
                ),
            ),
        ),
    )


def _lead(report: ValidationReport) -> str:
    held = f"{counted(report.total.shards, 'shard')}, {counted(report.total.clips, 'clip')}"
    if report.verdict == GO:
        plays = show_seconds(report.total.seconds_after)
        return f"All is as it should be: {held}, {plays} of audio, and nothing is missing."
    return f"Not yet: {counted(len(report.reasons), 'reason')} below. {held} were looked at; none was touched."


def _figures(total: Totals) -> tuple[Figure, ...]:
    return (
        Figure("Shards", f"{total.shards:,}", states(total)),
        Figure("Clips", f"{total.clips:,}", f"{counted(total.members, 'member')} in all"),
        Figure(
            "Audio",
            show_seconds(total.seconds_after),
            f"{_exact(total.seconds_before)} h before, {_exact(total.seconds_after)} h after",
        ),
        Figure(
            "Bytes freed",
            show_bytes(total.freed_bytes),
            f"{show_bytes(total.bytes_before)} before, {show_bytes(total.bytes_after)} after"
            + (f", {show_bytes(total.backup_bytes)} in kept originals" if total.backup_bytes else ""),
        ),
        Figure(
            "Saturated samples",
            f"{total.saturated_samples:,}",
            f"{per_cent(total.saturated_share)} of all, in {counted(total.saturated_clips, 'clip')}",
        ),
        Figure("Spot decodes", f"{total.spot_decoded:,}", f"{total.spot_failed:,} failed"),
    )


def states(total: Totals) -> str:
    """Write how many shards are in each state that there is."""
    return ", ".join(f"{total.counts[state]:,} {state}" for state in _STATE_WORDS if total.counts[state]) or "none"


def _sizes(report: ValidationReport) -> Table:
    columns = (
        "Source",
        "Shards",
        "Members",
        "Clips",
        "Bytes before",
        "Bytes after",
        "Freed",
        "Hours before",
        "Hours after",
    )
    rows = [
        (
            _name(one),
            states(one),
            f"{one.members:,}",
            f"{one.clips:,}",
            show_bytes(one.bytes_before),
            show_bytes(one.bytes_after),
            show_bytes(one.freed_bytes),
            _exact(one.seconds_before),
            _exact(one.seconds_after),
        )
        for one in _with_total(report)
    ]
    total = report.total
    notes = [
        "Hours before are those on record, hours after are counted from the clips' headers now.",
        "A converted clip may be longer by less than one sample.",
    ]
    if total.unreadable:
        notes.append(f"{counted(total.unreadable, 'shard')} could not be read to the end: their clips are not counted.")
    return table("Sources", columns, rows, range(2, 9), rest=_REST, note=" ".join(notes))


def _audio(report: ValidationReport) -> Table:
    columns = (
        "Source",
        "Clips before",
        "Clips after",
        "Saturated samples",
        "Share",
        "Cancelling channels",
        "Energy lost",
    )
    rows = [
        (
            _name(one),
            _kinds(one.audio_before),
            _kinds(one.audio_after),
            f"{one.saturated_samples:,}",
            per_cent(one.saturated_share),
            f"{one.cancelled_clips:,}",
            f"{one.energy_lost_clips:,}",
        )
        for one in _with_total(report)
    ]
    return table("Audio", columns, rows, range(3, 7), rest=_REST)


def _checks(report: ValidationReport) -> Table:
    columns = ("Source", "Clips decoded", "Failed", "Unlike what is on record")
    rows = [
        (_name(one), f"{one.spot_decoded:,}", f"{one.spot_failed:,}", f"{one.mismatches:,}")
        for one in _with_total(report)
    ]
    return table("Checks", columns, rows, {1, 2, 3}, rest=_REST)


def _with_total(report: ValidationReport) -> Sequence[Totals]:
    return report.sources if len(report.sources) == 1 else (*report.sources, report.total)


def _name(total: Totals) -> str:
    return total.source or "all sources"


def _kinds(kinds: Sequence[AudioKind]) -> str:
    return "; ".join(f"{one.clips:,} at {one.sample_rate_hz / 1000:g} kHz {_channels(one.channels)}" for one in kinds)


def _channels(channels: int) -> str:
    return {0: "(channels not on record)", 1: "mono", 2: "stereo"}.get(channels, f"with {channels} channels")


_TROUBLE_COLUMNS = ("Shard", "What", "File", "Member", "Problem", "What to do")


def _trouble(trouble: Trouble) -> tuple[str, ...]:
    fault = trouble.fault
    problem = str(msgspec.structs.replace(fault, file="", member="", way_out=""))
    return trouble.shard, trouble.what, fault.file, fault.member, problem, fault.way_out


_BESIDE_COLUMNS = ("Shard", "File", "Bytes")


def _beside(one: Beside) -> tuple[str, ...]:
    return one.shard, one.file.name, show_bytes(one.file.size_bytes)


def _flag_rows(report: ValidationReport) -> Iterable[tuple[str, ...]]:
    return ((one.flag, f"{one.shards:,}", one.first) for one in report.flags)


def _hashing(report: ValidationReport) -> str:
    hashed = counted(sum(row.hashed for row in report.shards), "shard")
    if report.about.full:
        return f"all converted shards ({hashed})"
    return f"{hashed}: those whose file is not the one on record (--full reads all)"


def _exact(duration_s: float) -> str:
    return f"{duration_s / 3600:,.4f}"
