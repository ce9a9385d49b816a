"""The validation report's pictures; a screen reader gets for each what it shows and where its figures are. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from engine.convert.validation_facts import DURATION_EDGES_S
from engine.convert.validation_shape import ShardRow, Totals, ValidationReport
from engine.page.bars import SHOWN_MOST, Bar, bars, left_out
from engine.page.columns import Axis, Column, columns
from engine.page.svg import Plot
from engine.page.words import few
from engine.units import counted, show_bytes, show_seconds


def plots_of(report: ValidationReport) -> tuple[Plot, ...]:
    """Draw a report's four pictures."""
    return (_sizes(report.sources), _durations(report.total), _saturation(report.shards), _seconds(report.shards))


def _sizes(sources: Sequence[Totals]) -> Plot:
    title = "Bytes of each source, before and after"
    if not sources:
        return Plot(title, "")
    largest = sorted(sources, key=lambda one: one.bytes_before, reverse=True)
    rows = [
        Bar(f"{one.source}, {when}", show_bytes(size_bytes), ((when, size_bytes),))
        for one in largest[:SHOWN_MOST]
        for when, size_bytes in (("before", one.bytes_before), ("after", one.bytes_after))
    ]
    told = "Two bars for each source; its figures are in the table Sources."
    return Plot(title, bars(title, told, rows), left_out(len(largest), "source"))


def _saturation(shards: Sequence[ShardRow]) -> Plot:
    title = "Saturated samples, by shard"
    found = sorted((one for one in shards if one.saturated_samples), key=lambda one: -one.saturated_samples)
    if not found:
        return Plot(title, "", "No saturated samples.")
    rows = [
        Bar(one.shard, counted(one.saturated_samples, "sample"), (("after", one.saturated_samples),))
        for one in found[:SHOWN_MOST]
    ]
    told = "A bar for each shard, the most samples first; validation.json has the figures of all shards."
    return Plot(title, bars(title, told, rows), left_out(len(found), "shard"))


def _seconds(shards: Sequence[ShardRow]) -> Plot:
    title = "Time that a shard's conversion took, the longest"
    timed = [(one.conversion_s, one.shard) for one in shards if one.conversion_s is not None]
    if not timed:
        return Plot(title, "", "No log of a conversion tells.")
    timed.sort(key=lambda one: -one[0])
    rows = [
        Bar(shard, f"{seconds:.2f} s" if seconds < 10 else show_seconds(seconds), (("after", seconds),))
        for seconds, shard in timed[:SHOWN_MOST]
    ]
    told = "A bar for each shard, the longest first; validation.json has the figures of all shards."
    middle = timed[len(timed) // 2][0]
    return Plot(title, bars(title, told, rows), f"Half of {counted(len(timed), 'shard')} took {middle:.2f} s or less.")


def _durations(total: Totals) -> Plot:
    title = "Clips by duration"
    if not total.clips:
        return Plot(title, "", "No clips.")
    held = [
        Column(count, few(count) if count else "", f"{_class_name(at)}: {counted(count, 'clip')}")
        for at, count in enumerate(total.durations)
    ]
    axis = Axis([(at, f"{edge:g}") for at, edge in enumerate(DURATION_EDGES_S, start=1)], "seconds")
    told = (
        f"A column for each class, from {_class_name(0)} to {_class_name(len(DURATION_EDGES_S))}, its clips above it."
    )
    return Plot(title, columns(title, told, held, axis))


def _class_name(at: int) -> str:
    if at == 0:
        return f"below {DURATION_EDGES_S[0]:g} s"
    if at == len(DURATION_EDGES_S):
        return f"{DURATION_EDGES_S[-1]:g} s and longer"
    return f"{DURATION_EDGES_S[at - 1]:g} to {DURATION_EDGES_S[at]:g} s"
