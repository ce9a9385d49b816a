"""All fragments into one manifest, in their order and in bounded memory, with its problems and its report beside it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from engine.checklist.kinds.table_stop import Stop
from engine.crew.artifacts import whole, write_whole
from engine.dataset.manifest_fragment import About, about_of, open_fragment, problems_of
from engine.dataset.manifest_groups import Groups, Twins
from engine.dataset.manifest_inputs import INPUTS, ManifestInputs
from engine.dataset.manifest_problems import Problems
from engine.dataset.manifest_report import ManifestReport, Part
from engine.dataset.manifest_schema import FROM_SHARD, Problem, ProblemKind, problems_schema, schema
from engine.dataset.manifest_table import RowGroups
from engine.errors import DamagedError, Fault

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

Tick = Callable[[], None]
PROBLEMS: Final = "manifest_problems.parquet"
REPORT: Final = "manifest.json"
_S_PER_HOUR: Final = 3600


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
    ended, tally = stop or Stop(), _Tally()
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
    tally: _Tally
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
            for rows in _row_groups(file, about, self.columns):
                twins += self._twins(rows)
                self.tally.count(rows)
                table.add(_grouped(rows, self.groups.leaders, self.columns))
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


@dataclass(slots=True)
class _Part:
    shards: int = 0
    clips: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class _Tally:
    """What the report counts."""

    rows: int = 0
    shards: int = 0
    without_text: int = 0
    without_metadata: int = 0
    look_again: bool = False
    parts: dict[tuple[str, str], _Part] = field(default_factory=dict)
    """By source and state."""
    _part: _Part = field(default_factory=_Part)

    def shard(self, about: About) -> None:
        """Begin with the next shard."""
        self.shards += 1
        self.look_again |= about.look_again
        self._part = self.parts.setdefault((about.inputs.source, about.inputs.state), _Part())
        self._part.shards += 1

    def count(self, rows: pa.Table) -> None:
        """Count rows of it."""
        self.rows += rows.num_rows
        self._part.clips += rows.num_rows
        self._part.seconds += float(np.nansum(rows["duration_s"].to_numpy()))
        self.without_text += _true(rows["text_empty"])
        self.without_metadata += rows.num_rows - _true(rows["has_metadata"])

    def report(self, inputs: ManifestInputs, groups: Groups, problems: Problems) -> ManifestReport:
        """Sum up."""
        parts = tuple(
            Part(source=source, state=state, shards=of.shards, clips=of.clips, hours=of.seconds / _S_PER_HOUR)
            for (source, state), of in self.parts.items()
        )
        return ManifestReport(
            inputs=inputs,
            rows=self.rows,
            shards=self.shards,
            hours=sum(part.hours for part in parts),
            groups_united=len(groups.leaders),
            without_text=self.without_text,
            without_metadata=self.without_metadata,
            parts=parts,
            problems=problems.counts(),
            look_again=self.look_again,
        )


def _row_groups(file: pq.ParquetFile, about: About, columns: pa.Schema) -> Iterator[pa.Table]:
    """Yield a fragment's rows with the manifest's columns; what its shard says is not read but made."""
    import pyarrow as pa  # noqa: PLC0415  # loaded by now

    inputs = about.inputs
    read = [name for name in columns.names if name not in FROM_SHARD]
    of_shard = dict(zip(FROM_SHARD, (inputs.source, inputs.shard, inputs.tar_name, inputs.state), strict=True))
    for at in range(file.num_row_groups):
        rows = file.read_row_group(at, columns=read, use_threads=False)
        zeros = pa.Array.from_buffers(pa.int32(), rows.num_rows, [None, pa.py_buffer(bytes(4 * rows.num_rows))])
        made = {name: pa.DictionaryArray.from_arrays(zeros, _only(value)) for name, value in of_shard.items()}
        yield pa.table([made[name] if name in made else rows[name] for name in columns.names], columns.names)


def _true(flags: pa.ChunkedArray) -> int:
    """Count what is true; without ``pyarrow.compute``, which takes 9 MB."""
    return sum(chunk.true_count for chunk in flags.chunks)


def _only(value: str) -> pa.StringArray:
    """Return an array of one text; ``pa.array`` would look for pandas each time, which takes as long as to merge it."""
    import pyarrow as pa  # noqa: PLC0415  # loaded by now

    held = value.encode()
    offsets = np.array([0, len(held)], np.int32)
    return pa.StringArray.from_buffers(1, pa.py_buffer(offsets), pa.py_buffer(held))


def _grouped(rows: pa.Table, leaders: Mapping[str, str], columns: pa.Schema) -> pa.Table:
    """Give rows the groups that other shards' clips make of theirs."""
    import pyarrow as pa  # noqa: PLC0415  # loaded by now

    arrays = rows.columns
    if leaders:
        at = columns.get_field_index("group_id")
        held = rows["group_id"].combine_chunks()
        units = held.dictionary.to_pylist()
        if not leaders.keys().isdisjoint(units):
            names = pa.array([leaders.get(unit, unit) for unit in units], pa.string())
            held = pa.DictionaryArray.from_arrays(held.indices, names)
        arrays[at] = held.dictionary_decode()
    return pa.Table.from_arrays(arrays, schema=columns)
