"""The inventory of 4,138 shards where every look takes 1 ms: ``python -m benchmarks.inventory_latency``.

Two corpora: shards as large as real ones (3.3 GB of 5,700 clips each, a sparse file with true headers, its sidecar a
Parquet file), and small ones, which are walked whole. All shards of a kind are one file under thousands of names; a
preloaded library (``slow_reads.c``) makes the calls slow, counts them, and hides the links. Beside them stands what a
script with ``tarfile`` takes for one shard, times the number of shards: an extrapolation, told as such.
"""

from __future__ import annotations

import os
import resource
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.parquet as pq

SHARDS = 4138
RESULTS_IN = 7
"""One shard in so many has 16 kHz already, as 587 of the corpus have."""
READ_US = 1000
LARGE_CLIPS = 5700
LARGE_CLIP_S = 6.03
"""Mono, 48 kHz, 16 bit: 5,700 of them take 3.3 GB."""
SMALL_CLIPS = 24
SMALL_CLIP_S = 1.0

_SHIM = Path(__file__).with_name("slow_reads.c")
_COUNTS = ("opens", "reads", "stats", "listings", "bytes")
_COUNTERS = 8
_WALK = "import sys, tarfile; print(sum(1 for _ in tarfile.open(sys.argv[1])))"


@dataclass(frozen=True)
class Timed:
    """One command under slow reads."""

    wall_s: float
    cpu_s: float
    """Of the command and its workers."""
    calls: dict[str, int]
    """Slow calls by kind, and bytes read."""

    def per(self, shards: int) -> str:
        """Say what a shard took."""
        took = ", ".join(f"{self.calls[kind] / shards:.1f} {kind}" for kind in _COUNTS[:-1])
        return f"{took}, {self.calls['bytes'] / shards / 2**20:.2f} MiB read"


def write_tar(path: Path, clips: int, clip_s: float, rate_hz: int) -> list[str]:
    """Write a tar of silent clips whose silence takes no room on disk; return the members' names."""
    frames = int(clip_s * rate_hz)
    data_bytes = frames * 2
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + data_bytes,
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        rate_hz,
        rate_hz * 2,
        2,
        16,
        b"data",
        data_bytes,
    )
    names = [f"vid{at // 20:05d}_{at:06d}.wav" for at in range(clips)]
    with path.open("wb") as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(head) + data_bytes
            tar.write(info.tobuf(tarfile.GNU_FORMAT) + head)
            tar.seek(data_bytes + -info.size % tarfile.BLOCKSIZE, os.SEEK_CUR)
        end = tar.tell() + 2 * tarfile.BLOCKSIZE
        tar.truncate(end + -end % tarfile.RECORDSIZE)
    return names


def write_sidecar(path: Path, names: list[str], clip_s: float) -> None:
    """Write the metadata of a shard: eight columns, a row a clip."""
    rows = len(names)
    table = pa.table(
        {
            "utt_id": [name.removesuffix(".wav") for name in names],
            "file_name": names,
            "video_id": [name[:8] for name in names],
            "text": [f"some {at} words that were said in clip {at}" for at in range(rows)],
            "language": ["en"] * rows,
            "duration": [clip_s] * rows,
            "quality_bucket": ["a"] * rows,
            "speaker": [str(at % 97) for at in range(rows)],
        }
    )
    pq.write_table(table, path, compression="zstd", write_page_checksum=True)


def make_corpus(folder: Path, shards: int, clips: int, clip_s: float) -> Path:
    """Write one shard of either rate, and give both as many names as there are to be shards."""
    models = []
    for rate_hz in (48_000, 16_000):
        model = folder / f".model-{rate_hz}"
        model.mkdir(parents=True)
        names = write_tar(model / "audio.tar", clips, clip_s, rate_hz)
        write_sidecar(model / "metadata.parquet", names, clip_s)
        models.append(model)
    for number in range(shards):
        model = models[number % RESULTS_IN == RESULTS_IN - 1]
        shard = folder / "final-export" / f"shard_{number:05d}"
        shard.mkdir(parents=True)
        for name in ("audio.tar", "metadata.parquet"):
            os.link(model / name, shard / name)
    return folder


class SlowReads:
    """A library that makes every look under a path slow, and counts them; for programs started with :attr:`env`.

    Args:
        scratch: a folder for the library and its counters.
        under: the path.
        wait_us: what each look takes.
    """

    def __init__(self, scratch: Path, under: Path, wait_us: int = READ_US) -> None:
        library, self._counters = scratch / "slow_reads.so", scratch / "slow_reads.counts"
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", library, _SHIM, "-ldl"], check=True)
        told = {"UNDER": under, "US": wait_us, "COUNT": self._counters}
        self.env = {"LD_PRELOAD": str(library), **{f"SLOW_READS_{name}": str(value) for name, value in told.items()}}
        self.reset()

    def reset(self) -> None:
        """Count from 0 again."""
        self._counters.write_bytes(bytes(8 * _COUNTERS))

    def calls(self) -> dict[str, int]:
        """Return how many there were of each kind, and the bytes read."""
        return dict(zip(_COUNTS, struct.unpack(f"<{_COUNTERS}Q", self._counters.read_bytes()), strict=False))


def slowly(slow: SlowReads, argv: list[str]) -> Timed:
    """Run a command to its end under slow reads."""
    slow.reset()
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    ended = subprocess.run(argv, env={**os.environ, **slow.env}, capture_output=True, text=True, check=False)
    wall_s, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode:
        raise click.ClickException(f"{' '.join(argv)}: {ended.returncode}: {ended.stderr[-1000:]}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Timed(wall_s, cpu_s, slow.calls())


def measure(scratch: Path, what: str, shards: int, clips: int, clip_s: float) -> None:
    """Make a corpus, take its inventory twice, and print what that took."""
    corpus = make_corpus(scratch / what, shards, clips, clip_s)
    slow = SlowReads(scratch, corpus)
    size = (corpus / ".model-48000" / "audio.tar").stat().st_size
    click.echo(f"{what}: {shards:,} shards of {size / 1e6:,.1f} MB, {clips:,} clips each; {READ_US / 1000:g} ms a call")
    inventory = [sys.executable, "-P", "-m", "app", "--json", "inventory", str(corpus)]
    for run in ("first inventory", "rerun, nothing changed"):
        took = slowly(slow, inventory)
        click.echo(f"  {run:24} {took.wall_s:7.1f} s wall, {took.cpu_s:6.1f} s CPU; a shard: {took.per(shards)}")
    walk = slowly(slow, [sys.executable, "-c", _WALK, str(corpus / ".model-48000" / "audio.tar")])
    alone = walk.wall_s * shards
    click.echo(
        f"  {'tarfile, one shard':24} {walk.wall_s:7.1f} s wall; times {shards:,}, extrapolated: {alone / 3600:.1f} h"
    )


@click.command()
@click.option("--shards", default=SHARDS, show_default=True, help="How many; the goal is for as many as the default.")
@click.option("--scratch", type=click.Path(path_type=Path, file_okay=False), help="Where to make the corpora.")
def main(shards: int, scratch: Path | None) -> None:
    """Measure the inventory of large and of small shards where every look takes a millisecond."""
    folder = Path(tempfile.mkdtemp(prefix="inventory-", dir=scratch))
    try:
        measure(folder, "large", shards, LARGE_CLIPS, LARGE_CLIP_S)
        measure(folder, "small", shards, SMALL_CLIPS, SMALL_CLIP_S)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
