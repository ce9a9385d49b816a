"""A program that takes an order a line and answers with a line: it imports once, and forks for what kills."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class Program:
    """One of the programs that convert a shard; ``clip`` is what it warms up with."""

    def __init__(self, module: str, clip: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, str(clip)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
        )

    def ask(self, order: msgspec.Struct) -> bytes:
        """Give an order and return the answer's line."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(order) + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the program that converts has ended"
        return line

    def close(self) -> None:
        self._process.communicate()


@dataclass(frozen=True)
class Copies:
    """As many fresh copies of one small shard as are wanted."""

    folder: Path
    original: bytes
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def fresh(self) -> Path:
        shard = self.folder / f"shard_{next(self.numbers):05d}"
        shard.mkdir()
        (shard / "audio.tar").write_bytes(self.original)
        return shard
