"""The file system with one step of the swap left out: what shows that a harness can fail."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from engine.shards.files import Files, Reader, Writer
from tests.faults.fault_files import FaultFiles, Strike

BREAK = "GONOGO_FAULTS_BREAK"
"""The environment variable that breaks the protocol for a whole run, by the name of a mutant; these two can be here."""

NO_LINK, NO_SYNC = "no-link", "no-sync"


class BrokenFiles(FaultFiles):
    """A file system that says that it has done what it has not.

    Without its syncs no pages are dropped either: to drop dirty pages, Linux starts to write them out, which on ext4 is
    enough to hide that the fsync is missing.
    """

    def __init__(self, files: Files, strike: Strike | None, broken: str) -> None:
        super().__init__(files, strike)
        self._broken = broken

    def link(self, old: Path, new: Path) -> None:
        if self._broken != NO_LINK:
            super().link(old, new)

    def unlink(self, path: Path) -> None:
        if self._broken != NO_LINK or path.exists():
            super().unlink(path)

    @contextlib.contextmanager
    def open(self, path: Path, *, uncached: bool = False) -> Iterator[Reader]:
        with super().open(path, uncached=uncached and self._broken != NO_SYNC) as reader:
            yield reader

    @contextlib.contextmanager
    def create(self, path: Path) -> Iterator[Writer]:
        with super().create(path) as writer:
            yield _Unsynced(writer) if self._broken == NO_SYNC else writer


class _Unsynced:
    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def write(self, data: bytes | memoryview) -> None:
        self._writer.write(data)

    def sync(self) -> None:
        pass
