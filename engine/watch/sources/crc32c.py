"""CRC-32C as TFRecord files use it: Castagnoli's polynomial (RFC 3720, section 12.1), masked.

The C library is a hundred times as quick as a table in Python (0.1 against 5 microseconds for one scalar); the table
is there for machines without it, and tells the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_POLYNOMIAL: Final = 0x82F63B78
"""Castagnoli's, bits reversed."""
MASK_DELTA: Final = 0xA282EAD8
"""TensorFlow's ``crc32c::kMaskDelta``: a checksum of data that holds checksums is weak, so stored ones are masked."""


def _shifted(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE: Final = tuple(_shifted(byte) for byte in range(256))


def by_table(data: bytes) -> int:
    """Return the checksum of ``data`` without the C library."""
    crc = 0xFFFFFFFF
    table = _TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _quickest() -> Callable[[bytes], int]:
    try:
        import google_crc32c  # noqa: PLC0415  # a machine for which there is no wheel reads on, only slower
    except ImportError:
        return by_table
    quick: Callable[[bytes], int] = google_crc32c.value
    return quick


crc32c: Final = _quickest()
"""The checksum, unmasked."""


def masked_crc32c(data: bytes) -> int:
    """Return the checksum of ``data`` as TFRecord files store it."""
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + MASK_DELTA) & 0xFFFFFFFF
