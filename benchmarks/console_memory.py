"""What the console holds in memory after eight hours: a run of 3,551 shards that goes a hundred times as fast."""

from __future__ import annotations

import sys
import time
from typing import Final

import psutil

from benchmarks.console_figures import Figure
from benchmarks.console_rig import engine, home, terminal
from benchmarks.measuring import Spread

HOURS: Final = 8.0
SPEED: Final = 100.0
SHARDS: Final = 3_551
WORKERS: Final = 32
_FIRST_S: Final = 20.0
"""By then everything was drawn, imported and allocated that a console needs; a simulated half hour."""
_SAMPLES: Final = 5


def measure(hours: float = HOURS) -> tuple[int, int]:
    """Return the bytes that the console holds soon after its start and at the end of so many simulated hours."""
    lasts_s = hours * 3_600 / SPEED
    shard_s = hours * 3_600 * WORKERS / SHARDS
    options = ("--speed", str(SPEED), "--shard-s", str(shard_s), "--shards", str(SHARDS))
    with home() as env, terminal(env) as screens, engine(env, lasts_s + 60, *options) as (run, _):
        screens.start("watches", [sys.executable, "-m", "app", "attach", run])
        screens.shows("watches", r"shard_0")
        console, began = screens.process("watches"), time.monotonic()
        time.sleep(_FIRST_S)
        first = _held(console)
        time.sleep(max(0.0, lasts_s - (time.monotonic() - began)))
        return first, _held(console)


def _held(console: psutil.Process) -> int:
    """Return what a process holds for itself alone: the least of some samples, for a paint needs some for a moment."""
    held = []
    for _ in range(_SAMPLES):
        held.append(int(console.memory_full_info().uss))
        time.sleep(0.3)
    return min(held)


def figures(hours: float, first: int, last: int) -> list[Figure]:
    """Return what is told of it."""
    grown = Spread.of([(last - first) / 1e6])
    name = f"memory after {hours:g} simulated hours at 100 times the speed: growth"
    return [Figure(name, grown, "MB", 5), Figure("memory then", Spread.of([last / 1e6]), "MB")]
