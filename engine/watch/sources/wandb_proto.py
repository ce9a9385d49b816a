"""W&B's Record message: a row of a run's history, the run's names, and its end.

Field numbers from wandb/proto/wandb_internal.proto; they have not changed between its versions 0.10 and 0.31.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from engine.watch.sources.json_numbers import numbers, parsed
from engine.watch.sources.protobuf import BYTES, VARINT, encoded, fields, signed, text, varint

_HISTORY: Final = 2
_RUN: Final = 17
_EXIT: Final = 18
_VALUE: Final = 16
_VALUE_KEY: Final = encoded(_VALUE << 3 | BYTES)
_KEPT_KEYS: Final = 4096
_NUMBER: Final = msgspec.json.Decoder(float)
"""Takes plain numbers alone, at a tenth of the price of the way for everything."""


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


class RecordDecoder:
    """Reads records; remembers the keys of a history's items, since each row repeats them."""

    def __init__(self) -> None:
        self._keys: dict[bytes, str] = {}
        """By the bytes before an item's value."""

    def decode(self, data: bytes) -> HistoryRow | RunNamed | RunEnded | None:
        """Read one record; None for one of another kind.

        Raises:
            WireError: when it is no record.
        """
        for number, wire, first, after in fields(data):
            if wire != BYTES:
                continue
            if number == _HISTORY:
                return self._history(data, first, after)
            if number == _RUN:
                return _run(data, first, after)
            if number == _EXIT:
                codes = [value for inner, kind, value, _ in fields(data, first, after) if (inner, kind) == (1, VARINT)]
                return RunEnded(signed(codes[-1]) if codes else 0)
        return None

    def _history(self, data: bytes, start: int, end: int) -> HistoryRow:
        step: int | None = None
        values: dict[str, float] = {}
        media: set[str] = set()
        unread = 0
        for number, wire, first, after in fields(data, start, end):
            if number == 1 and wire == BYTES:
                key, raw = self._item(data, first, after)
                try:
                    values[key] = _NUMBER.decode(raw)
                    continue
                except msgspec.MsgspecError:
                    pass  # No plain number: a text, a dictionary, NaN, or no JSON at all.
                try:
                    value = parsed(raw.decode("utf-8", "replace"))
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

    def _item(self, data: bytes, start: int, end: int) -> tuple[str, bytes]:
        """Read a HistoryItem: its key, nested ones joined with dots, and its value in JSON."""
        value_at = data.find(_VALUE_KEY, start, end)
        known = self._keys.get(data[start:value_at]) if value_at >= 0 else None
        if known is not None:
            at = value_at + len(_VALUE_KEY)
            length, at = varint(data, at)
            if at + length == end:
                return known, data[at:end]
        key, nested, raw, places, at = "", [], b"null", [], start
        for number, wire, first, after in fields(data, start, end):
            if number == 1 and wire == BYTES:
                key = text(data, first, after)
            elif number == 2 and wire == BYTES:
                nested.append(text(data, first, after))
            elif number == _VALUE and wire == BYTES:
                raw = data[first:after]
                places.append(at)
            at, last = after, number
        key = key or ".".join(nested)
        if places == [value_at] and last == _VALUE and len(self._keys) < _KEPT_KEYS:
            self._keys[data[start:value_at]] = key
        return key, raw


def _run(data: bytes, start: int, end: int) -> RunNamed:
    names = {1: "", 3: "", 8: ""}
    for number, wire, first, after in fields(data, start, end):
        if number in names and wire == BYTES:
            names[number] = text(data, first, after)
    return RunNamed(names[1], names[8], names[3])
