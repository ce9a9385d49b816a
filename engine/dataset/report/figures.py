"""The figures of the report, out of what was read. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from engine.dataset.decode.benchmark import Benchmark
from engine.dataset.decode.stats import Figures
from engine.dataset.manifest.report import ManifestReport, ProblemCount
from engine.dataset.report.checks_corpus import APART
from engine.dataset.report.facts import Facts
from engine.dataset.report.read import SweepSeen
from engine.dataset.report.shape import Apart, DecodeRate, DecodeScale, Problem, SourceHours, SweepTold
from engine.dataset.report.tally import ShardTally, split_us
from engine.errors import Fault, printable
from engine.shards.layout import natural

_US_PER_HOUR = 3_600_000_000


def hours_of(source: str, rows: Sequence[ShardTally], *, with_split: bool) -> SourceHours:
    """Add up shards of one source, or of the corpus."""
    states: Counter[str] = Counter()
    for row in rows:
        states[row.state] += row.clips
    splits = split_us(rows) if with_split else {}
    return SourceHours(
        source=source,
        shards=len(rows),
        clips=sum(row.clips for row in rows),
        hours=sum(row.us for row in rows) / _US_PER_HOUR,
        split_hours={word: us / _US_PER_HOUR for word, us in splits.items()},
        clips_by_state=dict(sorted(states.items())),
        text_empty=sum(row.text_empty for row in rows),
        without_metadata=sum(row.without_metadata for row in rows),
        without_duration=sum(row.without_duration for row in rows),
    )


def sources_of(rows: Sequence[ShardTally], *, with_split: bool) -> tuple[SourceHours, ...]:
    """Add up each source."""
    by_source: dict[str, list[ShardTally]] = {}
    for row in rows:
        by_source.setdefault(row.source, []).append(row)
    return tuple(hours_of(name, by_source[name], with_split=with_split) for name in sorted(by_source, key=natural))


def apart_of(facts: Facts) -> tuple[Apart, ...]:
    """List the shards that a person decides on, with why they are as they are."""
    validation = facts.validation.value
    if validation is None:
        return ()
    rows = {row.id: row for row in facts.manifest.value or ()}
    why = {trouble.shard: trouble.fault for trouble in validation.troubles if trouble.what in APART}
    return tuple(
        Apart(
            shard=shard.shard,
            state=shard.state,
            clips=rows[shard.shard].clips if shard.shard in rows else shard.clips,
            hours=(rows[shard.shard].us / 1e6 if shard.shard in rows else shard.seconds_after) / 3600,
            problem=_told(why.get(shard.shard)),
            way_out=why[shard.shard].way_out if shard.shard in why else "",
        )
        for shard in validation.shards
        if shard.state in APART
    )


def problems_of(report: ManifestReport | None) -> tuple[Problem, ...]:
    """List what the manifest reports, by kind."""
    return tuple(
        Problem(kind=str(one.kind), count=one.count, shards=one.shards, first=place_of(one))
        for one in (report.problems if report else ())
    )


def place_of(problem: ProblemCount) -> str:
    """Say where the first of a kind of problem is, and what of it."""
    if not problem.examples:
        return ""
    first = problem.examples[0]
    place = "/".join(part for part in (first.source, first.shard, first.member) if part)
    return printable(": ".join(part for part in (place, first.utt_id, first.detail) if part))


def _told(fault: Fault | None) -> str:
    return "" if fault is None else str(Fault(fault.problem, fault.file, fault.member, fault.offset_bytes, fault.read))


def decode_rates(benchmark: Benchmark | None) -> tuple[DecodeRate, ...]:
    """Say how quickly each decoder read each codec."""
    return tuple(
        DecodeRate(
            decoder=name,
            codec=codec,
            warm=warm.clips_per_s,
            cold=_rate(measured.cold.by_codec.get(codec)),
            p99_ms=warm.p99_ms,
            failed=warm.failed,
        )
        for name, measured in (benchmark.decoders.items() if benchmark else ())
        for codec, warm in measured.warm.by_codec.items()
    )


def _rate(figures: Figures | None) -> float:
    return figures.clips_per_s if figures else 0.0


def decode_scaling(benchmark: Benchmark | None) -> tuple[DecodeScale, ...]:
    """Say what more processes brought."""
    return tuple(
        DecodeScale(decoder=name, workers=one.workers, clips_per_s=one.clips_per_s, efficiency=one.efficiency)
        for name, measured in (benchmark.decoders.items() if benchmark else ())
        for one in measured.scaling
    )


def sweep_of(sweep: SweepSeen | None) -> tuple[SweepTold, ...]:
    """Say what the worker sweep recommended."""
    return tuple(
        SweepTold(
            codec=one.codec,
            recommended_workers=one.recommended_workers,
            limited_by=one.limited_by,
            mb_per_s=one.mb_per_s,
        )
        for one in (sweep.codecs if sweep else ())
    )
