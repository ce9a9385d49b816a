"""TensorFlow's TensorProto, where it holds one number: how newer writers log a scalar.

Field numbers from tensorflow/core/framework/tensor.proto, types.proto and tensor_shape.proto.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from engine.watch.sources.protobuf import BYTES, FIXED32, VARINT, encoded, fields, signed, varint

_CONTENT: Final = {
    1: "<f",
    2: "<d",
    3: "<i",
    4: "<B",
    5: "<h",
    6: "<b",
    9: "<q",
    17: "<H",
    19: "<e",
    22: "<I",
    23: "<Q",
}
"""How tensor_content lays out one value, by DataType; bfloat16 (14) has no letter."""
_FLOATS: Final = frozenset({"<f", "<d", "<e"})
"""Layouts that give a float as they are read."""
_UNSIGNED: Final = frozenset({4, 10, 17, 22, 23})
_LISTS: Final = {5: "<f", 6: "<d", 7: "", 10: "", 11: "", 13: "", 16: "", 17: ""}
"""TensorProto's fields of typed values, and how they are packed: floats, doubles, and varints where nothing is said."""
_BFLOAT16: Final = 14
_HALF: Final = 19


class Number(NamedTuple):
    """The one number of a tensor, and where it stands."""

    value: float
    at: int
    """Where its bytes begin."""
    layout: str
    """How ``struct`` reads them as this float; "" where it takes more than that."""


def number_of_tensor(data: bytes, start: int, end: int) -> Number | None:
    """Read the TensorProto in ``data[start:end]`` that holds one number; None for strings and more than one number.

    Raises:
        WireError: when it is no tensor.
    """
    dtype, content, listed, kind, at, content_at = 0, b"", b"", "", 0, 0
    for number, wire, first, after in fields(data, start, end):
        if number == 1 and wire == VARINT:
            dtype = first
        elif number == 2 and wire == BYTES and _elements(data, first, after) != 1:
            return None
        elif number == 4 and wire == BYTES:
            content, content_at = data[first:after], first
        elif number in _LISTS:
            listed = data[first:after] if wire == BYTES else _alone(wire, first)
            kind, at = _LISTS[number], after - len(listed)
    if content:
        return _number(_from_content(dtype, content), content_at, _CONTENT.get(dtype, ""))
    return _number(_from_list(dtype, kind, listed), at, kind) if listed else None


def _number(value: float | None, at: int, layout: str) -> Number | None:
    return None if value is None else Number(value, at, layout if layout in _FLOATS else "")


def _elements(data: bytes, start: int, end: int) -> int:
    """Count the elements of a TensorShapeProto; a shape without dimensions is a single number."""
    count = 1
    for number, wire, first, after in fields(data, start, end):
        if number == 2 and wire == BYTES:
            sizes = [value for inner, kind, value, _ in fields(data, first, after) if (inner, kind) == (1, VARINT)]
            count *= sizes[-1] if sizes else 0
    return count


def _from_content(dtype: int, content: bytes) -> float | None:
    if dtype == _BFLOAT16 and len(content) == 2:
        return float(struct.unpack("<f", b"\0\0" + content)[0])
    layout = _CONTENT.get(dtype)
    if layout is None or struct.calcsize(layout) != len(content):
        return None
    return float(struct.unpack(layout, content)[0])


def _alone(wire: int, raw: int) -> bytes:
    """Lay out a number that stands by itself as a packed list of one."""
    if wire == VARINT:
        return encoded(raw)
    return raw.to_bytes(4 if wire == FIXED32 else 8, "little")


def _from_list(dtype: int, kind: str, listed: bytes) -> float | None:
    if kind:
        return float(struct.unpack(kind, listed)[0]) if struct.calcsize(kind) == len(listed) else None
    raw, after = varint(listed, 0)
    if after != len(listed):
        return None
    if dtype in {_HALF, _BFLOAT16}:  # half_val holds the bits of one number in each integer.
        return _from_content(dtype, struct.pack("<H", raw & 0xFFFF))
    return float(raw if dtype in _UNSIGNED else signed(raw))
