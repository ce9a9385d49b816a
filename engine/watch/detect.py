"""What was named on the command line becomes sources: files, folders that are searched, pipes, standard input."""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from engine.watch.forms import BEGUN_BYTES, forms, open_file
from engine.watch.labels import Labelled, Labels
from engine.watch.late import LateSource
from engine.watch.pipes import PipeSource
from engine.watch.searching import FolderSearch, Found, open_found
from engine.watch.sources.base import Source
from engine.watch.sources.patterns import PATTERNS, Pattern
from engine.watch.sources.stdin import NAME as STDIN
from engine.watch.sources.stdin import StdinSource

_DASH: Final = Path(STDIN)


def open_sources(
    *paths: Path, patterns: Sequence[Pattern] = PATTERNS, logging_steps: int = 1, stdin_fd: int = 0
) -> list[Source]:
    """Open what paths are: a file one source, a folder as many as it holds, ``-`` standard input.

    What is not there yet, empty, or not to be read is waited for and told by its content once it has some; in a
    folder, logs that appear later come from its :class:`~engine.watch.searching.FolderSearch`, the first of its
    sources. No two sources are called alike, and a log that is named twice is one.

    Args:
        paths: files, folders, pipes or ``-``.
        patterns: the text patterns in force, the user's first.
        logging_steps: how many steps lie between the lines of a Hugging Face output, which names none.
        stdin_fd: the descriptor that ``-`` stands for.

    Raises:
        UsageError: where a file is there, and nothing that is known.
    """
    known, labels = forms(patterns, logging_steps=logging_steps), Labels()

    def opened(path: Path, name: str) -> Source | None:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return FolderSearch(name, path, known, labels)
        if stat.S_ISFIFO(mode):
            return PipeSource(name, path, patterns, logging_steps=logging_steps)
        return open_file(path, name, known)

    wanted = [path for path in dict.fromkeys(paths) if path != _DASH]
    logs = [_File(path, opened) for path in wanted if not _is_folder(path)]
    folders = [FolderSearch(path.name or str(path), path, known, labels) for path in wanted if _is_folder(path)]
    return [
        *([StdinSource(stdin_fd, patterns=patterns)] if _DASH in paths else []),
        *folders,
        *_named(logs, folders, labels),
    ]


class _File:
    """A path that is no folder now."""

    def __init__(self, path: Path, opened: Callable[[Path, str], Source | None]) -> None:
        is_number = path.parent.name == "fd"  # /dev/fd/63, as a shell names what it reads from a command
        self.labelled = Labelled(f"fd/{path.name}" if is_number else "", path, "")
        self._path, self._opened = path, opened

    def open(self, name: str) -> Source:
        """Wait for it, or follow it.

        Raises:
            UsageError: where it is there, and nothing that is known.
        """
        source = LateSource(name, self._path, lambda: self._opened(self._path, name))
        if source.refused is not None and _size(self._path) >= BEGUN_BYTES:
            raise source.refused
        return source


def _named(logs: Sequence[_File], folders: Sequence[FolderSearch], labels: Labels) -> list[Source]:
    """Open everything that is there under names that tell it apart."""
    new: dict[tuple[str, str], _File | Found] = {}
    for log in logs:
        new.setdefault(log.labelled.key, log)
    by_name = {key[0] for key in new}
    for folder in folders:
        for found in folder.search():
            if found.labelled.key[0] not in by_name:
                new.setdefault(found.labelled.key, found)
    each = list(new.values())
    names = labels.give([one.labelled for one in each])
    return [
        one.open(name) if isinstance(one, _File) else open_found(one, name)
        for one, name in zip(each, names, strict=True)
    ]


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError:  # what may not be looked at is waited for
        return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
