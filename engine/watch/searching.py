"""Searching a folder for logs, again and again: a run that starts later has its log in it later.

Event files and checkpoint states of one run are one source, other logs one each.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.errors import printable
from engine.watch.forms import HEAD_BYTES, Form, form_of, read_head
from engine.watch.labels import Labelled, Labels
from engine.watch.records import Batch, SourceStatus
from engine.watch.sources import dora, trainer_state
from engine.watch.sources.base import Source

LARGEST_DEPTH: Final = 6
MOST_ENTRIES: Final = 20_000
"""A run's folder is smaller; a data set that was named by mistake is left after so many entries."""
AGAIN_S: Final = 2.0
"""A folder is searched again after so long …"""
AGAIN_FACTOR: Final = 400.0
"""… or after so many times as long as the search took: a quarter of a per cent of one processor at most."""
_NO_LOGS: Final = frozenset(
    [
        ".py",
        ".pyc",
        ".md",
        ".rst",
        ".html",
        ".ipynb",
        ".yaml",
        ".yml",
        ".toml",
        ".sh",
        ".js",
        ".css",
        ".pt",
        ".pth",
        ".th",
        ".ckpt",
        ".safetensors",
        ".bin",
        ".npy",
        ".npz",
        ".wav",
        ".flac",
        ".mp3",
        ".ogg",
        ".png",
        ".jpg",
        ".svg",
        ".gz",
        ".zip",
        ".tar",
        ".parquet",
        ".so",
        ".lock",
    ]
)
"""What a search passes over unread: source code quotes lines of logs, and the rest is large. Named, it is read."""
_ROTATED: Final = re.compile(r"(.+)\.\d{1,3}")
_CHECKPOINT: Final = re.compile(r"checkpoint-\d+")

Passed = dict[Path, tuple[int, int]]
"""Files that were looked at and hold no metrics so far: which file it was, and how much of its beginning there was."""


@dataclass(frozen=True, slots=True)
class Found:
    """One log of a folder."""

    place: Path
    """What stands for it: the file, or the folder where several files are one source."""
    label: str
    """What it is called in its folder."""
    form: Form

    @property
    def labelled(self) -> Labelled:
        """What its name is chosen by."""
        return Labelled(self.label, self.place, self.form.short)


def find(folder: Path, known: Sequence[Form], passed: Passed | None = None) -> list[Found]:
    """Return the logs in a folder, in order.

    Args:
        folder: where to search, down to :data:`LARGEST_DEPTH`.
        known: the formats.
        passed: files that need no second look; filled with those that hold nothing.
    """
    passed = {} if passed is None else passed
    found: dict[tuple[Path, str], Form] = {}
    for path in _files(folder):
        form = _told(path, known, passed)
        if form is not None:
            found.setdefault((folder if form.folder else _run_of(path), form.short), form)
    logged = {place.parent for (place, _), form in found.items() if form.open is dora.open_dora}
    return [
        Found(place, str(place.relative_to(folder)) if place != folder else "", form)
        for (place, _), form in sorted(found.items())
        # A history holds the means of what the log beside it says in full.
        if form.open is not dora.open_history or place.parent not in logged
    ]


class FolderSearch:
    """A folder that was named: it hands out sources as their logs appear, and says so while there are none."""

    def __init__(
        self,
        name: str,
        folder: Path,
        known: Sequence[Form],
        labels: Labels,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._folder, self._known, self._labels, self._clock = name, folder, known, labels, clock
        self._passed: Passed = {}
        self._has_found = False
        self._next_s = 0.0

    @property
    def name(self) -> str:
        """How the folder is called."""
        return self._name

    @property
    def is_spoken_for(self) -> bool:
        """Whether logs were found, which speak for themselves."""
        return self._has_found

    def search(self) -> list[Found]:
        """Return the logs that nobody watches yet."""
        began_s = self._clock()
        found = [each for each in find(self._folder, self._known, self._passed) if self._labels.is_new(each.labelled)]
        now_s = self._clock()
        self._next_s = now_s + max(AGAIN_S, AGAIN_FACTOR * (now_s - began_s))
        self._has_found = self._has_found or bool(found)
        return found

    def grown(self) -> list[Source]:
        """Open the logs that appeared since the last search, where it is time for one."""
        if self._clock() < self._next_s:
            return []
        found = self.search()
        names = self._labels.give([each.labelled for each in found])
        return [open_found(each, name) for each, name in zip(found, names, strict=True)]

    def poll(self) -> Batch:
        """Return nothing: its logs are sources of their own."""
        return Batch()

    def status(self) -> SourceStatus:
        """Say that nothing was found so far."""
        shown = printable(str(self._folder))
        told = f"{shown}: no file in it holds metrics yet: waiting for one"
        problem = "" if self._has_found else told if self._folder.is_dir() else f"{shown} is not there: waiting for it"
        return SourceStatus(self._name, "", str(self._folder), problem=problem)

    def close(self) -> None:
        """Nothing is held open."""


def open_found(found: Found, name: str) -> Source:
    """Open a log under a name."""
    return found.form.open(found.place, name)


def _told(path: Path, known: Sequence[Form], passed: Passed) -> Form | None:
    """Tell a file's format, unless its beginning is as it was when it held nothing."""
    try:
        state = path.stat()
        seen = (state.st_ino, min(state.st_size, HEAD_BYTES))
        if passed.get(path) == seen:
            return None
        form = form_of(path, read_head(path), known)
    except OSError:  # gone meanwhile, or not for us to read: the others count
        return None
    if form is None:
        passed[path] = seen
    return form


def _run_of(path: Path) -> Path:
    """Return what stands for a file: the folder of the run for a checkpoint's state, else the file."""
    is_state = path.name == trainer_state.FILE and _CHECKPOINT.fullmatch(path.parent.name)
    return path.parent.parent if is_state else path


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files that may be logs, in order; hidden folders and links to folders are passed over."""
    seen = 0
    waiting = [(folder, 0)]
    while waiting:
        here, depth = waiting.pop()
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError:  # a folder that may not be read hides its logs; the others count
            continue
        names = {entry.name for entry in entries}
        for entry in entries:
            seen += 1
            if seen > MOST_ENTRIES or entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                if depth < LARGEST_DEPTH:
                    waiting.append((Path(entry.path), depth + 1))
            elif entry.is_file() and _may_be_log(entry.name, names):
                yield Path(entry.path)


def _may_be_log(name: str, beside: set[str]) -> bool:
    rotated = _ROTATED.fullmatch(name)
    return Path(name).suffix.lower() not in _NO_LOGS and not (rotated is not None and rotated[1] in beside)
