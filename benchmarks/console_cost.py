"""What the console costs, and how soon it is there: in a real tmux of 120x36, 3,551 shards, 32 busy workers, 4 Hz.

``python -m benchmarks.console_cost [--short]``. The engine is simulated (a real event log, a real socket), the console
is not. Peers that are not installed here are left out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import console_busy, console_memory, console_starts
from benchmarks.console_figures import table
from benchmarks.machine import facts, load


def main() -> None:
    """Measure all of it and print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.console_cost")
    parser.add_argument("--short", action="store_true", help="two rounds, and half an hour of memory")
    short = parser.parse_args().short
    say("\n".join((*facts(Path.cwd()), "")))
    busy = console_busy.measure(*((2, 3.0) if short else (6, 5.0)))
    starts = console_starts.measure(3 if short else 9)
    hours = 1.0 if short else console_memory.HOURS
    memory = console_memory.measure(hours)
    measured = [*console_busy.figures(busy), *console_starts.figures(starts), *console_memory.figures(hours, *memory)]
    say(f"{table(measured)}\nload average at the end: {load()}")


def say(text: str) -> None:
    """Tell what was measured."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
