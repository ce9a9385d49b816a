"""Protocol Buffers' wire format, as much as reading a few known fields needs (protobuf.dev, "Encoding")."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
"""Strings, packed numbers and messages within the message."""
FIXED32: Final = 5

_LONGEST_VARINT: Final = 10
_U64: Final = 2**64 - 1
_UNPACK_U32: Final = struct.Struct("<I").unpack_from
_UNPACK_U64: Final = struct.Struct("<Q").unpack_from


class WireError(ValueError):
    """Raised when bytes are no message: cut short, or of a wire type that does not exist."""


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Read an unsigned number; return it and the place after it.

    Raises:
        WireError: when ``data`` ends within it, or it goes on for more than ten bytes.
    """
    value = shift = 0
    for place in range(at, min(at + _LONGEST_VARINT, len(data))):
        byte = data[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _U64, place + 1
        shift += 7
    raise WireError("a number is cut short")


def encoded(value: int) -> bytes:
    """Write an unsigned number as a varint."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def signed(value: int) -> int:
    """Read an int32 or int64 from its varint: two's complement of 64 bits."""
    return value - 2**64 if value >= 2**63 else value


def fields(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int, int, int]]:
    """Walk the fields of the message in ``data[start:end]``: number, wire type, then two numbers.

    For :data:`BYTES` the two are where the content starts and ends in ``data``; for the others the raw, unsigned
    value and where the field ends. Nothing is copied.

    Raises:
        WireError: when it is no message.
    """
    stop = len(data) if end is None else end
    at = start
    while at < stop:
        key = data[at]
        if key < 0x80:  # Most keys and lengths are one byte: a call for each would double the price.
            at += 1
        else:
            key, at = varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == BYTES:
            length = data[at] if at < stop else 0x80
            if length < 0x80:
                at += 1
            else:
                length, at = varint(data, at)
            first, after = at, at + length
        elif wire == VARINT:
            first, after = varint(data, at)
        elif wire in {FIXED32, FIXED64}:
            after = at + (4 if wire == FIXED32 else 8)
            if after > stop:
                raise WireError("a number is cut short")
            first = (_UNPACK_U32 if wire == FIXED32 else _UNPACK_U64)(data, at)[0]
        else:
            raise WireError(f"wire type {wire} of field {number} does not exist")
        if after > stop:
            raise WireError(f"field {number} is cut short")
        yield number, wire, first, after
        at = after


def text(data: bytes, start: int, end: int) -> str:
    """Read a string; bytes that are no UTF-8 are replaced."""
    return data[start:end].decode("utf-8", "replace")


def as_float(raw: int) -> float:
    """Read a float from a :data:`FIXED32` value."""
    return float(struct.unpack("<f", raw.to_bytes(4, "little"))[0])


def as_double(raw: int) -> float:
    """Read a double from a :data:`FIXED64` value."""
    return float(struct.unpack("<d", raw.to_bytes(8, "little"))[0])
