"""Which checklists there are: the operator's own in ``CORPUS/checklists``, and those that come with gonogo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.checklist.lists import Checklist
from engine.checklist.reading import load_checklist
from engine.checklist.shipped import lists_in, shipped_folder
from engine.errors import UsageError

OWN_FOLDER: Final = "checklists"


@dataclass(frozen=True, slots=True)
class Found:
    """A checklist file, not read yet."""

    id: str
    path: Path
    is_own: bool
    """It lies in the corpus; one of the same name that comes with gonogo is hidden by it."""


def find_lists(corpus: Path | None) -> Mapping[str, Found]:
    """Return the checklists by id; where a corpus has one of its own, that is the one."""
    found = {path.stem: Found(path.stem, path, is_own=False) for path in lists_in(shipped_folder())}
    if corpus is not None:
        found |= {path.stem: Found(path.stem, path, is_own=True) for path in lists_in(corpus / OWN_FOLDER)}
    return found


def open_list(name: str, corpus: Path | None) -> Checklist:
    """Read a checklist by its id.

    Raises:
        UsageError: when there is none; names those that there are.
        ConfigError: when its file is wrong.
    """
    found = find_lists(corpus)
    if name not in found:
        raise UsageError(f"there is no checklist {name!r}; there are {', '.join(sorted(found))}")
    return load_checklist(found[name].path)
