"""The report of a manifest as a page that people read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.dataset.manifest.report import Example, ManifestReport, ProblemCount
from engine.run.markup import markdown_text
from engine.units import counted

NAMED: Final = 10
"""Problems of a kind that the page names; ``manifest.json`` names more, the table of problems all."""


def markdown(report: ManifestReport) -> str:
    """Return the page: what there is, by source and state, then what a person should know."""
    parts = (_summary(report), _parts(report), *map(_problem, report.problems))
    return "\n".join(line for part in parts for line in (*part, ""))


def _summary(report: ManifestReport) -> Iterator[str]:
    yield "# Manifest"
    yield ""
    yield f"{counted(report.rows, 'clip')} of {counted(report.shards, 'shard')}, {report.hours:,.2f} hours."
    yield ""
    yield f"- Without a transcript: {counted(report.without_text, 'clip')}."
    yield f"- Without metadata: {counted(report.without_metadata, 'clip')}."
    yield f"- In a group of another name, for audio that they share: {counted(report.groups_united, 'unit')}."
    if report.look_again:
        yield "- A disk refused something: run it again, and what could not be read is looked at once more."
    if not report.problems:
        yield "- No problems."


def _parts(report: ManifestReport) -> Iterator[str]:
    yield "| source | state | shards | clips | hours |"
    yield "| --- | --- | --- | --- | --- |"
    for part in report.parts:
        counts = f"{part.shards:,} | {part.clips:,} | {part.hours:,.2f}"
        yield f"| {markdown_text(part.source)} | {markdown_text(part.state)} | {counts} |"


def _problem(problem: ProblemCount) -> Iterator[str]:
    yield f"## {problem.kind.capitalize()}: {problem.count:,} in {counted(problem.shards, 'shard')}"
    yield ""
    yield from (f"- {_example(example)}" for example in problem.examples[:NAMED])
    if problem.count > NAMED:
        yield f"- and {problem.count - NAMED:,} more"


def _example(example: Example) -> str:
    where = "/".join(filter(None, (example.source, example.shard, example.member)))
    told = [where, example.utt_id and f"({example.utt_id})", example.detail]
    return markdown_text(" ".join(filter(None, told)))
