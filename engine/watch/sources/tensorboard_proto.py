"""TensorBoard's Event message: a step's scalars, and where a writer says that it started again.

Field numbers from tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto and tensor.proto.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from engine.watch.sources.protobuf import (
    BYTES,
    FIXED32,
    FIXED64,
    VARINT,
    as_double,
    as_float,
    fields,
    signed,
    text,
)
from engine.watch.sources.tensor_proto import Number, number_of_tensor

Row: TypeAlias = tuple[int, float, dict[str, float]]
"""Step, wall time in seconds, and scalars by tag, in their order; a bare tuple because there are millions."""


class Place(NamedTuple):
    """Where the number of an event with one scalar stands: all other such events of its tag have it there, too."""

    tag: str
    at: int
    layout: str
    """How ``struct`` reads it, little-endian: ``f``, ``d``, ``e``."""
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Start:
    """A writer started here: what older files tell of this step and later ones is void (SummaryWriter's purge_step)."""

    step: int
    time_s: float


@dataclass(frozen=True, slots=True)
class Other:
    """An event without a scalar."""

    step: int
    tag: str
    """Of its last value: an image, a histogram, a text."""


_START: Final = 1
"""SessionLog.SessionStatus."""
_SCALARS: Final = "scalars"
"""The plugin that owns tensors which are scalars."""
_KEPT_PLUGINS: Final = 4096
_USUAL: Final = ([1, 5], [1, 2, 5])
"""The fields of an event with scalars, as all writers write it."""


@dataclass(slots=True)
class _Summary:
    """The scalars of one event."""

    scalars: list[tuple[str, float]] = field(default_factory=list)
    other: str = ""
    """The tag of something else."""
    place: Place | None = None
    """Of the last scalar."""
    values: int = 0


class EventDecoder:
    """Reads events, one at a time and each in full."""

    def __init__(self) -> None:
        self._plugins: dict[str, str] = {}
        """A writer may name the plugin with a tag's first value only; as in TensorBoard, the first is the tag's."""

    def decode(self, data: bytes, told: list[Row | Start | Other]) -> Place | None:
        """Add what an event tells; scalars join the row before them where it is their step's.

        Returns:
            Where the number stands, if the event is one scalar and nothing else; None for any other event.

        Raises:
            WireError: when it is no event; nothing is added.
        """
        time_s, step, starts, seen, summary = 0.0, 0, False, [], _Summary()
        for number, wire, first, after in fields(data):
            seen.append(number)
            if number == 1 and wire == FIXED64:
                time_s = as_double(first)
            elif number == 2 and wire == VARINT:
                step = signed(first)
            elif number == 5 and wire == BYTES:
                self._summary(data, first, after, summary)
            elif number == 7 and wire == BYTES:
                starts = any(inner[:3] == (1, VARINT, _START) for inner in fields(data, first, after))
        if starts:
            told.append(Start(step, time_s))
        for tag, value in summary.scalars:
            _join(told, step, time_s, tag, value)
        if summary.other and not summary.scalars:
            told.append(Other(step, summary.other))
        return summary.place if summary.values == 1 and seen in _USUAL else None

    def _summary(self, data: bytes, start: int, end: int, found: _Summary) -> None:
        for number, wire, first, after in fields(data, start, end):
            if number == 1 and wire == BYTES:
                found.values += 1
                self._value(data, first, after, found)

    def _value(self, data: bytes, start: int, end: int, found: _Summary) -> None:
        """Read one Summary.Value: its tag, and its number where it is a scalar."""
        tag, simple, tensor, plugin = "", None, None, ""
        for number, wire, first, after in fields(data, start, end):
            if number == 1 and wire == BYTES:
                tag = text(data, first, after)
            elif number == 2 and wire == FIXED32:
                simple = Number(as_float(first), after - 4, "<f")
            elif number == 8 and wire == BYTES:
                tensor = (first, after)
            elif number == 9 and wire == BYTES:
                plugin = _plugin(data, first, after)
        if plugin and len(self._plugins) < _KEPT_PLUGINS:
            self._plugins.setdefault(tag, plugin)
        value = simple
        if simple is None and tensor is not None and (plugin or self._plugins.get(tag, _SCALARS)) == _SCALARS:
            value = number_of_tensor(data, *tensor)
        if value is None:
            found.other = tag
            return
        found.scalars.append((tag, value.value))
        # A tensor that does not name its plugin is a scalar or none by what was read before: not by its bytes alone.
        tells_all = value.layout and (simple is not None or plugin)
        found.place = Place(tag, value.at, value.layout[1:], struct.calcsize(value.layout)) if tells_all else None


def _join(told: list[Row | Start | Other], step: int, time_s: float, tag: str, value: float) -> None:
    last = told[-1] if told else None
    if isinstance(last, tuple) and last[0] == step and tag not in last[2]:
        last[2][tag] = value
    else:
        told.append((step, time_s, {tag: value}))


def _plugin(data: bytes, start: int, end: int) -> str:
    """Read SummaryMetadata.plugin_data.plugin_name."""
    for number, wire, first, after in fields(data, start, end):
        if number == 1 and wire == BYTES:
            for inner, inner_wire, name, name_end in fields(data, first, after):
                if inner == 1 and inner_wire == BYTES:
                    return text(data, name, name_end)
    return ""
