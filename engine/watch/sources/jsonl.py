"""JSON Lines: an object a line, nested keys joined by ``/``; values are numbers or numeric strings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from engine.watch.naming import STEP_NAMES, canonical
from engine.watch.records import EVAL_LOSS, LOSS
from engine.watch.sources.lines import LineSource
from engine.watch.sources.numbers import read_number, read_step
from engine.watch.sources.reading import NOTHING, Reading

_TIMES: Final = ("_timestamp", "timestamp", "time", "ts", "wall_time", "created_at")
_EPOCH_2001_S: Final = 1e9
"""A ``time`` below this is a duration, not a date."""
_SNIFFED_LINES: Final = 5
_BEGIN: Final = (b'{"',)
_DEPTH: Final = 8
"""Deeper nesting is no metric."""


class JsonReader:
    """Reads objects; a row without a step belongs to the newest, or is counted where none ever has one."""

    def __init__(self, *, strict: bool = False) -> None:
        """Read any object, or, ``strict``, only such as have a step or a loss: among other text there are settings."""
        self._strict = strict
        self._newest: int | None = None
        self._steps_told = False

    @property
    def format(self) -> str:
        """The format's name."""
        return "jsonl"

    @property
    def anchors(self) -> tuple[bytes, ...] | None:
        """None: a metric may have any name; among other text none, until there was a row."""
        return _BEGIN if self._strict and self._newest is None else None

    def read(self, line: str) -> Reading | None:
        """Return what a line says."""
        if not line.startswith("{") or not line.endswith("}"):
            return None
        row = _object(line)
        if row is None:
            return None
        values = dict(_numbers(row, "", _DEPTH))
        step = _take_step(values)
        time_s = _take_time(values)
        if self._strict and step is None and not any(canonical(name) in (LOSS, EVAL_LOSS) for name in values):
            return None
        if not values:
            return NOTHING
        return Reading(self._place(step), values, time_s)

    def flush(self) -> Reading | None:
        """Nothing is held back."""
        return None

    def restart(self) -> None:
        """The file begins again, and so does a count of rows."""
        self._newest = None if not self._steps_told else self._newest

    def resumes(self, line: str) -> bool:
        """Rows are all there is."""
        del line
        return False

    def notes(self) -> tuple[str, ...]:
        """Nothing to say."""
        return ()

    def _place(self, step: int | None) -> int:
        if step is not None:
            self._steps_told = True
            self._newest = step
        elif not self._steps_told:
            self._newest = 0 if self._newest is None else self._newest + 1
        return self._newest or 0


class JsonlSource(LineSource):
    """A file of JSON Lines, followed."""


def open_jsonl(path: Path, name: str = "") -> LineSource:
    """Follow a file of JSON Lines."""
    return JsonlSource.of_file(path, JsonReader(), name)


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether the first lines are JSON objects with numbers; a single one must name a step or a loss."""
    del path
    lines = [line.strip().decode("utf-8", "replace") for line in head.split(b"\n") if line.strip()][:_SNIFFED_LINES]
    if len(lines) > 1 and not head.endswith(b"\n") and len(lines) < _SNIFFED_LINES:
        del lines[-1]  # torn, here or by its writer
    readings = [JsonReader(strict=len(lines) == 1).read(line) for line in lines]
    return bool(readings) and None not in readings and any(reading and reading.values for reading in readings)


def _object(line: str) -> Mapping[str, object] | None:
    try:
        row: object = msgspec.json.decode(line)
    except msgspec.DecodeError:  # bare NaN, which Python writes and JSON does not have
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            return None
    return row if isinstance(row, dict) else None


def _numbers(value: object, name: str, depth: int) -> Iterator[tuple[str, float]]:
    if isinstance(value, bool) or not depth:
        return
    if isinstance(value, int | float):
        yield name, float(value)
    elif isinstance(value, str):
        number = read_number(value)
        if number is not None:
            yield name, number
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, f"{name}/{key}" if name else str(key), depth - 1)


def _take_step(values: dict[str, float]) -> int | None:
    told = None
    by_name = {name.lower(): name for name in values}
    for candidate in STEP_NAMES:
        name = by_name.get(candidate)
        if name is not None:
            step = read_step(values.pop(name))
            told = step if told is None else told
    return told


def _take_time(values: dict[str, float]) -> float | None:
    name = next((name for name in _TIMES if values.get(name, 0.0) > _EPOCH_2001_S), None)
    if name is None:
        return None
    time_s = values.pop(name)
    return time_s / 1000 if time_s > _EPOCH_2001_S * 1000 else time_s
