"""Checks of the manifest's clips: metadata, transcripts, headers, duplicates. Pure.

All of these are cautions: the manifest reports such clips and drops none, and a person knows what they are worth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from engine.dataset.manifest.report import ManifestReport, ProblemCount
from engine.dataset.manifest.schema import ProblemKind
from engine.dataset.report.checking import check
from engine.dataset.report.figures import place_of
from engine.dataset.report.shape import Check
from engine.dataset.report.tally import ShardTally
from engine.units import counted


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    ask: str
    count: Callable[[ShardTally], int]
    way_out: str


_KINDS: Final = (
    _Kind(
        "metadata",
        "Is any clip without metadata?",
        lambda tally: tally.without_metadata,
        "look at the sidecars of these shards, then gonogo manifest",
    ),
    _Kind(
        "transcripts",
        "Is any transcript empty?",
        lambda tally: tally.text_empty,
        "leave them out where a text is needed: column text_empty",
    ),
    _Kind(
        "headers",
        "Is any clip without a duration: a header that cannot be read, or no frame?",
        lambda tally: tally.without_duration,
        "look them up in manifest_problems.parquet",
    ),
)
_TWICE: Final = frozenset({ProblemKind.UTT_ID_TWICE, ProblemKind.AUDIO_TWICE})
_COUNTED: Final = frozenset({ProblemKind.NO_METADATA, ProblemKind.HEADER})
"""Counted from the table itself."""


def clip_checks(manifest: Sequence[ShardTally] | None, report: ManifestReport | None) -> Iterator[Check]:
    """Ask what has to be known of the clips."""
    for kind in _KINDS:
        yield _clips(kind, manifest)
    problems = report.problems if report else ()
    twice = [problem for problem in problems if problem.kind in _TWICE]
    others = [problem for problem in problems if problem.kind not in _TWICE | _COUNTED]
    yield _problems("duplicates", "Is any utt_id or any audio there twice?", twice if report else None)
    yield _problems("other problems", "Does the manifest report any other problem?", others if report else None)


def _clips(kind: _Kind, manifest: Sequence[ShardTally] | None) -> Check:
    counts = [(kind.count(tally), tally.id) for tally in manifest or ()]
    worst = sorted(((count, shard) for count, shard in counts if count), key=lambda one: (-one[0], one[1]))
    total = sum(count for count, _ in counts)
    return check(
        kind.name,
        ask=kind.ask,
        wrong=None if manifest is None else total,
        read=counted(total, "clip") + (f" in {counted(len(worst), 'shard')}" if worst else ""),
        wanted="0 clips",
        way_out=kind.way_out,
        examples=[f"{shard}: {count:,}" for count, shard in worst],
        mild=True,
    )


def _problems(name: str, ask: str, problems: Sequence[ProblemCount] | None) -> Check:
    return check(
        name,
        ask=ask,
        wrong=None if problems is None else sum(problem.count for problem in problems),
        read=", ".join(f"{problem.count:,} of {problem.kind}" for problem in problems or ()) or "none",
        wanted="none",
        way_out="each one is in manifest_problems.parquet",
        examples=[f"{problem.kind}: {place_of(problem)}" for problem in problems or ()],
        mild=True,
    )
