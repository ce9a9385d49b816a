"""``split.parquet``: one row for each clip of the manifest, in its order, with the split that it is in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import xxhash

from engine.dataset.split.corpus import Corpus
from engine.dataset.split.plan import Plan
from engine.dataset.split.quota import Split, Splits
from engine.dataset.split.session import SplitSession
from engine.dataset.split.settings import SplitSettings
from engine.shards.files import RealFiles

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP: Final = 1 << 18
"""Rows of a group: enough for a scan to be quick, few enough to be held; fixed, so that the same rows make the same
bytes."""
INPUTS: Final = b"gonogo.split"
"""The key of the file's metadata under which its inputs stand, as JSON."""
_READ_BYTES: Final = 1 << 22
_BATCH: Final = "SELECT utt_id, video_id, unit, audio FROM clips"


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a split was made of; while all of it is the same, so is the split."""

    format: int = 1
    manifest_xxh3_128: str
    lock_xxh3_128: str
    settings: SplitSettings


def file_xxh3_128(path: Path) -> str:
    """Return the XXH3-128 of a file, in hex."""
    digest = xxhash.xxh3_128()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def read_inputs(table: Path) -> Inputs | None:
    """Return what a split was made of; None where there is none, or one that gonogo did not write."""
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        metadata = pq.read_schema(table).metadata or {}
        return msgspec.json.decode(metadata.get(INPUTS, b""), type=Inputs)
    except (FileNotFoundError, pa.ArrowInvalid, msgspec.MsgspecError):
        return None


def write_table(path: Path, session: SplitSession, corpus: Corpus, plan: Plan, inputs: Inputs) -> None:
    """Write the table; it appears under its name when it is whole and on the disk.

    Raises:
        OSError: when the disk refuses; what stood there before stands there still.
        DamagedError: when the manifest cannot be read.
        StoppedError: when nobody waits any more.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415  # 60 MB of library

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary, files = path.with_name(f".{path.name}.{os.getpid()}.tmp"), RealFiles()
    schema = _schema().with_metadata({INPUTS: msgspec.json.encode(inputs)})
    placed = (_placed(batch, corpus, plan) for batch in session.stream(_BATCH, ROW_GROUP))
    try:
        with pq.ParquetWriter(temporary, schema, compression="zstd", write_page_checksum=True) as writer:
            for table in in_groups(placed, schema):
                writer.write_table(table, row_group_size=ROW_GROUP)
        files.sync_file(temporary)
        temporary.replace(path)
        files.sync_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def in_groups(tables: Iterator[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    """Cut a stream of tables into tables of ROW_GROUP rows, the last one of what is left; none holds loose chunks."""
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library

    held = schema.empty_table()
    for table in tables:
        held = pa.concat_tables([held, table.cast(schema)])
        while held.num_rows >= ROW_GROUP:
            yield held.slice(0, ROW_GROUP).combine_chunks()
            held = held.slice(ROW_GROUP)
    if held.num_rows:
        yield held.combine_chunks()


def _schema() -> pa.Schema:
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library

    return pa.schema({name: pa.string() for name in ("utt_id", "video_id", "group_id", "split")})


def _placed(batch: pa.RecordBatch, corpus: Corpus, plan: Plan) -> pa.Table:
    """Give every clip of a batch its group and split."""
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library
    import pyarrow.compute as pc  # noqa: PLC0415

    unit = np.asarray(pc.index_in(batch["unit"].cast(pa.large_string()), value_set=corpus.units), dtype=np.int64)
    splits = _without_torn(plan.splits[unit], batch["audio"], corpus, plan)
    words = pa.array([split.word for split in Split if split is not Split.NONE])
    columns = {
        "utt_id": batch["utt_id"],
        "video_id": batch["video_id"],
        "group_id": corpus.units.take(pa.array(plan.leader[unit])),
        "split": words.take(pa.array(splits)),
    }
    return pa.table(columns)


def _without_torn(splits: Splits, audio: pa.Array, corpus: Corpus, plan: Plan) -> Splits:
    """Leave out clips whose audio lies in a split that goes before theirs."""
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library
    import pyarrow.compute as pc  # noqa: PLC0415

    if not plan.torn.size:
        return splits
    torn = corpus.audios.take(pa.array(plan.torn))
    at = np.asarray(pc.fill_null(pc.index_in(audio.cast(pa.large_string()), value_set=torn), -1), dtype=np.int64)
    keeps = np.append(plan.torn_keeps, np.int8(Split.NONE))[at]
    return np.where((keeps == Split.NONE) | (keeps == splits), splits, np.int8(Split.EXCLUDED))
