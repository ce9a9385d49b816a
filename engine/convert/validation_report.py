"""The conversion validation report: from what was found in each shard to figures, reasons and a verdict. Pure.

GO is said only where every shard is done or needs nothing, every decoded clip passed, the hours after are the hours
before, and nothing differs from what is on record. What could not be answered blocks like a failure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from engine.audio.formats import SOURCE_RATE_HZ, TARGET_RATE_HZ
from engine.convert.validation_facts import DURATION_EDGES_S, Validation
from engine.convert.validation_shape import (
    About,
    AudioKind,
    Beside,
    FlagCount,
    ShardLine,
    ShardRow,
    Totals,
    Trouble,
    ValidationReport,
)
from engine.crew.answers import State
from engine.units import counted

GO, NO_GO = "GO", "NO-GO"
_ROUNDING_S = 1e-6
"""What summing durations in another order may change."""


def build_report(
    lines: Sequence[ShardLine], about: About, warnings: Sequence[str] = (), unseen: int = 0
) -> ValidationReport:
    """Make the report from all shards of a corpus, in their order.

    Args:
        lines: the shards.
        about: where and how they were looked at.
        warnings: those of finding the shards.
        unseen: how many folders of the corpus could not be looked at.
    """
    total = totals("", lines)
    sources = tuple(dict.fromkeys(line.source for line in lines))
    reasons = tuple(_reasons(lines, total, unseen))
    return ValidationReport(
        verdict=NO_GO if reasons else GO,
        reasons=reasons,
        cautions=(*_cautions(lines, total), *warnings),
        about=about,
        total=total,
        sources=tuple(totals(source, [line for line in lines if line.source == source]) for source in sources),
        troubles=tuple(trouble for line in lines for trouble in _troubles(line)),
        flags=_flags(lines),
        kept_backups=tuple(Beside(shard=line.shard, file=line.found.backup) for line in lines if line.found.backup),
        leftovers=tuple(Beside(shard=line.shard, file=file) for line in lines for file in line.found.leftovers),
        shards=tuple(_row(line) for line in lines),
    )


def totals(source: str, lines: Sequence[ShardLine]) -> Totals:
    """Add up shards."""
    found = [line.found for line in lines]
    before = sum(line.size_bytes if line.original_bytes is None else line.original_bytes for line in lines)
    after = sum(line.size_bytes for line in lines)
    kept = sum(one.backup.size_bytes for one in found if one.backup)
    converted = [one for one in found if one.before is not None]
    samples = sum(kind.frames * kind.channels for one in converted for kind in one.kinds)
    saturated = sum(one.saturated_samples for one in found)
    states = Counter(line.state for line in lines)
    return Totals(
        source=source,
        shards=len(lines),
        counts={str(state): states[state] for state in State},
        members=sum(one.members for one in found),
        clips=sum(one.clips for one in found),
        bytes_before=before,
        bytes_after=after,
        backup_bytes=kept,
        freed_bytes=before - after - kept,
        seconds_before=round(
            sum(line.found.duration_s if line.original_s is None else line.original_s for line in lines), 6
        ),
        seconds_after=round(sum(one.duration_s for one in found), 6),
        audio_before=_audio(_kinds_before(one) for one in found),
        audio_after=_audio(_kinds_after(one) for one in found),
        saturated_samples=saturated,
        saturated_clips=sum(one.saturated_clips for one in found),
        saturated_share=saturated / samples if samples else 0.0,
        cancelled_clips=sum(one.cancelled_clips for one in found),
        energy_lost_clips=sum(one.energy_lost_clips for one in found),
        spot_decoded=sum(one.spot_decoded for one in found),
        spot_failed=sum(len(one.spot_faults) for one in found),
        mismatches=sum(len(one.mismatches) for one in found),
        durations=tuple(
            sum(one.durations[at] for one in found if one.durations) for at in range(len(DURATION_EDGES_S) + 1)
        ),
        unreadable=sum(not one.readable for one in found),
        size_unknown=sum(line.original_bytes is None for line in lines),
        hours_unknown=sum(line.original_s is None for line in lines),
    )


def _kinds_before(found: Validation) -> Iterable[AudioKind]:
    """Say what the clips were; nothing but 48 kHz is ever converted."""
    if found.before is None:
        return _kinds_after(found)
    told = found.before.clips_by_channels or {0: found.clips}
    return [AudioKind(sample_rate_hz=SOURCE_RATE_HZ, channels=each, clips=told[each]) for each in told if told[each]]


def _kinds_after(found: Validation) -> Iterable[AudioKind]:
    return [
        AudioKind(sample_rate_hz=kind.sample_rate_hz, channels=kind.channels, clips=kind.clips) for kind in found.kinds
    ]


def _audio(kinds: Iterable[Iterable[AudioKind]]) -> tuple[AudioKind, ...]:
    clips: Counter[tuple[int, int]] = Counter()
    for shard in kinds:
        for kind in shard:
            clips[kind.sample_rate_hz, kind.channels] += kind.clips
    return tuple(
        AudioKind(sample_rate_hz=rate, channels=channels, clips=count)
        for (rate, channels), count in sorted(clips.items(), reverse=True)
    )


def hours_differ(line: ShardLine) -> bool:
    """Tell whether a shard's clips play for another time than their originals, beyond a sample a clip.

    A third of the frames, rounded up, is longer by two thirds of a result sample at most, and never shorter.
    """
    before = line.original_s
    if before is None or not line.found.readable:
        return False
    longer_s = line.found.duration_s - before
    return not -_ROUNDING_S <= longer_s <= line.found.clips / TARGET_RATE_HZ + _ROUNDING_S


def _reasons(lines: Sequence[ShardLine], total: Totals, unseen: int) -> Iterable[str]:
    """Say why the corpus is not ready, the gravest first."""
    counts = total.counts
    checks = (
        (unseen, "folder", "that could not be looked at: shards may lie there"),
        (total.mismatches, "place", "where a converted shard is not what is on record of it"),
        (total.spot_failed, "decoded clip", "that libsndfile could not read as its header says"),
        (sum(map(hours_differ, lines)), "shard", "whose hours after are not the hours before"),
        (counts[State.FAILED], "shard", "failed"),
        (counts[State.QUARANTINED], "shard", "quarantined: untouched, and a person decides"),
        (counts[State.RECOVERING], "shard", "where a swap was cut off: run gonogo convert"),
        (counts[State.PENDING], "shard", "pending: run gonogo convert"),
        (total.hours_unknown, "converted shard", "whose hours before nobody knows: neither tally nor clip table"),
    )
    for count, noun, what in checks:
        if count:
            yield f"{counted(count, noun)} {what}"
    if not lines:
        yield "no shard was found"


def _cautions(lines: Sequence[ShardLine], total: Totals) -> Iterable[str]:
    """Say what a person should know and that stands in nobody's way."""
    converted = [line for line in lines if line.found.before is not None and line.found.readable]
    wide = sum(any(kind.channels > 1 for kind in line.found.kinds) and line.state is State.SKIPPED for line in lines)
    checks = (
        (sum(not line.found.clip_table for line in converted), "converted shard", "without a clip table"),
        (total.size_unknown, "converted shard", "whose original's size nobody knows: it counts with its size now"),
        (wide, "shard", "skipped though not mono: 16 kHz already, and left alone"),
        (sum(line.found.readable and not line.found.clips for line in lines), "shard", "without audio"),
        (total.cancelled_clips, "clip", "whose channels cancel each other"),
        (total.energy_lost_clips, "spot-checked clip", "that lost energy below 7 kHz in the conversion"),
        (sum(len(line.found.leftovers) for line in lines), "leftover file", "beside the shards"),
    )
    for count, noun, what in checks:
        if count:
            yield f"{counted(count, noun)} {what}"


