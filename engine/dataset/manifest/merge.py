"""All fragments into one manifest, in their order and in bounded memory, with its problems and its report beside it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from engine.checklist.kinds.table_stop import Stop
from engine.crew.artifacts import whole, write_whole
from engine.dataset.manifest.columns import grouped, row_groups_of
from engine.dataset.manifest.fragment import about_of, open_fragment, problems_of
from engine.dataset.manifest.groups import Groups, Twins
from engine.dataset.manifest.inputs import INPUTS, ManifestInputs
from engine.dataset.manifest.problems import Problems
from engine.dataset.manifest.report import ManifestReport
from engine.dataset.manifest.schema import Problem, ProblemKind, problems_schema, schema
from engine.dataset.manifest.table import RowGroups
from engine.dataset.manifest.tally import Tally
from engine.errors import DamagedError, Fault

if TYPE_CHECKING:
    import pyarrow as pa

Tick = Callable[[], None]
PROBLEMS: Final = "manifest_problems.parquet"
REPORT: Final = "manifest.json"


def merge(
    fragments: Sequence[Path],
    out: Path,
    groups: Groups,
    inputs: ManifestInputs,
    *,
    tick: Tick = lambda: None,
    stop: Stop | None = None,
) -> ManifestReport:
    """Write the manifest; the table of problems and the report go beside it.

    The manifest gets its name last: while an old one stands there, its inputs tell that it is not current.

    Args:
        fragments: in the order of the manifest.
        out: where it is to stand.
        groups: of these very fragments.
        inputs: what it is made of.
        tick: called once a fragment.
        stop: what ends it.

    Raises:
        DamagedError: when a fragment cannot be read, or is not the one that the groups were made of.
        OSError: when the disk refuses; what stood there before stands there still.
        StoppedError: when nobody waits any more.
    """
    ended, tally = stop or Stop(), Tally()
    with whole(out) as temporary:
        with whole(out.with_name(PROBLEMS)) as told, RowGroups(told, problems_schema()) as problem_rows:
            problems = Problems(problem_rows)
            with RowGroups(temporary, schema()) as table:
                merging = _Merging(groups, problems, tally, schema())
                for path in fragments:
                    ended.check()
                    tick()
                    merging.add(path, table)
                if not tally.look_again:
                    table.describe(INPUTS, msgspec.json.encode(inputs))
        report = tally.report(inputs, groups, problems)
        write_whole(out.with_name(REPORT), msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    return report


@dataclass(slots=True)
class _Merging:
    """Fragments, one after the other."""

    groups: Groups
    problems: Problems
    tally: Tally
    columns: pa.Schema
    """The manifest's."""
    shards: list[str] = field(default_factory=list)
    """The names of those that were merged."""

    def add(self, path: Path, table: RowGroups) -> None:
        """Merge the next fragment."""
        with open_fragment(path, dictionaries=("group_id",) if self.groups.leaders else ()) as file:
            about = about_of(file, path)
            self._demand_rows(path, file.metadata.num_rows)
            self.shards.append(f"{about.inputs.source}/{about.inputs.shard}")
            self.tally.shard(about)
            twins: list[Problem] = []
            for rows in row_groups_of(file, about, self.columns):
                twins += self._twins(rows)
                self.tally.count(rows)
                table.add(grouped(rows, self.groups.leaders, self.columns))
            told = problems_of(file, path)
        self.problems.add(about.inputs.source, about.inputs.shard, [*told, *twins])

    def _demand_rows(self, path: Path, rows: int) -> None:
        at, starts = len(self.shards), self.groups.starts
        wanted = int(starts[at + 1] - starts[at])
        if rows != wanted:
            read = f"{rows:,} rows"
            problem = "a fragment of the manifest changed while it was used"
            raise DamagedError(Fault(problem, file=str(path), read=read, wanted=f"{wanted:,}", way_out="run it again"))

    def _twins(self, rows: pa.Table) -> list[Problem]:
        """Tell of rows that an earlier one is like; they are the next that the tally has not counted."""
        start = self.tally.rows
        return [
            *self._like(ProblemKind.UTT_ID_TWICE, self.groups.same_utt_id, rows, start),
            *self._like(ProblemKind.AUDIO_TWICE, self.groups.same_audio, rows, start),
        ]

    def _like(self, kind: ProblemKind, twins: Twins, rows: pa.Table, start: int) -> Iterator[Problem]:
        begin, end = np.searchsorted(twins.rows, np.array([start, start + rows.num_rows], np.uint64))
        if begin == end:
            return
        members, utt_ids = rows["member"], rows["utt_id"]
        for row, first in zip(twins.rows[begin:end].tolist(), twins.firsts[begin:end].tolist(), strict=True):
            at, shard = row - start, self.shards[bisect_right(self.groups.starts, first) - 1]
            detail = f"as in row {first:,} of the manifest (from 0), of {shard}"
            yield Problem(kind, members[at].as_py(), utt_ids[at].as_py(), detail)
