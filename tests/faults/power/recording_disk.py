"""A disk that writes down all that it is told: a plugin for nbdkit, which runs it in its own Python.

``nbdkit python recording_disk.py image=DISK log=LOG``. The log holds each write and each flush in the order in which
the disk was asked: a head, then a write's bytes. :mod:`tests.faults.power.blocks` reads it. Nothing of the project is
imported here: nbdkit's interpreter is that of the system.
"""

from __future__ import annotations

import os
import struct

API_VERSION = 2
HEAD = struct.Struct("<cQI")
"""``W`` or ``F``, the offset, the number of bytes that follow."""

_paths: dict[str, str] = {}


def config(key: str, value: str) -> None:
    _paths[key] = value


class Disk:
    def __init__(self) -> None:
        self.image = os.open(_paths["image"], os.O_RDWR)
        self.log = os.open(_paths["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def open(readonly: bool) -> Disk:  # noqa: A001  # nbdkit calls it by this name
    assert not readonly
    return Disk()


def close(disk: Disk) -> None:
    os.close(disk.image)
    os.close(disk.log)


def get_size(disk: Disk) -> int:
    return os.fstat(disk.image).st_size


def pread(disk: Disk, buffer: bytearray, offset: int, _flags: int) -> None:
    buffer[:] = os.pread(disk.image, len(buffer), offset)


def pwrite(disk: Disk, buffer: bytearray, offset: int, _flags: int) -> None:
    os.write(disk.log, HEAD.pack(b"W", offset, len(buffer)) + bytes(buffer))
    os.pwrite(disk.image, buffer, offset)


def flush(disk: Disk, _flags: int) -> None:
    os.write(disk.log, HEAD.pack(b"F", 0, 0))


def thread_model() -> int:
    return 0  # one request at a time: the order in the log is the order in which the disk was asked
