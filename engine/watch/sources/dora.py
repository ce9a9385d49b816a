"""audiocraft and dora: ``solver.log.0`` with colours, appended over restarts, and ``history.json``.

After a restart the solver prints the summaries of all epochs again, under "Replaying past metrics": they are passed
over up to the first line of a step. A step is ``(epoch - 1) x updates + index``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from engine.watch.sources.lines import LineSource
from engine.watch.sources.patterns import PATTERNS
from engine.watch.sources.reading import NOTHING, Reading
from engine.watch.sources.stamps import yearless_time
from engine.watch.sources.text import PatternReader
from engine.watch.sources.whole_file import Row, WholeFileSource, numbers_in
from engine.watch.tail import FileTail

_AUDIOCRAFT: Final = tuple(pattern for pattern in PATTERNS if pattern.name == "audiocraft")
_REPLAY: Final = "Replaying past metrics"
_STEP_LINE: Final = re.compile(r"\bTrain \| Epoch \d+ \| \d+/\d+ \|")
_LOADS: Final = re.compile(r"Loading existing checkpoint|Loading a pretrained model")
_COLOUR: Final = re.compile(rb"\x1b\[[0-9;]*m")
_HISTORY: Final = re.compile(rb'\s*\[\s*\{\s*"(?:train|valid)"\s*:\s*\{')
_SNIFFED: Final = re.compile(rb"dora\.distrib|flashy\.solver|\b(?:Train|Valid) (?:Summary )?\| Epoch \d+ \|")


class DoraReader(PatternReader):
    """Reads a solver's lines.

    Args:
        changed_s: tells when the log was last changed, seconds since 1970: its stamps have no year of their own.
    """

    def __init__(self, changed_s: Callable[[], float | None] = lambda: None) -> None:
        super().__init__(_AUDIOCRAFT)
        self._changed_s = changed_s
        self._replaying = False

    @property
    def format(self) -> str:
        """The format's name."""
        return "dora"

    @property
    def anchors(self) -> tuple[bytes, ...]:
        """What its lines of metrics and of restarts contain."""
        return (b"| Epoch", b"Replaying", b"Loading existing")

    def read(self, line: str) -> Reading | None:
        """Return what a line says; a replayed summary says nothing."""
        if _REPLAY in line:
            self._replaying = True
            return NOTHING
        if self._replaying and _STEP_LINE.search(line):
            self._replaying = False
        reading = super().read(line)
        if reading is None or not reading.values:
            return reading
        return NOTHING if self._replaying else replace(reading, time_s=yearless_time(line, self._changed_s()))

    def restart(self) -> None:
        """The file begins again: nothing is being replayed."""
        self._replaying = False

    def resumes(self, line: str) -> bool:
        """Tell whether the solver loads its checkpoint."""
        return _LOADS.search(line) is not None


class DoraSource(LineSource):
    """A solver's log, followed."""


def open_dora(path: Path, name: str = "") -> LineSource:
    """Follow a solver's log."""
    tail = FileTail(path)
    return DoraSource(name or path.name, str(path), tail, DoraReader(lambda: tail.newest_s))


def history_rows(content: object) -> list[Row] | None:
    """Return the rows of a ``history.json``: an epoch a step; None where it is none."""
    if not isinstance(content, list) or not content or not all(isinstance(epoch, dict) for epoch in content):
        return None
    if not all(isinstance(stage, dict) for epoch in content for stage in epoch.values()):
        return None
    return [(at, _epoch_values(epoch)) for at, epoch in enumerate(content, 1)]


def open_history(path: Path, name: str = "") -> WholeFileSource:
    """Follow a ``history.json``."""
    return WholeFileSource(name or path.name, path, "dora_history", history_rows)


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether the first bytes are a solver's log or history."""
    return sniff_log(path, head) or sniff_history(path, head)


def sniff_log(path: Path, head: bytes) -> bool:
    """Tell whether the first bytes are a solver's log."""
    del path
    return b"\0" not in head and _SNIFFED.search(_COLOUR.sub(b"", head)) is not None


def sniff_history(path: Path, head: bytes) -> bool:
    """Tell whether the first bytes are a solver's history."""
    del path
    return _HISTORY.match(head) is not None


def _epoch_values(epoch: Mapping[str, object]) -> dict[str, float]:
    values: dict[str, float] = {}
    for stage, metrics in epoch.items():
        prefix = "" if stage == "train" else f"{stage}/"
        values |= {f"{prefix}{name}": value for name, value in numbers_in(metrics).items()}
    return values
