"""The report's pictures. Each has its figures in a table of the page too, which its description names. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.dataset.report.shape import DecodeScale, Durations, Report, SourceHours
from engine.dataset.report.words import STATE_WORDS, hours
from engine.page.bars import SHOWN_MOST, Bar, bars, left_out
from engine.page.columns import Axis, Column, columns
from engine.page.lines import Line, Scale, lines
from engine.page.svg import STYLES, Plot
from engine.page.words import few, per_cent
from engine.units import counted

_SPLITS: Final = (("train", "after"), ("dev", "second"), ("test", "third"), ("excluded", "before"))
_LABELS: Final = 6
"""Figures along an axis that do not run into each other."""


def plots_of(report: Report) -> tuple[Plot, ...]:
    """Draw a report's pictures."""
    return (
        _hours(report.sources),
        _states(report.total),
        _durations(report),
        _padding(report),
        _codecs(report),
        _workers(report.decode_scaling),
    )


def _hours(sources: Sequence[SourceHours]) -> Plot:
    title = "Hours by source and split"
    if not sources:
        return Plot(title, "", "There is no manifest.")
    largest = sorted(sources, key=lambda one: -one.hours)
    is_split = bool(largest[0].split_hours)
    parts = [
        tuple((style, one.split_hours.get(word, 0.0)) for word, style in _SPLITS)
        if is_split
        else (("after", one.hours),)
        for one in largest[:SHOWN_MOST]
    ]
    rows = [Bar(one.source, hours(one.hours), part) for one, part in zip(largest, parts, strict=False)]
    notes = (left_out(len(largest), "source"), "" if is_split else "No split is current.")
    named = [(style, word) for word, style in _SPLITS] if is_split else ()
    return Plot(
        title,
        bars(title, "A bar for each source; its figures are in the table Hours.", rows, named),
        " ".join(filter(None, notes)),
    )


def _states(total: SourceHours | None) -> Plot:
    title = "Clips by the state of their shard"
    if total is None:
        return Plot(title, "", "There is no manifest.")
    good = {"done": "after", "skipped": "after"}
    rows = [
        Bar(
            state,
            counted(total.clips_by_state[state], "clip"),
            ((good.get(state, "second"), float(total.clips_by_state[state])),),
        )
        for state in STATE_WORDS
        if total.clips_by_state.get(state)
    ]
    return Plot(title, bars(title, "A bar for each state; its figures are in the table Clips.", rows))


def _durations(report: Report) -> Plot:
    title = "Clips by duration, with the buckets' edges"
    found = report.durations
    if found is None:
        return Plot(title, "", "There is no clip with a duration.")
    end_s = found.width_s * len(found.clips)
    edges = [edge / found.width_s for edge in (report.buckets.edges_s if report.buckets else ()) if edge <= end_s]
    told = f"A column for each {found.width_s:g} s from 0 to {end_s:g} s: see table Durations, for edges table Buckets."
    labels = [(at * len(found.clips), f"{at * end_s:g}{' s' if at == 1 else ''}") for at in _ticks(end_s)]
    held = [Column(count) for count in found.clips]
    return Plot(title, columns(title, told, held, Axis(labels), edges), _of(found, edges))


def _ticks(end_s: float) -> list[float]:
    """Return places from 0 to 1 that are round numbers of seconds."""
    step = next(
        (step for step in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 600.0) if end_s / step <= _LABELS),
        end_s / _LABELS,
    )
    places = [at * step / end_s for at in range(int(end_s / step + 1e-9) + 1)]
    return places if places[-1] > 1 - 1e-9 else [*(place for place in places if place < 0.9), 1.0]


def _of(found: Durations, edges: Sequence[float]) -> str:
    said = f"Half of the clips last {found.median_s:g} s or less, 99 % of them {found.p99_s:g} s."
    if found.longer:
        said += f" {counted(found.longer, 'clip')} to the right of it, up to {found.longest_s:,.2f} s."
    return f"{said} Thin lines: {counted(len(edges), 'bucket edge')}." if edges else said


def _padding(report: Report) -> Plot:
    title = "Padding by number of buckets"
    found = report.padding_by_bins
    if not found:
        return Plot(title, "", "Not reckoned: no clip, or more different durations than that takes seconds for.")
    top = max(max(one.optimal, one.equal_seconds) for one in found)
    series = (
        Line("equal seconds", "before", tuple((at, one.equal_seconds) for at, one in enumerate(found))),
        Line("optimal", "after", tuple((at, one.optimal) for at, one in enumerate(found))),
    )
    told = "Two lines, falling with the number of buckets; the table Padding has their figures."
    names = [str(one.bins) for one in found]
    note = (
        "The share of a batch that is padding, were each clip padded to its bucket's edge. Equal seconds: lhotse, NeMo."
    )
    return Plot(title, lines(title, told, names, series, Scale(top, per_cent(top))), note)


def _codecs(report: Report) -> Plot:
    title = "Decoded clips a second, one process"
    rows = [
        Bar(f"{one.decoder}, {one.codec}, {name}", f"{rate:,.0f} clips/s", ((style, rate),))
        for one in report.decode_rates
        for name, rate, style in (("warm", one.warm, "after"), ("cold", one.cold, "before"))
    ]
    if not rows:
        return Plot(title, "", "There is no decode benchmark.")
    told = "Two bars for each decoder and codec; the table Decoding has their figures."
    return Plot(title, bars(title, told, rows), "Warm: from the page cache. Cold: from the disk.")


def _workers(scaling: Sequence[DecodeScale]) -> Plot:
    title = "Decoded clips a second, by workers"
    if not scaling:
        return Plot(title, "", "There is no decode benchmark.")
    counts = sorted({one.workers for one in scaling})
    decoders = tuple(dict.fromkeys(one.decoder for one in scaling))
    top = max(one.clips_per_s for one in scaling)
    series = [
        Line(
            decoder,
            STYLES[number % len(STYLES)],
            tuple((counts.index(one.workers), one.clips_per_s) for one in scaling if one.decoder == decoder),
        )
        for number, decoder in enumerate(decoders)
    ]
    told = "A line for each decoder; the table Scaling has its figures."
    return Plot(
        title,
        lines(title, told, [str(count) for count in counts], series, Scale(top, few(top))),
        "Warm: from the page cache.",
    )
