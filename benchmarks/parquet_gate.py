"""What a gate over ten million rows costs: the ``parquet`` check beside whole-table readers that answer the same.

``python -m benchmarks.parquet_gate [ROUNDS]``. The rules: unique text keys, 8 colours, all of them present, no
null where there are lyrics, no song that a table of a million does not know. Every candidate runs in a child process,
in turns. Polars is measured where it is installed.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import resource
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from statistics import median

import msgspec

ROWS = 10_000_000
SONGS = 1_000_000
ROUNDS = 5
COLORS = ("Black", "Red", "Orange", "Yellow", "Green", "Blue", "Indigo", "Violet")
GOAL_S = 10.0
"""A gate that takes longer is one that people learn to skip."""
GATE = """
type = "parquet"
path = "segments.parquet"
min_rows = 10_000_000
unique = ["segment_id"]
distinct = { color = 8 }
present = { color = ["Black", "Red", "Orange", "Yellow", "Green", "Blue", "Indigo", "Violet"] }
not_null = [{ column = "lyric_text", where = "vocals" }]
no_orphans = [{ column = "song_id", in = "songs.parquet", key = "id" }]
"""


class Cost(msgspec.Struct):
    """What one candidate took, from after its start to its answer."""

    wall_s: float
    cpu_s: float
    peak_bytes: int


def make(folder: Path) -> None:
    """Write the tables: ids of 32 letters in no order, as a join leaves them."""
    import duckdb  # noqa: PLC0415  # candidates measure what loading it costs them

    colors = ", ".join(f"'{color}'" for color in COLORS)
    with duckdb.connect() as made:
        made.execute(
            f"COPY (SELECT md5(CAST(i AS VARCHAR)) AS segment_id, CAST(i * 7919 % {SONGS} AS BIGINT) AS song_id, "  # noqa: S608  # our own constants
            f"[{colors}][1 + i % 8] AS color, i % 2 = 0 AS vocals, "
            f"CASE WHEN i % 2 = 0 THEN 'la la ' || (i % 1000) END AS lyric_text FROM range({ROWS}) AS r(i)) "
            f"TO '{folder / 'segments.parquet'}' (FORMAT parquet)"
        )
        songs = f"SELECT i AS id, 'song ' || i AS title FROM range({SONGS}) AS r(i)"  # noqa: S608  # our own constant
        made.execute(f"COPY ({songs}) TO '{folder / 'songs.parquet'}' (FORMAT parquet)")


def gonogo(folder: Path) -> bool:
    """Ask our check as a gate does."""
    from engine.checklist.around import Around  # noqa: PLC0415  # each candidate loads what it needs, and pays for it
    from engine.checklist.kinds.parquet import Parquet  # noqa: PLC0415
    from engine.config import Settings  # noqa: PLC0415

    check = msgspec.convert(tomllib.loads(GATE), Parquet)
    around = Around(folder, folder, Settings(), dict(os.environ), dict(os.environ))
    return asyncio.run(check.look(around)).state == "pass"


def pyarrow_whole(folder: Path) -> bool:
    """Ask ``pyarrow.compute`` over whole columns in memory."""
    import pyarrow.compute as pc  # noqa: PLC0415  # each candidate loads what it needs, and pays for it
    import pyarrow.parquet as pq  # noqa: PLC0415

    table = pq.read_table(folder / "segments.parquet")
    songs = pq.read_table(folder / "songs.parquet", columns=["id"])["id"]
    colors = set(pc.unique(table["color"]).to_pylist())
    silent = pc.sum(pc.and_(table["vocals"], pc.is_null(table["lyric_text"]))).as_py()
    orphans = pc.sum(pc.invert(pc.is_in(table["song_id"], value_set=songs))).as_py()
    ids = pc.count_distinct(table["segment_id"]).as_py()
    return bool(table.num_rows == ids == ROWS and colors == set(COLORS) and not silent and not orphans)


def polars_lazy(folder: Path) -> bool:
    """Ask polars with its streaming engine."""
    import polars as pl  # noqa: PLC0415

    lazy = pl.scan_parquet(folder / "segments.parquet")
    songs = pl.scan_parquet(folder / "songs.parquet").select("id")
    sums = lazy.select(
        pl.len().alias("rows"),
        pl.col("segment_id").n_unique().alias("ids"),
        (pl.col("vocals") & pl.col("lyric_text").is_null()).sum().alias("silent"),
        pl.col("color").unique().implode().alias("colors"),
    )
    orphans = lazy.select("song_id").join(songs, left_on="song_id", right_on="id", how="anti").select(pl.len())
    counts, lost = pl.collect_all([sums, orphans], engine="streaming")
    rows, ids, silent, colors = counts.row(0)
    return bool(rows == ids == ROWS and silent == 0 and set(colors) == set(COLORS) and lost.item() == 0)


CANDIDATES: dict[str, Callable[[Path], bool]] = {
    "gonogo's check": gonogo,
    "pyarrow.compute, whole table": pyarrow_whole,
    "polars, streaming": polars_lazy,
}


def child(name: str, folder: Path) -> None:
    """Run one candidate and print its cost."""
    since = time.monotonic()
    if not CANDIDATES[name](folder):
        sys.exit(f"{name} says that the tables are not as wanted")
    used = resource.getrusage(resource.RUSAGE_SELF)
    cost = Cost(time.monotonic() - since, used.ru_utime + used.ru_stime, _peak_bytes())
    sys.stdout.buffer.write(msgspec.json.encode(cost))


def _peak_bytes() -> int:
    """Return this process's own peak: ru_maxrss begins with what the parent had when it forked."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def measure(name: str, folder: Path) -> Cost:
    """Run one candidate in a child process."""
    argv = [sys.executable, "-m", "benchmarks.parquet_gate", "--child", name, str(folder)]
    return msgspec.json.decode(subprocess.run(argv, capture_output=True, check=True).stdout, type=Cost)


def main() -> None:
    """Print the ratios, then the medians."""
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], Path(sys.argv[3]))
        return
    names = [name for name in CANDIDATES if name != "polars, streaming" or importlib.util.find_spec("polars")]
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as home:
        make(Path(home))
        costs: dict[str, list[Cost]] = {name: [] for name in names}
        for turn in range(int(sys.argv[1]) if sys.argv[1:] else ROUNDS):
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                costs[name].append(measure(name, Path(home)))
    ours = costs["gonogo's check"]
    for name in names[1:]:
        wall = median(theirs.wall_s / our.wall_s for theirs, our in zip(costs[name], ours, strict=True))
        peak = median(theirs.peak_bytes / our.peak_bytes for theirs, our in zip(costs[name], ours, strict=True))
        sys.stdout.write(f"{name}: {wall:.2f} times our time, {peak:.2f} times our memory\n")
    for name in names:
        walls = [cost.wall_s for cost in costs[name]]
        cpu, peak = (median(cost.cpu_s for cost in costs[name]), median(cost.peak_bytes for cost in costs[name]))
        sys.stdout.write(
            f"{name}: median {median(walls):.2f} s ({min(walls):.2f} to {max(walls):.2f}), "
            f"CPU {cpu:.2f} s, peak {peak / 1e9:.2f} GB"
            + (f" (goal at most {GOAL_S:g} s)\n" if name == names[0] else "\n")
        )


if __name__ == "__main__":
    main()
