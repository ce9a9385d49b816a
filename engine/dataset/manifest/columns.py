"""A fragment's rows as the manifest has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from engine.dataset.manifest.fragment import About
from engine.dataset.manifest.schema import FROM_SHARD

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq


def row_groups_of(file: pq.ParquetFile, about: About, columns: pa.Schema) -> Iterator[pa.Table]:
    """Yield a fragment's rows with the manifest's columns; what its shard says is not read but made."""
    import pyarrow as pa  # noqa: PLC0415  # loaded by now

    inputs = about.inputs
    read = [name for name in columns.names if name not in FROM_SHARD]
    of_shard = dict(zip(FROM_SHARD, (inputs.source, inputs.shard, inputs.tar_name, about.state), strict=True))
    for at in range(file.num_row_groups):
        rows = file.read_row_group(at, columns=read, use_threads=False)
        zeros = pa.Array.from_buffers(pa.int32(), rows.num_rows, [None, pa.py_buffer(bytes(4 * rows.num_rows))])
        made = {name: pa.DictionaryArray.from_arrays(zeros, _only(value)) for name, value in of_shard.items()}
        yield pa.table([made[name] if name in made else rows[name] for name in columns.names], columns.names)


def _only(value: str) -> pa.StringArray:
    """Return an array of one text; ``pa.array`` would look for pandas each time, which takes as long as to merge it."""
    import pyarrow as pa  # noqa: PLC0415  # loaded by now

    held = value.encode()
    offsets = np.array([0, len(held)], np.int32)
    return pa.StringArray.from_buffers(1, pa.py_buffer(offsets), pa.py_buffer(held))


def grouped(rows: pa.Table, leaders: Mapping[str, str], columns: pa.Schema) -> pa.Table:
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
