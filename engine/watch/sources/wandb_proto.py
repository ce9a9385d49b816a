"""W&B's Record message: a row of a run's history, the run's names, and its end.

Field numbers from wandb/proto/wandb_internal.proto; they have not changed between its versions 0.10 and 0.31.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.watch.sources.json_numbers import numbers, parsed
from engine.watch.sources.protobuf import BYTES, VARINT, WireError, fields, signed, text

_HISTORY: Final = 2
_RUN: Final = 17
_EXIT: Final = 18


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """What one ``log`` call wrote."""

    step: int | None
    """None where the row does not tell."""
    time_s: float | None
    values: dict[str, float]
    unread: int = 0
    """Values that are no JSON."""


@dataclass(frozen=True, slots=True)
class RunNamed:
    """The run's own names."""

    run_id: str
    display_name: str
    project: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The program let go of the run."""

    exit_code: int


def decode(data: bytes) -> HistoryRow | RunNamed | RunEnded | None:
    """Read one record; None for one of another kind.

    Raises:
        WireError: when it is no record.
    """
    for number, wire, first, after in fields(data):
        if wire != BYTES:
            continue
        if number == _HISTORY:
            return _history(data, first, after)
        if number == _RUN:
            return _run(data, first, after)
        if number == _EXIT:
            codes = [value for inner, kind, value, _ in fields(data, first, after) if (inner, kind) == (1, VARINT)]
            return RunEnded(signed(codes[-1]) if codes else 0)
    return None


def _history(data: bytes, start: int, end: int) -> HistoryRow:
    step: int | None = None
    values: dict[str, float] = {}
    media: set[str] = set()
    unread = 0
    for number, wire, first, after in fields(data, start, end):
        if number == 1 and wire == BYTES:
            try:
                key, value = _item(data, first, after)
            except WireError:
                raise
            except ValueError:
                unread += 1
                continue
            if key == "_type" or key.endswith("._type"):
                media.add(key.removesuffix("_type"))
            values.update(numbers(key, value))
        elif number == 2 and wire == BYTES:
            step = 0  # The message is there; a zero in it is not written.
            for inner, kind, value, _ in fields(data, first, after):
                if (inner, kind) == (1, VARINT):
                    step = signed(value)
    logged = values.pop("_step", None)
    if step is None and logged is not None:
        step = int(logged)
    time_s = values.pop("_timestamp", None)
    kept = {key: value for key, value in values.items() if not key.startswith(("_", *media))}
    return HistoryRow(step, time_s, kept, unread)


def _item(data: bytes, start: int, end: int) -> tuple[str, object]:
    """Read a HistoryItem: its key, nested ones joined with dots, and its value.

    Raises:
        ValueError: when the value is no JSON.
    """
    key, nested, value = "", [], "null"
    for number, wire, first, after in fields(data, start, end):
        if number == 1 and wire == BYTES:
            key = text(data, first, after)
        elif number == 2 and wire == BYTES:
            nested.append(text(data, first, after))
        elif number == 16 and wire == BYTES:
            value = text(data, first, after)
    return key or ".".join(nested), parsed(value)


def _run(data: bytes, start: int, end: int) -> RunNamed:
    names = {1: "", 3: "", 8: ""}
    for number, wire, first, after in fields(data, start, end):
        if number in names and wire == BYTES:
            names[number] = text(data, first, after)
    return RunNamed(names[1], names[8], names[3])
