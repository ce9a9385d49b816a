"""``tree``: how many files does a folder hold, how much, and how new is the newest?"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Final

import msgspec

from engine.checklist.answers import Answer, State, no_answer
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.checklist.kinds.sizes import check_sizes, judge_age, judge_size
from engine.checklist.kinds.table_findings import Finding, answer, check_bounds, judge_count
from engine.checklist.kinds.table_stop import Stop, off_loop_until_stopped
from engine.errors import printable

_NO_FILE: Final = (errno.ENOENT, errno.ELOOP)
"""What the kernel says of a file that went away, and of a link that leads to itself."""


class Tree(CheckTable, frozen=True, kw_only=True, tag="tree"):
    """Counts files below a folder. Links to files count as what they point at; links to folders are not followed."""

    path: Annotated[str, msgspec.Meta(min_length=1)]
    """The folder."""
    glob: Annotated[str, msgspec.Meta(min_length=1)] = "**/*"
    """Which files count, by their path below the folder: ``*.wav`` right in it, ``**/*.wav`` at any depth."""
    count: int | None = None
    """So many files, no more and no less."""
    min_count: int | None = None
    """The fewest files; one where nothing at all is asked for."""
    max_count: int | None = None
    """The most files."""
    min_size: str = ""
    """The least that they may hold together, such as ``15GB``."""
    max_size: str = ""
    """The most that they may hold together."""
    max_age: str = ""
    """How long ago the newest may have been written at most, such as ``24h``."""

    def __post_init__(self) -> None:
        """Refuse what no folder can fulfil."""
        check_bounds("count", self.count, self.min_count, self.max_count)
        check_sizes(self.min_size, self.max_size, self.max_age)
        if self.glob.startswith("/") or ".." in self.glob.split("/"):
            raise ValueError(f"glob = {self.glob!r}: wanted a pattern below the path, such as **/*.wav")

    async def look(self, around: Around) -> Answer:
        """Walk through it."""
        return await off_loop_until_stopped(lambda stop: self._look(around.path(self.path), stop))

    def _look(self, path: Path, stop: Stop) -> Answer:
        if not path.is_dir():
            there = "no folder" if path.exists() else "not there"
            return Answer(State.FAIL, f"{printable(str(path))} is {there}")
        try:
            found = _count(path, self.glob.split("/"), stop)
        except PermissionError as error:
            return no_answer(f"{printable(str(error.filename))} cannot be looked into: {error.strerror}")
        return answer(self._judge(found), {})

    def _judge(self, found: _Found) -> Iterator[Finding]:
        least = self.min_count
        if self.count is None and self.max_count is None and least is None:
            least = 1
        yield judge_count(found.files, "file", exact=self.count, least=least, most=self.max_count)
        yield judge_size(found.size_bytes, self.min_size, self.max_size)
        if self.max_age and found.newest_s is None:
            yield Finding(False, f"there is no file that could be at most {self.max_age} old")
        elif self.max_age and found.newest_s is not None:
            age = judge_age(found.newest_s, self.max_age)
            yield Finding(age.well, f"the newest is {age.told}")


@dataclass(frozen=True, slots=True)
class _Found:
    files: int
    size_bytes: int
    newest_s: float | None


def _count(root: Path, pattern: Sequence[str], stop: Stop) -> _Found:
    """Add up what matches; what vanishes while this walks is not there.

    Raises:
        PermissionError: when a folder cannot be read.
        StoppedError: when nobody waits any more.
    """
    files, size_bytes, newest_s = 0, 0, None
    for parts, entry in _walk(str(root), ()):
        stop.check()
        if not _matches(parts, pattern):
            continue
        try:
            if not entry.is_file():
                continue
            stat = entry.stat()
        except OSError as error:
            if error.errno in _NO_FILE:
                continue
            raise
        files, size_bytes = files + 1, size_bytes + stat.st_size
        newest_s = stat.st_mtime if newest_s is None else max(newest_s, stat.st_mtime)
    return _Found(files, size_bytes, newest_s)


def _walk(folder: str, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], os.DirEntry[str]]]:
    """Walk through all entries that are no folders."""
    inner: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    inner.append(entry.name)
                else:
                    yield (*above, entry.name), entry
    except FileNotFoundError:
        return
    for name in inner:
        yield from _walk(f"{folder}/{name}", (*above, name))


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Tell whether a path matches, part by part; ``**`` stands for any folders, also none.

    >>> _matches(("a", "b.wav"), ("**", "*.wav")), _matches(("a", "b.wav"), ("*.wav",))
    (True, False)
    """
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return _matches(parts, pattern[1:]) or (bool(parts) and _matches(parts[1:], pattern))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])
