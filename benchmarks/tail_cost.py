"""What following logs costs: one long text log against Python's own line loop, and ten sources that are idle.

``python -m benchmarks.tail_cost [size in MB, 200]``. One line in a hundred is a metric. The two loops take turns
and are timed by the processor's time that they take, so that a busy machine slows both; the ratio is the figure.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from engine.watch.detect import open_sources
from engine.watch.sources.base import Source

RATIO_GOAL = 2.0
IDLE_GOAL = 0.005
ROUNDS = 5
IDLE_SOURCES = 10
POLLS_PER_S = 4
IDLE_POLLS = 400
_WORDS = [
    "worker",
    "shard",
    "loading",
    "cache",
    "batch",
    "tensor",
    "shape",
    "device",
    "pin",
    "prefetch",
    "rank",
    "nccl",
    "info",
    "compile",
    "kernel",
    "graph",
    "node",
    "queue",
    "data",
    "loader",
    "memory",
    "free",
    "reserved",
    "allocator",
    "stream",
    "bucket",
    "reduce",
    "gather",
    "flush",
    "rotate",
    "sample",
    "decode",
    "clip",
]


def write_log(path: Path, size_bytes: int) -> int:
    """Write a log in which one line in a hundred is a metric; return how many metrics it has."""
    noise = random.Random(5)  # noqa: S311 - filler, not a secret
    lines = [
        f"2026-03-01 10:00:00,123 - DEBUG - {' '.join(noise.choices(_WORDS, k=8))} {number}\n" for number in range(5000)
    ]
    step, written = 0, 0
    with path.open("w", encoding="utf-8") as log:
        while written < size_bytes:
            step += 1
            block = "".join(noise.sample(lines, 99))
            metrics = f"step: {step}  loss: {4 - step * 1e-6:.5f}  grad_norm: 1.23  lr: 1e-4"
            block += f"2026-03-01 10:00:00,123 - INFO - {metrics}\n"
            written += log.write(block)
    return step


def bare_loop(path: Path) -> float:
    """Return the processor seconds of ``for line in open(path, 'rb')``."""
    began = time.process_time()
    with path.open("rb") as log:
        for _ in log:
            pass
    return time.process_time() - began


def read_once(path: Path, wanted: int) -> float:
    """Return the processor seconds that a source takes to read the log to its end."""
    began = time.process_time()
    (source,) = open_sources(path)
    found = 0
    while batch := source.poll():
        found += len(batch.records)
    passed = time.process_time() - began
    source.close()
    assert found == wanted, f"{found} records read, {wanted} written"
    return passed


def idle_share(folder: Path) -> float:
    """Return the share of a core that ten idle sources take at four polls a second."""
    sources: list[Source] = []
    for number in range(IDLE_SOURCES):
        path = folder / f"idle-{number}.log"
        path.write_text("step: 1 loss: 4.5\n", encoding="utf-8")
        sources += open_sources(path)
    for source in sources * 3:
        source.poll()
    shares = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(IDLE_POLLS):
            for source in sources:
                source.poll()
        shares.append((time.process_time() - began) / IDLE_POLLS * POLLS_PER_S)
    return median(shares)


def main() -> None:
    """Print one line a figure."""
    size_mb = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory(prefix="gg-") as home:
        log = Path(home) / "train.log"
        wanted = write_log(log, size_mb * 10**6)
        rounds = [(bare_loop(log), read_once(log, wanted)) for _ in range(ROUNDS)]
        ratios = sorted(ours / bare for bare, ours in rounds)
        ours_s = median(ours for _, ours in rounds)
        sys.stdout.write(
            f"text log of {size_mb:,} MB, 1 line in 100 a metric, against Python's line loop: {median(ratios):.2f} x "
            f"({ratios[0]:.2f} to {ratios[-1]:.2f}; goal at most {RATIO_GOAL:g} x), {size_mb / ours_s:,.0f} MB/s\n"
        )
        sys.stdout.write(
            f"{IDLE_SOURCES} idle sources, {POLLS_PER_S} Hz: {idle_share(Path(home)):.2%} of a core "
            f"(goal at most {IDLE_GOAL:.1%})\n"
        )


if __name__ == "__main__":
    main()