def _troubles(line: ShardLine) -> Iterable[Trouble]:
    if line.fault is not None:
        yield Trouble(shard=line.shard, what=str(line.state), fault=line.fault)
    for fault in line.found.mismatches:
        yield Trouble(shard=line.shard, what="mismatch", fault=fault)
    for fault in line.found.spot_faults:
        yield Trouble(shard=line.shard, what="spot decode", fault=fault)


def _flags(lines: Sequence[ShardLine]) -> tuple[FlagCount, ...]:
    carriers: dict[str, list[str]] = {}
    for line in lines:
        for flag in dict.fromkeys(line.flags):
            carriers.setdefault(flag, []).append(line.shard)
    return tuple(FlagCount(flag=flag, shards=len(shards), first=shards[0]) for flag, shards in carriers.items())


def _row(line: ShardLine) -> ShardRow:
    found = line.found
    return ShardRow(
        shard=line.shard,
        source=line.source,
        state=line.state,
        clips=found.clips,
        bytes_before=line.original_bytes,
        bytes_after=line.size_bytes,
        seconds_before=None if line.original_s is None else round(line.original_s, 6),
        seconds_after=round(found.duration_s, 6),
        saturated_samples=found.saturated_samples,
        conversion_s=line.seconds,
        hashed=found.hashed,
        clip_table=found.clip_table,
        identity=found.identity,
    )
