"""Calls that move fewer bytes than they were asked to, as a kernel may at any time."""

from __future__ import annotations

import os
from collections.abc import Callable

import msgspec


class Short(msgspec.Struct, frozen=True):
    """One ``os.write`` or ``os.pread`` moves fewer bytes than asked for, and says so."""

    call: str
    nth: int
    at_most_bytes: int


def shorten(short: Short) -> Callable[[], bool]:
    """Replace one function of ``os`` in this process, and return what tells whether it was called often enough."""
    left = short.nth
    write, pread = os.write, os.pread

    def is_struck() -> bool:
        nonlocal left
        left -= 1
        return left == 0

    def short_write(descriptor: int, data: memoryview) -> int:
        return write(descriptor, data[: short.at_most_bytes] if is_struck() else data)

    def short_pread(descriptor: int, size: int, offset: int) -> bytes:
        return pread(descriptor, min(size, short.at_most_bytes) if is_struck() else size, offset)

    replaced: dict[str, Callable[..., object]] = {"write": short_write, "pread": short_pread}
    setattr(os, short.call, replaced[short.call])
    return lambda: left <= 0
