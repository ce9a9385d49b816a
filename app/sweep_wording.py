"""How a sweep reads: a line for each trial, a table of the medians, the recommendation."""

from __future__ import annotations

from engine.convert.sweep_events import SweepGroup, SweepSummary, SweepTrial
from engine.convert.sweep_trial import Figures
from engine.units import show_bytes, show_seconds

_HEAD = ("workers", "MB/s", "±", "gain", "CPU s/GB", "busy", "queue", "wait", "convert/sync/verify")
"""Eighty columns hold these; sweep.json has all figures."""


def trial_line(event: SweepTrial) -> str:
    """Put one trial into words."""
    figures = event.figures
    return (
        f"trial {event.codec} round {event.round}: {_workers(figures.workers)}, {figures.mb_per_s:,.1f} MB/s, "
        f"utilisation {figures.utilisation:.0%}"
    )


def sweep_lines(summary: SweepSummary, verdict: str) -> list[str]:
    """Put the end of a sweep into words: GO or NO-GO and what to do, then the tables it rests on."""
    counts = ", ".join(f"{count:,} {state}" for state, count in summary.counts.items()) or "none"
    lines = [f"{verdict}: sweep: dry run: {counts}"]
    lines += [_use(summary)] if summary.recommended_workers is not None else []
    if summary.estimate_s is not None:
        to_do = sum(group.bytes_to_do for group in summary.codecs)
        lines.append(f"the corpus: about {show_bytes(to_do)} to do, {show_seconds(summary.estimate_s)}")
    lines += [line for group in summary.codecs for line in (*_table(group), *_group(group))]
    lines += [summary.detail] if summary.detail else []
    lines += [f"report: {summary.report}"] if summary.report else []
    lines += [f"listen, before and after: {summary.listen}"] if summary.listen else []
    return lines


def _use(summary: SweepSummary) -> str:
    """Say what to start a conversion with: of several codecs each has its own number, and only auto follows them."""
    if len(summary.codecs) <= 1:
        return f"use --workers {summary.recommended_workers}: limited by {summary.limited_by}"
    each = (f"{one.codec} {_workers(one.recommended_workers)} ({one.limited_by})" for one in summary.codecs)
    return f"use --workers auto: {', '.join(each)}"


def _group(group: SweepGroup) -> list[str]:
    told = [f"  {group.codec}: {_workers(group.recommended_workers)}; limited by {group.limited_by}: {group.why}"]
    if not group.steady:
        told.append(f"  {group.codec}: the machine was too noisy to be sure; sweep again when it is quiet")
    if group.disk_allows < group.recommended_workers:
        told.append(
            f"  {group.codec}: the disk has room for {_workers(group.disk_allows)} beside the floor at the start; "
            f"the others wait until conversions have made room"
        )
    return told


def _table(group: SweepGroup) -> list[str]:
    if not group.figures:  # no sweep writes that; a log may hold it all the same
        return [f"{group.codec}: {show_bytes(group.bytes_to_do)} to do; nothing was measured"]
    first = group.figures[0]
    rows = [_HEAD, *(_row(figures, first) for figures in group.figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    title = f"{group.codec}: {show_bytes(group.bytes_to_do)} to do; medians of input read from the disk"
    return [
        title,
        *("  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows),
    ]


def _row(figures: Figures, first: Figures) -> tuple[str, ...]:
    gain = figures.mb_per_s / first.mb_per_s if first.mb_per_s else 0.0
    stages = "/".join(f"{figures.stages.get(stage, 0.0):.0%}" for stage in ("convert", "sync", "verify"))
    return (
        str(figures.workers),
        f"{figures.mb_per_s:,.1f}",
        f"{figures.spread:.0%}",
        f"{gain:.2f}",
        f"{figures.cpu_s_per_gb:.2f}",
        f"{figures.utilisation:.0%}",
        f"{figures.cpu_wait:.0%}",
        f"{figures.waiting:.0%}",
        stages,
    )


def _workers(count: int) -> str:
    return f"{count:,} worker" + ("" if count == 1 else "s")
