"""Programs that write logs while they are tailed: children that take a line to write from their standard input."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.watch.records import Batch, Mishap, Record
from engine.watch.sources.base import Source
from engine.watch.sources.flushing import Flushing

_PROGRAM = """
import sys
log = open(sys.argv[1], "ab", buffering=0)
for order in sys.stdin.buffer:
    log.write(eval(order))
    sys.stdout.write("written\\n")
    sys.stdout.flush()
"""


class Writer:
    """A child process that appends to a log what it is told, and says when it has."""

    def __init__(self, path: Path) -> None:
        argv = [sys.executable, "-c", _PROGRAM, str(path)]
        self._child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def write(self, data: bytes) -> None:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(repr(data) + "\n")
        self._child.stdin.flush()
        assert self._child.stdout.readline() == "written\n"

    def kill(self) -> None:
        """End it as the kernel does when memory is out: no buffer is flushed, no handler runs."""
        self._child.kill()
        self._child.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        self._child.stdout.close()


def read_all(source: Source) -> Batch:
    """Poll until nothing more comes."""
    batches = []
    while batch := source.poll():
        batches.append(batch)
    return _joined(batches)


def read_finished(source: Source) -> Batch:
    """Read all there is of a log whose writer has ended."""
    batch = read_all(source)
    return _joined([batch, source.flush()]) if isinstance(source, Flushing) else batch


def steps(records: Sequence[Record]) -> list[int]:
    return [record.step for record in records]


def curve(records: Sequence[Record], name: str = "loss") -> list[tuple[int, float]]:
    return [(record.step, record.values[name]) for record in records if name in record.values]


def kinds(mishaps: Sequence[Mishap]) -> list[str]:
    return [str(mishap.kind) for mishap in mishaps]


def _joined(batches: Sequence[Batch]) -> Batch:
    return Batch(
        tuple(record for batch in batches for record in batch.records),
        tuple(mishap for batch in batches for mishap in batch.mishaps),
        tuple(note for batch in batches for note in batch.notes),
    )
