"""The folder of one format's export: built beside its place and put there whole, with what it was made of.

Only one export of a corpus may run at a time; what a killed one left is removed by the next.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from engine.dataset.export.ask import FormatReport, Inputs
from engine.host.rename import EXCHANGE, renameat2
from engine.shards.files import RealFiles

MADE: Final = "export.json"
_TICK_S: Final = 0.25
"""Whoever waits for a disk says so four times a second, as everywhere."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """The content of ``export.json``; it is written last."""

    inputs: Inputs
    report: FormatReport


def read_current(home: Path, inputs: Inputs) -> FormatReport | None:
    """Return what stands in ``home``; None where that is of other inputs, not whole, or not there."""
    try:
        made = msgspec.json.decode((home / MADE).read_bytes(), type=Made)
    except (OSError, msgspec.MsgspecError):
        return None
    if made.inputs != inputs or measure(home) != (made.report.files, made.report.size_bytes):
        return None
    return msgspec.structs.replace(made.report, made=False, folder=str(home))


def measure(folder: Path) -> tuple[int, int]:
    """Return how many files there are, links as such and without ``export.json``, and their bytes."""
    paths = [Path(where) / name for where, _, names in os.walk(folder) for name in names]
    sizes = [path.lstat().st_size for path in paths if path != folder / MADE]
    return len(sizes), sum(sizes)


def begin(home: Path) -> Path:
    """Make the folder to write to, beside ``home``, and remove what earlier ones left there.

    Raises:
        OSError: when the disk refuses.
    """
    home.parent.mkdir(parents=True, exist_ok=True)
    for left in home.parent.glob(f".{home.name}.*.tmp"):
        shutil.rmtree(left)
    folder = home.with_name(f".{home.name}.{os.getpid()}.tmp")
    folder.mkdir()
    return folder


def drop(folder: Path) -> None:
    """Remove a folder that did not come to be an export; one that cannot be removed is left to the next."""
    shutil.rmtree(folder, ignore_errors=True)


def put(folder: Path, home: Path, made: Made, tick: Callable[[], None]) -> None:
    """Bring a folder to the disk and give it its name; what had it before is removed.

    Raises:
        OSError: when the disk refuses; what stood there before stands there still.
    """
    (folder / MADE).write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")
    _sync(folder, tick)
    if home.exists():
        _exchange(folder, home)
        shutil.rmtree(folder)
    else:
        folder.rename(home)
    RealFiles().sync_folder(home.parent)


def _exchange(folder: Path, home: Path) -> None:
    """Let two folders change names, in one step where the file system can."""
    try:
        renameat2(folder, home, EXCHANGE)
    except (OSError, AttributeError):
        old = folder.with_name(f".{home.name}.old.tmp")
        home.rename(old)
        try:
            folder.rename(home)
        except OSError:
            old.rename(home)
            raise
        old.rename(folder)


def _sync(folder: Path, tick: Callable[[], None]) -> None:
    """Bring all files of a folder to the disk by one call: they may be a hundred thousand, each of a few bytes."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with ThreadPoolExecutor(1) as thread:
            waiting = thread.submit(_syncfs, descriptor, folder)
            while not wait([waiting], timeout=_TICK_S).done:
                tick()
            waiting.result()
    finally:
        with suppress(OSError):
            os.close(descriptor)


def _syncfs(descriptor: int, folder: Path) -> None:
    if ctypes.CDLL(None, use_errno=True).syncfs(descriptor):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(folder))
