"""What a real trainer says of itself beside its log: each value, as its own program holds it when it logs it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.watch.records import Record
from engine.watch.sources.base import Source
from engine.watch.sources.flushing import Flushing
from tests.engine.watch.real.following import follow, start
from tests.engine.watch.writing import curve

FILE = "told.jsonl"


def tell(run: str | Path, name: str, step: int, value: float) -> None:
    """Called by the trainer, just before it logs."""
    with (Path(run) / FILE).open("a") as told:
        told.write(json.dumps([name, step, value]) + "\n")


@dataclass(frozen=True)
class Start:
    """One start of a trainer: what was read of it, and what it told."""

    records: list[Record]
    told: list[tuple[str, int, float]]

    def assert_read(self, name: str, metric: str, *, within: float) -> None:
        """What was read as ``metric`` is what was told as ``name``; a kill may come between telling and logging."""
        truth = [(step, value) for told, step, value in self.told if told == name]
        read = curve(self.records, metric)
        assert read
        assert len(truth) - len(read) in (0, 1)
        assert [step for step, _ in read] == [step for step, _ in truth[: len(read)]]
        assert [value for _, value in read] == pytest.approx([value for _, value in truth[: len(read)]], abs=within)

    @property
    def segments(self) -> set[int]:
        return {record.segment for record in self.records}


def run_killed_and_resumed(
    source: Source,
    program: str,
    output: Path,
    *arguments: str,
    kill_after: int,
    begin: Callable[..., subprocess.Popen[bytes]] = start,
) -> tuple[Start, Start]:
    """Start a trainer, read what it logs, kill it past a step; start it again, and read that to its end."""

    def is_past(records: list[Record]) -> bool:
        return bool(records) and records[-1].step > kill_after

    run = output.parent
    first = follow(source, begin(program, output, str(run), *arguments), until=is_past)
    first += source.flush().records if isinstance(source, Flushing) else ()
    before = _told(run)
    assert first[-1].step > kill_after
    second = follow(source, begin(program, output, str(run), *arguments))
    second += source.flush().records if isinstance(source, Flushing) else ()
    return Start(first, before), Start(second, _told(run)[len(before) :])


def _told(run: Path) -> list[tuple[str, int, float]]:
    return [(name, step, value) for name, step, value in map(json.loads, (run / FILE).read_text().splitlines())]
