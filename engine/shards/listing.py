"""Folders of a corpus listed many at once: on a network volume each costs some milliseconds, in which others can go.

A listing is made ahead of whoever judges it: as soon as a folder is listed, the folders in it are asked for.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

LOOKS_AT_ONCE: Final = 32
"""Threads that wait for the file system: at 1 ms a look, 4,138 shards with 5 looks each take 0.7 s instead of 21. More
gain nothing, for from there on it is Python that takes the time."""

Parts = tuple[str, ...]
"""The path of a folder under the corpus."""


@dataclass(frozen=True, slots=True)
class Folder:
    """What a look at one folder gave; its names are sorted."""

    path: Path
    parts: Parts
    identity: tuple[int, int] | None
    """(device, inode); None where it cannot even be looked at."""
    trouble: str = ""
    """Why it could not be looked at, or listed to its end."""
    files: tuple[str, ...] = ()
    """Everything that is no folder."""
    folders: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    """Links that lead to folders."""
    unseen: tuple[tuple[str, str], ...] = ()
    """Entries that could not be looked at, each with the reason."""
    names: frozenset[str] = frozenset()
    """Every name in it, those also that are left out of the others."""


class Listings:
    """The folders under a corpus, listed ahead on threads; used in a ``with``.

    Args:
        corpus: the corpus.
        is_left_out: whether an entry, given its folder and its name, is none of ours. Called from any thread.
    """

    def __init__(self, corpus: Path, is_left_out: Callable[[Parts, str], bool]) -> None:
        self._corpus = corpus
        self._is_left_out = is_left_out
        self._threads = ThreadPoolExecutor(LOOKS_AT_ONCE, "listing")
        self._coming: dict[Parts, Future[Folder]] = {}
        self._expanded: set[tuple[int, int]] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)

    def folder(self, parts: Parts) -> Folder:
        """Return the folder at a path under the corpus; what is wrong with it stands in the answer."""
        coming = self._coming.pop(parts, None)
        return self._look(parts) if coming is None else coming.result()

    def _look(self, parts: Parts) -> Folder:
        folder = look_at(self._corpus.joinpath(*parts), parts, self._is_left_out)
        if self._is_first(folder):
            for name in folder.folders:
                inner = (*parts, name)
                self._coming[inner] = self._threads.submit(self._look, inner)
        return folder

    def _is_first(self, folder: Folder) -> bool:
        """Tell whether the folders in this one are to be asked for: a mount of it inside itself would have no end."""
        with self._lock:
            if folder.identity is None or folder.identity in self._expanded:
                return False
            self._expanded.add(folder.identity)
            return True


def look_at(path: Path, parts: Parts, is_left_out: Callable[[Parts, str], bool]) -> Folder:
    """List one folder, sorted into files, folders and links, without what is left out."""
    try:
        status = path.stat()
    except OSError as error:
        return Folder(path, parts, None, error.strerror or "")
    files: list[str] = []
    folders: list[str] = []
    links: list[str] = []
    unseen: list[tuple[str, str]] = []
    names: set[str] = set()
    trouble = ""
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                names.add(entry.name)
                if is_left_out(parts, entry.name):
                    continue
                try:
                    is_folder = entry.is_dir()
                except OSError as error:
                    unseen.append((entry.name, error.strerror or ""))
                    continue
                (files if not is_folder else links if entry.is_symlink() else folders).append(entry.name)
    except OSError as error:
        trouble = error.strerror or ""
    return Folder(
        path=path,
        parts=parts,
        identity=(status.st_dev, status.st_ino),
        trouble=trouble,
        files=tuple(sorted(files)),
        folders=tuple(sorted(folders)),
        links=tuple(sorted(links)),
        unseen=tuple(sorted(unseen)),
        names=frozenset(names),
    )
