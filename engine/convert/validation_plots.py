"""The validation report's pictures: bars as inline SVG, every figure also in words, readable on a phone.

Colours come from the page's style sheet, so that they follow its light or dark scheme.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from engine.convert.validation_facts import DURATION_EDGES_S
from engine.convert.validation_shape import ShardRow, Totals, ValidationReport
from engine.errors import printable
from engine.units import counted, show_bytes, show_seconds

WIDTH = 360
"""Units across: about a phone's pixels, so that letters are about as large as those of the text."""
SHOWN_MOST = 10
"""Bars in a plot of the largest."""
_ROW, _BAR, _LABEL = 38, 14, 13
_NAME_MOST = 46
"""Characters of a label that fit the width."""


@dataclass(frozen=True, slots=True)
class Plot:
    """One picture, or the sentence that stands in its place."""

    title: str
    svg: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Bar:
    name: str
    value: float
    told: str
    style: str = "after"


def plots_of(report: ValidationReport) -> tuple[Plot, ...]:
    """Draw a report's four pictures."""
    return (_sizes(report.sources), _durations(report.total), _saturation(report.shards), _seconds(report.shards))


def _sizes(sources: Sequence[Totals]) -> Plot:
    largest = sorted(sources, key=lambda one: one.bytes_before, reverse=True)
    bars = [
        bar
        for one in largest[:SHOWN_MOST]
        for bar in (
            _Bar(f"{one.source}, before", one.bytes_before, show_bytes(one.bytes_before), "before"),
            _Bar(f"{one.source}, after", one.bytes_after, show_bytes(one.bytes_after)),
        )
    ]
    title = "Bytes of each source, before and after"
    return Plot(title, _rows(title, bars), _left_out(len(largest), "source"))


def _saturation(shards: Sequence[ShardRow]) -> Plot:
    found = sorted((one for one in shards if one.saturated_samples), key=lambda one: -one.saturated_samples)
    title = "Saturated samples, by shard"
    bars = [
        _Bar(one.shard, one.saturated_samples, counted(one.saturated_samples, "sample")) for one in found[:SHOWN_MOST]
    ]
    return Plot(title, _rows(title, bars), _left_out(len(found), "shard") or ("" if bars else "No saturated samples."))


def _seconds(shards: Sequence[ShardRow]) -> Plot:
    timed = [(one.conversion_s, one.shard) for one in shards if one.conversion_s is not None]
    timed.sort(key=lambda one: -one[0])
    title = "Time that a shard's conversion took, the longest"
    bars = [
        _Bar(shard, seconds, f"{seconds:.2f} s" if seconds < 10 else show_seconds(seconds))
        for seconds, shard in timed[:SHOWN_MOST]
    ]
    if not timed:
        return Plot(title, "", "No log of a conversion tells.")
    middle = timed[len(timed) // 2][0]
    return Plot(title, _rows(title, bars), f"Half of {counted(len(timed), 'shard')} took {middle:.2f} s or less.")


def _left_out(count: int, noun: str) -> str:
    return f"The {SHOWN_MOST} largest of {counted(count, noun)}." if count > SHOWN_MOST else ""


def _rows(title: str, bars: Sequence[_Bar]) -> str:
    """Draw bars from the left, each under its name and figure."""
    if not bars:
        return ""
    most = max(bar.value for bar in bars) or 1
    parts = []
    for at, bar in enumerate(bars):
        top = at * _ROW
        width = max(1.0 if bar.value else 0.0, bar.value / most * WIDTH)
        parts.append(
            f'<text x="0" y="{top + _LABEL}">{_short(bar.name)}</text>'
            f'<text x="{WIDTH}" y="{top + _LABEL}" text-anchor="end" class="told">{_text(bar.told)}</text>'
            f'<rect class="track" x="0" y="{top + 18}" width="{WIDTH}" height="{_BAR}" rx="2"/>'
            f'<rect class="{bar.style}" x="0" y="{top + 18}" width="{width:.1f}" height="{_BAR}" rx="2"/>'
        )
    return _svg(title, len(bars) * _ROW, parts)


def _durations(total: Totals) -> Plot:
    """Draw clips by duration, upright: the classes have an order."""
    title = "Clips by duration"
    if not total.clips:
        return Plot(title, "", "No clips.")
    height, foot = 170, 34
    step = WIDTH / len(total.durations)
    most = max(total.durations) or 1
    parts = []
    for at, count in enumerate(total.durations):
        tall = count / most * (height - 20)
        middle = (at + 0.5) * step
        parts.append(
            f'<rect class="after" x="{at * step + 2:.1f}" y="{height - tall:.1f}" width="{step - 4:.1f}" '
            f'height="{tall:.1f}" rx="2"><title>{_class_name(at)}: {counted(count, "clip")}</title></rect>'
        )
        if count:
            place = f'x="{middle:.1f}" y="{height - tall - 5:.1f}" text-anchor="middle"'
            parts.append(f'<text class="told" {place}>{_few(count)}</text>')
    parts.append(f'<line class="axis" x1="0" x2="{WIDTH}" y1="{height}" y2="{height}"/>')
    for at, edge in enumerate(DURATION_EDGES_S, start=1):
        parts.append(f'<text x="{at * step:.1f}" y="{height + 15}" text-anchor="middle">{edge:g}</text>')
    parts.append(f'<text x="{WIDTH}" y="{height + foot - 3}" text-anchor="end">seconds</text>')
    return Plot(title, _svg(title, height + foot, parts))


def _class_name(at: int) -> str:
    if at == 0:
        return f"below {DURATION_EDGES_S[0]:g} s"
    if at == len(DURATION_EDGES_S):
        return f"{DURATION_EDGES_S[-1]:g} s and longer"
    return f"{DURATION_EDGES_S[at - 1]:g} to {DURATION_EDGES_S[at]:g} s"


def _few(count: int) -> str:
    """Write a count in at most four characters, as a narrow bar has room for."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            value = count / size
            return f"{value:.1f}{unit}" if value < 9.95 else f"{value:.0f}{unit}"
    return str(count)


def _short(name: str) -> str:
    name = printable(name)
    return _text(name if len(name) <= _NAME_MOST else f"{name[:16]}…{name[17 - _NAME_MOST :]}")


def _text(words: str) -> str:
    return escape(printable(words))


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{_text(title)}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )
