"""The report in words: what stands out, what was checked, and the figures in tables. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from engine.dataset.report.shape import FRESH, GO, Freshness, Report, Standing
from engine.dataset.report.tables import tables_of
from engine.dataset.report.words import hours
from engine.page.sheet import Figure, Page, Table, table
from engine.page.words import per_cent
from engine.units import counted, show_bytes

_REST = "report.json"
_STANDING = {
    Standing.BROKEN: ("✗ broken", "bad"),
    Standing.CAUTION: ("! caution", "mid"),
    Standing.OPEN: ("? open", "mid"),
    Standing.MET: ("✓ met", "good"),
}
"""In the order in which a person has to know."""
_FRESH = {
    Freshness.CURRENT: ("✓ current", "good"),
    Freshness.STALE: ("✗ stale", "bad"),
    Freshness.DAMAGED: ("✗ damaged", "bad"),
    Freshness.MISSING: ("? missing", "mid"),
    Freshness.UNTOLD: ("? not on record", "mid"),
}


def page_of(report: Report) -> Page:
    """Put a report into words."""
    about = report.about
    return Page(
        title="The corpus and its training artifacts",
        about=f"{about.corpus}, {about.time}{f', {about.tool}' if about.tool else ''}",
        verdict=report.verdict,
        is_go=report.verdict == GO,
        lead=_lead(report),
        reasons=report.reasons,
        cautions=report.cautions,
        figures=tuple(_figures(report)),
        tables=(_checks(report), _artifacts(report), *tables_of(report)),
    )


def _lead(report: Report) -> str:
    total = report.total
    held = f"{counted(total.clips, 'clip')}, {hours(total.hours)} in {counted(total.shards, 'shard')}" if total else ""
    open_ones = sum(check.standing is Standing.OPEN for check in report.checks)
    unasked = f" {counted(open_ones, 'check')} could not be asked." if open_ones else ""
    if report.verdict == GO:
        return f"The artifacts fit the corpus and each other: {held}.{unasked}"
    return f"Not yet: {counted(len(report.reasons), 'reason')} below.{f' Here are {held}.' if held else ''}{unasked}"


def _figures(report: Report) -> Iterator[Figure]:
    asked = [check for check in report.checks if check.standing is not Standing.OPEN]
    met = sum(check.standing is Standing.MET for check in asked)
    open_ones = len(report.checks) - len(asked)
    yield Figure("Checks met", f"{met} of {len(asked)}", f"{open_ones} could not be asked" if open_ones else "")
    if total := report.total:
        yield Figure("Clips", f"{total.clips:,}", f"in {counted(total.shards, 'shard')}")
        yield Figure("Audio", hours(total.hours), f"{counted(len(report.sources), 'source')}")
    if report.split:
        held = {part.split: part for part in report.split.parts}
        yield Figure("Train", hours(held["train"].hours), f"{counted(held['train'].groups, 'group')}")
        yield Figure("Dev", hours(held["dev"].hours), f"{counted(held['dev'].groups, 'group')}")
        yield Figure("Test", hours(held["test"].hours), f"{counted(held['test'].groups, 'group')}")
    if report.buckets:
        told = report.buckets
        beside = f"{counted(len(told.edges_s), 'bucket')}; equal seconds {per_cent(told.padding_equal_seconds)}"
        yield Figure("Padding", per_cent(told.padding), beside)
    if report.decode_scaling:
        best = max(report.decode_scaling, key=lambda one: one.clips_per_s)
        yield Figure(
            "Decoding", f"{best.clips_per_s:,.0f} clips/s", f"{best.decoder}, {counted(best.workers, 'worker')}"
        )


def _checks(report: Report) -> Table:
    """Make the table of the checks, what is wrong first; those of the artifacts are in the table of these."""
    order = tuple(_STANDING)
    checks = [check for check in report.checks if not check.id.startswith(FRESH)]
    checks.sort(key=lambda check: order.index(check.standing))
    rows = [
        (_STANDING[check.standing][0], check.ask, check.read, check.wanted, _do(check.way_out, check.examples))
        for check in checks
    ]
    columns = ("Standing", "Check", "Read", "Wanted", "What to do")
    marks = tuple(_STANDING[check.standing][1] for check in checks)
    return Table("What was checked", columns, tuple(rows), marks=marks)


def _do(way_out: str, examples: tuple[str, ...]) -> str:
    return "; ".join((*([way_out] if way_out else []), *examples))


def _artifacts(report: Report) -> Table:
    rows = [
        (
            _FRESH[one.freshness][0],
            one.name,
            one.file,
            one.time,
            show_bytes(one.size_bytes) if one.time else "",
            one.renew,
            one.why,
        )
        for one in report.artifacts
    ]
    columns = ("Standing", "Artifact", "File, in the state folder", "Written", "Size", "Made by", "Why")
    marks = tuple(_FRESH[one.freshness][1] for one in report.artifacts)
    return table("Artifacts", columns, rows, {4}, rest=_REST, marks=marks)
