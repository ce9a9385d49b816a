"""Finds the log files below a folder, and new ones as they appear, at the price of one stat for each folder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_MOST_FOLDERS: Final = 5000
"""More is no folder of logs: a data set or a file system was named by mistake."""
_SETTLED_S: Final = 2.0
"""A folder's time ticks in steps (1 s on some network file systems): one that changed just now is listed again."""


class FolderFiles:
    """The files below one folder whose name is wanted; links to folders are not followed.

    Trainers link their newest run from beside it (``latest-run``): followed, it would be read twice.
    """

    def __init__(self, root: Path, wanted: Callable[[str], bool]) -> None:
        self.problem = ""
        """Why the folder cannot be searched; "" for nothing."""
        self._root = root
        self._wanted = wanted
        self._folders: dict[str, int] = {str(root): -1}
        self._known: set[str] = set()

    def appeared(self) -> list[Path]:
        """Return the files that are new since the last call."""
        new: list[Path] = []
        self.problem = ""
        waiting = list(self._folders)
        while waiting:
            folder = waiting.pop()
            try:
                changed_ns = os.stat(folder).st_mtime_ns  # noqa: PTH116 (a Path for each folder doubles the price)
                if changed_ns != self._folders[folder]:
                    waiting += self._list(folder, new)
                    settled = time.time_ns() - changed_ns > _SETTLED_S * 1e9
                    self._folders[folder] = changed_ns if settled else -1
            except OSError as error:
                self._gone(folder, error)
        return new

    def _list(self, folder: str, new: list[Path]) -> list[str]:
        """Add the folder's new files; return the folders in it that are new."""
        inner: list[str] = []
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.path not in self._folders:
                        if len(self._folders) >= _MOST_FOLDERS:
                            self.problem = (
                                f"{self._root}: more than {_MOST_FOLDERS:,} folders, the rest is not searched;"
                                " name the folder of the logs"
                            )
                            continue
                        self._folders[entry.path] = -1
                        inner.append(entry.path)
                elif entry.path not in self._known and self._wanted(entry.name) and entry.is_file():
                    self._known.add(entry.path)
                    new.append(Path(entry.path))
        return inner

    def _gone(self, folder: str, error: OSError) -> None:
        if folder == str(self._root):
            self.problem = f"{folder}: {error.strerror or error}"
            self._folders[folder] = -1
        else:
            del self._folders[folder]
