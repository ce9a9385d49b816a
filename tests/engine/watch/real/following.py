"""Real trainers as child processes that are followed while they write, killed, and started again."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from engine.watch.records import Record
from engine.watch.sources.base import Source

PATIENCE_S = 90.0
"""Importing torch takes some ten seconds where others use the machine too."""


def start(program: str, output: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Run a program whose output is appended to a file."""
    with output.open("ab") as log:
        argv = [sys.executable, "-u", "-c", program, *arguments]
        return subprocess.Popen(argv, stdout=log, stderr=subprocess.STDOUT)


def follow(
    source: Source, child: subprocess.Popen[bytes], *, until: Callable[[list[Record]], bool] | None = None
) -> list[Record]:
    """Poll while a child writes: to its end, or until enough was seen, and then it is killed where it stands."""
    records: list[Record] = []
    deadline = time.monotonic() + PATIENCE_S
    while child.poll() is None:
        assert time.monotonic() < deadline, f"the program is silent: {source.status()}"
        batch = source.poll()
        records += batch.records
        if until is not None and until(records):
            child.kill()
            child.wait()
        if not batch:
            time.sleep(0.02)  # the polling interval, not a synchronisation: the loop ends by what was read
    while batch := source.poll():
        records += batch.records
    return records
