"""The rows of manifest and split that go out, tar by tar, in bounded memory; the others are counted by reason."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.audio.formats import TARGET_RATE_HZ
from engine.dataset.export.ask import SPLITS
from engine.dataset.export.clip import OF_MANIFEST, Clip, clips_by_split
from engine.dataset.export.tar import Tar
from engine.errors import DamagedError, Fault

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ROWS: Final = 1 << 14
"""Held at once: about 20 MB as Python sees them, and large enough that a batch's own costs do not matter."""
GOES_OUT: Final = ("done", "skipped")
"""States of a shard whose tar is what training reads."""
READ_BYTES: Final = 1 << 16
"""Of each column at once. Arrow's own way, to read ahead, holds all that was read of a file until it is closed."""
_WHERE: Final = ("tar", "shard_state")
_AGAIN: Final = "make the split again: each row of it must be of the manifest's row"


class Piece:
    """Clips that go out and lie behind one another in one tar; a large tar comes in several pieces."""

    def __init__(self, tar: Tar, rows: pa.RecordBatch) -> None:
        self.tar = tar
        self.rows = rows
        """The columns of a :class:`Clip`."""

    @cached_property
    def clips(self) -> dict[str, list[Clip]]:
        """The same rows by split."""
        return clips_by_split(self.rows)


def pieces(
    manifest: Path, split: Path, corpus: Path, left_out: Counter[str], tick: Callable[[], None]
) -> Iterator[Piece]:
    """Yield all clips that go out, in the order of the manifest.

    Args:
        manifest: the table of all clips.
        split: the table of their splits, row by row.
        corpus: the folder that the tars lie under, resolved.
        left_out: counts the clips that stay, by reason.
        tick: called once a batch; may raise.

    Raises:
        DamagedError: when a table cannot be read, is not ordered by tar, or the two are not of the same clips.
    """
    seen: set[str] = set()
    tar: Tar | None = None
    for of_manifest, of_split in _side_by_side(manifest, split):
        tick()
        rows = _joined(of_manifest, of_split, split)
        kept = _kept(rows, left_out)
        for name, run in _runs(kept):
            if tar is None or tar.name != name:
                if name in seen:
                    problem, wanted = "the manifest comes back to a tar", "its rows behind one another"
                    raise DamagedError(Fault(problem, str(manifest), read=name, wanted=wanted))
                seen.add(name)
                tar = Tar(corpus, name)
            yield Piece(tar, run)


def _side_by_side(manifest: Path, split: Path) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Read both tables in batches of the same rows."""
    with _opened(manifest, (*OF_MANIFEST, *_WHERE)) as left, _opened(split, ("utt_id", "split")) as right:
        if left.metadata.num_rows != right.metadata.num_rows:
            read, wanted = f"{right.metadata.num_rows:,} rows", f"{left.metadata.num_rows:,} as the manifest has"
            raise DamagedError(Fault("the split is of another manifest", str(split), read=read, wanted=wanted))
        ours, theirs = _batches(left, manifest, (*OF_MANIFEST, *_WHERE)), _batches(right, split, ("utt_id", "split"))
        one, other = next(ours, None), next(theirs, None)
        while one is not None and other is not None:
            rows = min(one.num_rows, other.num_rows)
            yield one.slice(0, rows), other.slice(0, rows)
            one = one.slice(rows) if rows < one.num_rows else next(ours, None)
            other = other.slice(rows) if rows < other.num_rows else next(theirs, None)


def _opened(table: Path, wanted: tuple[str, ...]) -> pq.ParquetFile:
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        file = pq.ParquetFile(table, page_checksum_verification=True, pre_buffer=False, buffer_size=READ_BYTES)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(table, error) from error
    there = file.schema_arrow.names
    missing = [name for name in wanted if name not in there]
    if missing:
        read, way_out = ", ".join(there), "make the table again"
        raise DamagedError(
            Fault("the table has no such column", str(table), read=read, wanted=", ".join(missing), way_out=way_out)
        )
    return file


def _batches(file: pq.ParquetFile, table: Path, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library

    try:
        # Threads would decode whole row groups ahead: memory for time that the writing takes anyway.
        yield from file.iter_batches(ROWS, columns=list(columns), use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(table, error) from error


def _unreadable(table: Path, error: Exception) -> DamagedError:
    read = str(error).split("\n", maxsplit=1)[0]
    return DamagedError(
        Fault("the table cannot be read", str(table), read=read, wanted="whole Parquet", way_out="make it again")
    )


def _joined(of_manifest: pa.RecordBatch, of_split: pa.RecordBatch, split: Path) -> pa.RecordBatch:
    """Put the split beside the manifest's columns, all texts plain and without nulls."""
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library

    columns = {name: _plain(of_manifest[name]) for name in of_manifest.schema.names}
    if not columns["utt_id"].equals(_plain(of_split["utt_id"])):
        problem, read = "the split is of another manifest", "other names of clips"
        raise DamagedError(Fault(problem, str(split), read=read, wanted="the manifest's utt_id", way_out=_AGAIN))
    return pa.RecordBatch.from_pydict(columns | {"split": _plain(of_split["split"])})


def _plain(column: pa.Array) -> pa.Array:
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return column.cast(pa.string()).fill_null("")
    return column


def _kept(rows: pa.RecordBatch, left_out: Counter[str]) -> pa.RecordBatch:
    """Return the rows that go out, and count why the others do not."""
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library
    import pyarrow.compute as pc  # noqa: PLC0415

    known = pc.and_(pc.is_valid(rows["num_frames"]), pc.is_valid(rows["duration_s"]))
    known = pc.and_(pc.and_(known, pc.is_valid(rows["sample_rate_hz"])), pc.is_valid(rows["channels"]))
    reasons = {
        "shard": pc.invert(pc.is_in(rows["shard_state"], pa.array(GOES_OUT))),
        "header cannot be read": pc.invert(known),
        "not 16 kHz": pc.not_equal(rows["sample_rate_hz"], TARGET_RATE_HZ),
        "no frames": pc.less_equal(rows["num_frames"], 0),
        "not in train, dev or test": pc.invert(pc.is_in(rows["split"], pa.array(SPLITS))),
    }
    of_shard = pc.binary_join_element_wise("shard is", rows["shard_state"], " ")
    first = pc.case_when(pc.make_struct(*reasons.values()), of_shard, *list(reasons)[1:], "")
    left_out.update({each["values"]: each["counts"] for each in pc.value_counts(first).to_pylist() if each["values"]})
    return rows.filter(pc.equal(first, ""))


def _runs(rows: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Cut a batch where another tar begins."""
    if not rows.num_rows:
        return
    codes = np.asarray(rows["tar"].dictionary_encode().indices)
    cuts = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), rows.num_rows]
    for begin, end in itertools.pairwise(cuts):
        yield rows["tar"][begin].as_py(), rows.slice(begin, end - begin)
