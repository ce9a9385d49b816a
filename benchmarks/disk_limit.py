"""The least that a conversion can ask of a disk: reading all, writing a third, fsync, reading that from the disk again.

``in turn`` does one after the other. ``at once`` writes while it reads, has the kernel read ahead and write back
steadily: the harder limit, near what the hardware can do.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from pathlib import Path

from benchmarks.lane import Work
from benchmarks.made_shards import fresh_copy, shard_at

MANNERS = ("in turn", "at once")
REREADS = 2
"""A conversion is read from the disk twice before it is swapped in: for its hash, and beside its original."""
_STEP_BYTES = 3 << 20
_AHEAD_BYTES = 4 * _STEP_BYTES
_WRITE_BACK_BYTES = 8 << 20
_SYNC_FILE_RANGE_WRITE = 2  # sync_file_range(2)


class DiskLimit:
    """Reading, writing and reading again, with nothing in between."""

    def __init__(self, source: str, folder: str, manner: str, state: str = "cold") -> None:
        self._shard = shard_at(source)
        self._folder = Path(folder) / "shard"
        self._at_once = manner == "at once"
        self._cold = state == "cold"

    def prepare(self) -> None:
        """Put a fresh copy of the shard there; what was written goes with the old one."""
        fresh_copy(self._shard, self._folder, cold=self._cold)

    def run(self) -> Work:
        """Move the bytes of one conversion."""
        original, written = self._folder / "audio.tar", self._folder / "written"
        source = os.open(original, os.O_RDONLY)
        target = os.open(written, os.O_WRONLY | os.O_CREAT)
        (_at_once if self._at_once else _in_turn)(source, target)
        os.fsync(target)
        os.close(source)
        os.close(target)
        for _ in range(REREADS):
            again = os.open(written, os.O_RDONLY)
            os.posix_fadvise(again, 0, 0, os.POSIX_FADV_DONTNEED)
            _read_all(again, lambda _, __: None)
            os.close(again)
        return Work(self._shard.pcm_bytes)


def _in_turn(source: int, target: int) -> None:
    _read_all(source, lambda _, __: None)
    piece = os.urandom(_STEP_BYTES // 3)  # bytes that nothing below can pack
    for start in range(0, os.fstat(source).st_size, _STEP_BYTES):
        os.write(target, piece[: (os.fstat(source).st_size - start) // 3])


def _at_once(source: int, target: int) -> None:
    write_back = ctypes.CDLL(None).sync_file_range
    write_back.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
    written = told = 0

    def write_third(at: int, piece: memoryview) -> None:
        nonlocal written, told
        os.posix_fadvise(source, at + _AHEAD_BYTES, _STEP_BYTES, os.POSIX_FADV_WILLNEED)
        written += os.write(target, piece[: len(piece) // 3])
        if written - told >= _WRITE_BACK_BYTES:
            write_back(target, told, written - told, _SYNC_FILE_RANGE_WRITE)
            told = written

    _read_all(source, write_third)


def _read_all(source: int, take: Callable[[int, memoryview], None]) -> None:
    held = bytearray(_STEP_BYTES)
    at = 0
    while count := os.preadv(source, [held], at):
        take(at, memoryview(held)[:count])
        at += count
