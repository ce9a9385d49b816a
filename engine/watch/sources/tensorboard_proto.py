"""TensorBoard's Event message: a step's scalars, and where a writer says that it started again.

Field numbers from tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto and tensor.proto.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, TypeAlias

from engine.watch.sources.protobuf import (
    BYTES,
    FIXED32,
    FIXED64,
    VARINT,
    WireError,
    as_double,
    as_float,
    encoded,
    fields,
    signed,
    text,
    varint,
)
from engine.watch.sources.tensor_proto import number_of_tensor

Scalar: TypeAlias = tuple[int, float, str, float]
"""Step, wall time in seconds, tag and value; a bare tuple because there are millions."""


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
_KEPT_SHAPES: Final = 4096
_SHORTEST_BYTES: Final = 16
"""An event with a scalar is longer."""
_F32: Final = struct.Struct("<f").unpack_from
_F64: Final = struct.Struct("<d").unpack_from


class EventDecoder:
    """Reads events; remembers how the usual ones begin, since a log repeats few of them.

    What stands between the step and the value of an event with one scalar is the same for every event of a tag: the
    lengths and the tag itself. It is decoded in full once, and recognised by its bytes from then on.
    """

    def __init__(self) -> None:
        self._usual: dict[bytes, str] = {}
        self._plugins: dict[str, str] = {}

    def decode(self, stored: list[bytes], told: list[Scalar | Start | Other]) -> int:
        """Add what the events tell; return how many of them are no events."""
        usual, tell, strange = self._usual, told.append, 0
        for data in stored:
            # wall_time (field 1, fixed 64), step (field 2, varint; left out where it is 0), then the summary.
            if len(data) > _SHORTEST_BYTES and data[0] == 0x09:
                at = step = 0
                if data[9] == 0x10:
                    low, middle, high = data[10], data[11], data[12]
                    if low < 0x80:
                        at, step = 11, low
                    elif middle < 0x80:
                        at, step = 12, low & 0x7F | middle << 7
                    elif high < 0x80:
                        at, step = 13, low & 0x7F | (middle & 0x7F) << 7 | high << 14
                else:
                    at = 9
                tag = usual.get(data[at:-4])
                if tag is not None:
                    tell((step, _F64(data, 1)[0], tag, _F32(data, len(data) - 4)[0]))
                    continue
            try:
                told += self._in_full(data)
            except WireError:
                strange += 1
        return strange

    def _in_full(self, data: bytes) -> list[Scalar | Start | Other]:
        time_s, step, starts, other = 0.0, 0, False, ""
        scalars: list[tuple[str, float]] = []
        for number, wire, first, after in fields(data):
            if number == 1 and wire == FIXED64:
                time_s = as_double(first)
            elif number == 2 and wire == VARINT:
                step = signed(first)
            elif number == 5 and wire == BYTES:
                other = self._summary(data, first, after, scalars) or other
            elif number == 7 and wire == BYTES:
                starts = any(field[:3] == (1, VARINT, _START) for field in fields(data, first, after))
        self._remember(data, scalars)
        told: list[Scalar | Start | Other] = [Start(step, time_s)] if starts else []
        told += [(step, time_s, tag, value) for tag, value in scalars]
        return [*told, Other(step, other)] if other and not scalars else told

    def _summary(self, data: bytes, start: int, end: int, scalars: list[tuple[str, float]]) -> str:
        """Add a summary's scalars; return the tag of something else in it, or ""."""
        other = ""
        for number, wire, first, after in fields(data, start, end):
            if number == 1 and wire == BYTES:
                tag, value = self._value(data, first, after)
                if value is None:
                    other = tag
                else:
                    scalars.append((tag, value))
        return other

    def _value(self, data: bytes, start: int, end: int) -> tuple[str, float | None]:
        """Read one Summary.Value: its tag, and its number where it is a scalar."""
        tag, simple, tensor, plugin = "", None, None, ""
        for number, wire, first, after in fields(data, start, end):
            if number == 1 and wire == BYTES:
                tag = text(data, first, after)
            elif number == 2 and wire == FIXED32:
                simple = as_float(first)
            elif number == 8 and wire == BYTES:
                tensor = (first, after)
            elif number == 9 and wire == BYTES:
                plugin = _plugin(data, first, after)
        if plugin and len(self._plugins) < _KEPT_SHAPES:
            self._plugins[tag] = plugin  # A writer may name the plugin with a tag's first value only.
        if simple is not None or tensor is None or (plugin or self._plugins.get(tag, _SCALARS)) != _SCALARS:
            return tag, simple
        return tag, number_of_tensor(data, *tensor)

    def _remember(self, data: bytes, scalars: list[tuple[str, float]]) -> None:
        if len(scalars) != 1 or len(data) <= _SHORTEST_BYTES or data[0] != 0x09:
            return
        at = varint(data, 10)[1] if data[9] == 0x10 else 9
        tag = scalars[0][0]
        # Only the one way in which writers lay it out: everything else is read in full each time.
        if data[at:-4] == _usual(tag) and len(self._usual) < _KEPT_SHAPES:
            self._usual[data[at:-4]] = tag


def _usual(tag: str) -> bytes:
    """Return what stands before the value of an event with one simple_value."""
    name = tag.encode("utf-8", "replace")
    value = b"\x0a" + encoded(len(name)) + name + b"\x15"
    summary = b"\x0a" + encoded(len(value) + 4) + value
    return b"\x2a" + encoded(len(summary) + 4) + summary


def _plugin(data: bytes, start: int, end: int) -> str:
    """Read SummaryMetadata.plugin_data.plugin_name."""
    for number, wire, first, after in fields(data, start, end):
        if number == 1 and wire == BYTES:
            for inner, inner_wire, name, name_end in fields(data, first, after):
                if inner == 1 and inner_wire == BYTES:
                    return text(data, name, name_end)
    return ""
