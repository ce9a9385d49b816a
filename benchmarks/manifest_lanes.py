"""One candidate that puts fragments together into one manifest, in a process of its own; it prints what that took.

``python -m benchmarks.manifest_lanes CANDIDATE FRAGMENTS OUT``. All of them read the same fragments, and write the
manifest's columns with zstd.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from benchmarks.measuring import Cost
from engine.dataset.manifest.groups import Groups, Twins, find_groups
from engine.dataset.manifest.inputs import ManifestInputs
from engine.dataset.manifest.merge import merge
from engine.dataset.manifest.schema import ROW_GROUP, schema
from engine.dataset.split.settings import COMMON_VIDEOS

INPUTS: Final = ManifestInputs(shards=0, shards_xxh3_128="", tool="bench", common_videos=COMMON_VIDEOS)
PEAK_BYTES: Final = "peak bytes"
OUTPUT_BYTES: Final = "output bytes"
_NOBODY: Final = Twins(np.empty(0, np.uint64), np.empty(0, np.uint64))


def gonogo(fragments: list[Path], out: Path) -> None:
    """Find groups and duplicates, and merge."""
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        groups = find_groups(fragments, Path(scratch))
    merge(fragments, out, groups, INPUTS)


def gonogo_merge(fragments: list[Path], out: Path) -> None:
    """Merge where nothing is alike."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    rows = [pq.read_metadata(path).num_rows for path in fragments]
    merge(fragments, out, Groups({}, np.cumsum([0, *rows]), _NOBODY, _NOBODY), INPUTS)


def polars_sink(fragments: list[Path], out: Path) -> None:
    """Polars' streaming engine, as it is set up."""
    import polars as pl  # noqa: PLC0415

    pl.scan_parquet(fragments).select(schema().names).sink_parquet(out, compression="zstd")


def polars_level_1(fragments: list[Path], out: Path) -> None:
    """Polars' streaming engine, with zstd at pyarrow's level and our row groups."""
    import polars as pl  # noqa: PLC0415

    lazy = pl.scan_parquet(fragments).select(schema().names)
    lazy.sink_parquet(out, compression="zstd", compression_level=1, row_group_size=ROW_GROUP)


def pyarrow_dataset(fragments: list[Path], out: Path) -> None:
    """Arrow's own way to write data sets."""
    import pyarrow.dataset as ds  # noqa: PLC0415

    kind = ds.ParquetFileFormat()
    ds.write_dataset(
        ds.dataset(fragments, format="parquet").scanner(columns=schema().names),
        out.parent / f"{out.name}.d",
        format=kind,
        file_options=kind.make_write_options(compression="zstd"),
        min_rows_per_group=ROW_GROUP,
        max_rows_per_group=2 * ROW_GROUP,
        existing_data_behavior="delete_matching",
    )


CANDIDATES: Final[dict[str, Callable[[list[Path], Path], None]]] = {
    "gonogo": gonogo,
    "gonogo, merge alone": gonogo_merge,
    "polars sink_parquet": polars_sink,
    "polars sink_parquet, level 1": polars_level_1,
    "pyarrow.dataset": pyarrow_dataset,
}


def main() -> None:
    """Run a candidate."""
    name, folder, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    fragments = sorted(folder.glob("*.parquet"))
    since = time.monotonic()
    CANDIDATES[name](fragments, out)
    wall_s = time.monotonic() - since
    used = resource.getrusage(resource.RUSAGE_SELF)
    written = [out] if out.exists() else list(out.parent.glob(f"{out.name}.d/*"))
    parts = {PEAK_BYTES: float(_peak_bytes()), OUTPUT_BYTES: float(sum(path.stat().st_size for path in written))}
    cost = Cost(used.ru_utime + used.ru_stime, wall_s, sum(path.stat().st_size for path in fragments), parts)
    sys.stdout.buffer.write(msgspec.json.encode(cost))
    sys.stdout.flush()
    os._exit(0)  # libraries take seconds to give back what the kernel takes anyway


def _peak_bytes() -> int:
    """Return this process's own peak: ru_maxrss begins with what the parent had when it forked."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


if __name__ == "__main__":
    main()
