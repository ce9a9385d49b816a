"""What sources of stored records share: a file, or files below a folder, that grow and are read in turn, in pieces."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from engine.watch.naming import Naming
from engine.watch.records import Batch, Record, SourceStatus
from engine.watch.sources.folder_files import FolderFiles
from engine.watch.sources.resting_tail import RestingTail

_POLL_BYTES: Final = 2 << 20
"""One poll ends behind so much: some 40,000 scalars of TensorBoard's or 10,000 rows of W&B's, 20 MB of records."""
_MOST_PROBLEMS: Final = 3


class Followed(Protocol):
    """A file, and what its source knows of it."""

    @property
    def tail(self) -> RestingTail:
        """The file itself."""
        ...


File = TypeVar("File", bound=Followed)


class GrowingFilesSource(ABC, Generic[File]):
    """A :class:`~engine.watch.sources.base.Source` but for what one format knows: order, runs, and what records say."""

    def __init__(self, name: str, path: Path, form: str, wanted: Callable[[str], bool]) -> None:
        """Follow ``path``; what a format keeps of its files must be there before, since the first is added here.

        Args:
            name: how the source is shown.
            path: a file, or a folder that is searched for files with its subfolders, again and again.
            form: the format's name.
            wanted: tells by its name which file below a folder counts.
        """
        self._name = name
        self._path = path
        self._form = form
        self._naming = Naming(name)
        self._records = self._stored = self._unparsed = 0
        self._sample = ""
        self._folder = FolderFiles(path, wanted) if path.is_dir() else None
        if self._folder is None:
            self._add(path, "")

    @property
    def name(self) -> str:
        """How it is called on screens and in records."""
        return self._name

    def poll(self) -> Batch:
        """Return the next records, in the order of the files; empty when all there is was told."""
        for path in [] if self._folder is None else self._folder.appeared():
            where = path.parent.relative_to(self._path).as_posix()
            self._add(path, "" if where == "." else where)
        records: list[Record] = []
        notes: list[str] = []
        taken = 0
        for file in self._in_order():
            while taken < _POLL_BYTES or not (records or notes):
                read = self._read(file, records, notes)
                taken += read
                if not read:
                    break
        notes += self._naming.notes()
        self._records += len(records)
        return Batch(tuple(records), (), tuple(notes))

    def status(self) -> SourceStatus:
        """Say how it is doing."""
        tails = [file.tail for file in self._in_order()]
        problems = [file.tail.problem for file in self._waited_for() if file.tail.problem]
        if self._folder is not None and self._folder.problem:
            problems.insert(0, self._folder.problem)
        return SourceStatus(
            name=self._name,
            format=self._form,
            path=str(self._path),
            records=self._records,
            lines=self._stored,
            unparsed=self._unparsed,
            sample_unparsed=self._sample,
            newest_s=max((tail.newest_s for tail in tails if tail.newest_s is not None), default=None),
            problem="; ".join(problems[:_MOST_PROBLEMS]),
            files=tuple(str(tail.path) for tail in tails),
        )

    def close(self) -> None:
        """Let go of files; a second call does nothing."""
        for file in self._in_order():
            file.tail.close()

    @abstractmethod
    def _add(self, path: Path, folder: str) -> None:
        """Take up a file; ``folder`` is where it lies below the source's own, "" for right there."""

    @abstractmethod
    def _in_order(self) -> Sequence[File]:
        """Return all files as they are to be read."""

    @abstractmethod
    def _waited_for(self) -> Sequence[File]:
        """Return the files that go on; an old one that was cleared away is no trouble."""

    @abstractmethod
    def _read(self, file: File, records: list[Record], notes: list[str]) -> int:
        """Read a piece of a file and tell what it holds; return how many bytes it had, 0 at the end."""


def changed_ns(path: Path) -> int:
    """Return when a file was changed last; 0 for one that is gone again, or not there yet."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
