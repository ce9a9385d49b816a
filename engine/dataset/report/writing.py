"""The report over everything that a window made: what there is, whether it fits together, and GO or NO-GO.

GO is said only where the validation and the manifest are there and every check between the artifacts holds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from engine.checklist.kinds.table_stop import Stop
from engine.crew.artifacts import artifact, write_whole
from engine.dataset.report.checks import cautions_of, check_all, reasons_of
from engine.dataset.report.checks_corpus import DECIDES
from engine.dataset.report.durations import by_bins, in_classes, told
from engine.dataset.report.facts import Facts
from engine.dataset.report.figures import (
    apart_of,
    decode_rates,
    decode_scaling,
    hours_of,
    problems_of,
    sources_of,
    sweep_of,
)
from engine.dataset.report.gather import Gathering
from engine.dataset.report.page import page_of
from engine.dataset.report.plots import plots_of
from engine.dataset.report.shape import GO, NO_GO, About, Report
from engine.errors import printable
from engine.page.html import to_html
from engine.page.markdown import to_markdown


def build_report(
    state: Path,
    corpus: Path,
    now: str,
    *,
    tool: str = "",
    tick: Callable[[], None] = lambda: None,
    stop: Stop | None = None,
) -> Report:
    """Look at everything; nothing is written but what does not fit in memory, which goes again.

    Args:
        state: the corpus's state folder.
        corpus: the corpus.
        now: the time, RFC 3339, UTC.
        tool: name and version of the program.
        tick: called now and then, to say that this goes on.
        stop: what ends it.

    Raises:
        OSError: when the disk fails.
        SafetyStopError: when there is no room for what does not fit in memory.
        StoppedError: when nobody waits any more.
    """
    facts = Gathering(state, corpus, tick, stop or Stop()).facts()
    return _judged(facts, About(corpus=printable(str(corpus)), tool=tool, time=now, validation_run=_run(facts)))


def _judged(facts: Facts, about: About) -> Report:
    """Put facts into a report. Pure."""
    checks = check_all(facts)
    reasons = reasons_of(checks)
    rows, buckets, fitted = facts.manifest.value, facts.buckets.value, facts.histogram
    return Report(
        verdict=NO_GO if reasons else GO,
        reasons=reasons,
        cautions=cautions_of(checks, facts),
        about=about,
        checks=checks,
        artifacts=tuple(listed for _, listed in facts.artifacts),
        total=None if rows is None else hours_of("", rows, with_split=facts.split is not None),
        sources=sources_of(rows or (), with_split=facts.split is not None),
        apart=apart_of(facts),
        decides=DECIDES,
        problems=problems_of(facts.manifest_report.value),
        durations=None if facts.everything is None else in_classes(facts.everything),
        padding_by_bins=() if fitted is None else by_bins(fitted),
        buckets=None if buckets is None or fitted is None else told(buckets, fitted),
        decode_rates=decode_rates(facts.benchmark.value),
        decode_scaling=decode_scaling(facts.benchmark.value),
        sweep=sweep_of(facts.sweep.value),
        split=facts.split,
    )


def _run(facts: Facts) -> str:
    return facts.validation.value.about.run if facts.validation.value else ""


def write_report(state: Path, corpus: Path, tool: str, tick: Callable[[], None], stop: Stop) -> Report:
    """Build the report and write it in its three forms, the one for programs last: where it is, the others are.

    Arguments and errors as for :func:`build_report`.
    """
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    report = build_report(state, corpus, now, tool=tool, tick=tick, stop=stop)
    page = page_of(report)
    stop.check()
    write_whole(artifact(state, "report.html"), to_html(page, plots_of(report)).encode())
    write_whole(artifact(state, "report.md"), to_markdown(page).encode())
    write_whole(artifact(state, "report.json"), msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    return report
