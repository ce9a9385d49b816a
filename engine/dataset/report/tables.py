"""The report's tables: every figure of the pictures in words, and what the pictures do not show. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.dataset.report.shape import BucketsTold, Durations, Report, SourceHours
from engine.dataset.report.words import STATE_WORDS, hours
from engine.page.sheet import Table, table
from engine.page.words import per_cent

_REST: Final = "report.json"
_DURATION_ROWS: Final = 12
_SPLITS: Final = ("train", "dev", "test", "excluded")


def tables_of(report: Report) -> tuple[Table, ...]:
    """Make all of them but the checks and the artifacts."""
    return (
        _apart(report),
        _hours(report),
        _clips(report),
        _problems(report),
        *_split(report),
        *_durations(report.durations),
        *_buckets(report),
        *_decoding(report),
        _sweep(report),
    )


def _apart(report: Report) -> Table:
    columns = ("Shard", "State", "Clips", "Hours", "Problem", "What to do")
    rows = (
        (one.shard, one.state, f"{one.clips:,}", hours(one.hours), one.problem, one.way_out) for one in report.apart
    )
    note = f"Who decides: {report.decides}." if report.apart else ""
    return table("Shards that a person decides on", columns, rows, {2, 3}, note=note, empty="None.", rest=_REST)


def _with_total(report: Report) -> tuple[SourceHours, ...]:
    return (*report.sources, report.total) if report.total and len(report.sources) != 1 else report.sources


def _name(one: SourceHours) -> str:
    return one.source or "all sources"


def _hours(report: Report) -> Table:
    rows = (
        (
            _name(one),
            f"{one.shards:,}",
            f"{one.clips:,}",
            hours(one.hours),
            *(hours(one.split_hours[word]) if one.split_hours else "" for word in _SPLITS),
        )
        for one in _with_total(report)
    )
    columns = ("Source", "Shards", "Clips", "Hours", *(word.capitalize() for word in _SPLITS))
    empty = "There is no manifest."
    return table("Hours", columns, rows, range(1, 8), empty=empty, rest=_REST)


def _clips(report: Report) -> Table:
    states = [state for state in STATE_WORDS if report.total is not None and report.total.clips_by_state.get(state)]
    rows = (
        (
            _name(one),
            *(f"{one.clips_by_state.get(state, 0):,}" for state in states),
            f"{one.text_empty:,}",
            f"{one.without_metadata:,}",
            f"{one.without_duration:,}",
        )
        for one in _with_total(report)
    )
    columns = (
        "Source",
        *(state.capitalize() for state in states),
        "Empty transcript",
        "Without metadata",
        "Without a duration",
    )
    empty = "There is no manifest."
    return table("Clips", columns, rows, range(1, len(columns)), empty=empty, rest=_REST)


def _problems(report: Report) -> Table:
    rows = ((one.kind, f"{one.count:,}", f"{one.shards:,}", one.first) for one in report.problems)
    columns = ("Problem", "Count", "Shards", "First of them")
    note = "All of them are in manifest_problems.parquet." if report.problems else ""
    return table("What the manifest reports", columns, rows, {1, 2}, note=note, rest=_REST)


def _split(report: Report) -> Iterator[Table]:
    if report.split is None:
        return
    parts = (
        (
            part.split,
            hours(part.hours),
            "" if part.target_hours is None else hours(part.target_hours),
            "" if part.off_target is None else f"{part.off_target:.2%}",
            f"{part.clips:,}",
            f"{part.videos:,}",
            f"{part.groups:,}",
        )
        for part in report.split.parts
    )
    columns = ("Split", "Hours", "Wanted", "Off", "Clips", "Videos", "Groups")
    cuts = " ".join(f"Cut: {cut}." for cut in report.split.cuts)
    yield table("Split", columns, parts, range(1, 7), note=cuts, rest=_REST)
    balance = ((one.column, f"{one.values:,}", _share(one.dev), _share(one.test)) for one in report.split.balance)
    note = "Total variation against the corpus, by hours: 0 is as in the corpus, 100 % has nothing in common."
    yield table("Balance", ("Column", "Values", "Dev", "Test"), balance, {1, 2, 3}, note=note, rest=_REST)


def _share(value: float | None) -> str:
    return "empty" if value is None else f"{value:.2%}"


def _durations(found: Durations | None) -> Iterator[Table]:
    """Make rows of several of the picture's columns each: a dozen are read, eighty are not."""
    if found is None:
        return
    together = -(-len(found.clips) // _DURATION_ROWS)
    rows = [
        (
            f"{at * found.width_s:g} to {min(at + together, len(found.clips)) * found.width_s:g} s",
            f"{sum(found.clips[at : at + together]):,}",
        )
        for at in range(0, len(found.clips), together)
    ]
    longest = f"longer, up to {found.longest_s:,.2f} s"
    rows += [(longest, f"{found.longer:,}")] if found.longer else []
    note = f"Half of the clips last {found.median_s:g} s or less, 99 % of them {found.p99_s:g} s."
    yield table("Durations", ("Duration", "Clips"), rows, {1}, note=note, rest=_REST)


def _buckets(report: Report) -> Iterator[Table]:
    if report.buckets:
        yield _edges(report.buckets)
    if report.padding_by_bins:
        rows = ((f"{one.bins}", per_cent(one.optimal), per_cent(one.equal_seconds)) for one in report.padding_by_bins)
        yield table("Padding", ("Buckets", "Optimal", "Equal seconds"), rows, {0, 1, 2}, rest=_REST)


def _edges(buckets: BucketsTold) -> Table:
    shortest = (buckets.min_duration_s, *buckets.edges_s[:-1])
    rows = (
        (
            f"{after:g} to {edge:g} s",
            f"{buckets.clips[at]:,}",
            f"{buckets.batch_sizes[at]:,}" if buckets.batch_sizes else "",
        )
        for at, (after, edge) in enumerate(zip(shortest, buckets.edges_s, strict=True))
    )
    note = f"A clip as long as an edge belongs below it. Padding {per_cent(buckets.padding)}."
    return table("Buckets", ("Duration", "Clips", "Batch size"), rows, {1, 2}, note=note, rest="buckets.toml")


def _decoding(report: Report) -> Iterator[Table]:
    if report.decode_rates:
        rows = (
            (one.decoder, one.codec, f"{one.warm:,.0f}", f"{one.cold:,.0f}", f"{one.p99_ms:,.2f} ms", f"{one.failed:,}")
            for one in report.decode_rates
        )
        columns = ("Decoder", "Codec", "Clips/s warm", "Clips/s cold", "99 % of clips within", "Failed")
        yield table("Decoding", columns, rows, range(2, 6), rest=_REST)
    if report.decode_scaling:
        scaling = (
            (one.decoder, f"{one.workers}", f"{one.clips_per_s:,.0f}", per_cent(one.efficiency))
            for one in report.decode_scaling
        )
        note = "Efficiency: what a worker does beside the others, as a share of what one does alone."
        yield table(
            "Scaling", ("Decoder", "Workers", "Clips/s", "Efficiency"), scaling, {1, 2, 3}, note=note, rest=_REST
        )


def _sweep(report: Report) -> Table:
    columns = ("Codec", "Workers recommended", "Limited by", "MB/s")
    rows = ((one.codec, f"{one.recommended_workers}", one.limited_by, f"{one.mb_per_s:,.1f}") for one in report.sweep)
    return table("Worker sweep of the conversion", columns, rows, {1, 3}, empty="No sweep was made.", rest=_REST)
