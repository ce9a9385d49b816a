"""Every problem of a corpus, streamed into ``manifest_problems.parquet`` and counted for the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.dataset.manifest.report import EXAMPLES, Example, ProblemCount
from engine.dataset.manifest.schema import Problem, ProblemKind, problems_schema
from engine.dataset.manifest.table import RowGroups


@dataclass(slots=True)
class _Count:
    count: int = 0
    shards: int = 0
    examples: list[Example] = field(default_factory=list)


class Problems:
    """The problems of all shards, taken shard by shard.

    Args:
        table: where each is written.
    """

    def __init__(self, table: RowGroups) -> None:
        self._table = table
        self._counts: dict[ProblemKind, _Count] = {}

    def add(self, source: str, shard: str, problems: Sequence[Problem]) -> None:
        """Take all problems of one shard."""
        import pyarrow as pa  # noqa: PLC0415  # 60 MB of library

        if not problems:
            return
        for kind in {problem.kind for problem in problems}:
            self._counts.setdefault(kind, _Count()).shards += 1
        for problem in problems:
            self._count(source, shard, problem)
        columns = {
            "kind": [problem.kind.value for problem in problems],
            "source": [source] * len(problems),
            "shard": [shard] * len(problems),
            "member": [problem.member for problem in problems],
            "utt_id": [problem.utt_id for problem in problems],
            "detail": [problem.detail for problem in problems],
        }
        schema = problems_schema()
        self._table.add(pa.table([pa.array(columns[one.name], one.type) for one in schema], schema=schema))

    def counts(self) -> tuple[ProblemCount, ...]:
        """Sum up."""
        return tuple(
            ProblemCount(kind=kind, count=found.count, shards=found.shards, examples=tuple(found.examples))
            for kind in ProblemKind
            if (found := self._counts.get(kind)) is not None
        )

    def _count(self, source: str, shard: str, problem: Problem) -> None:
        found = self._counts[problem.kind]
        found.count += 1
        if len(found.examples) < EXAMPLES:
            found.examples.append(
                Example(
                    source=source,
                    shard=shard,
                    member=problem.member,
                    utt_id=problem.utt_id,
                    detail=problem.detail,
                )
            )
