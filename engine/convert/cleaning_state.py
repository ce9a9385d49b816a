"""What runs leave under STATE that nobody needs any more: scratch of runs that are gone, the parts of a manifest."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.convert.cleaning_tasks import Gone, Spent
from engine.errors import printable
from engine.run.folder import ALIVE, list_runs
from engine.run.locks import is_held

SCRATCH = "scratch"
FRAGMENTS = "fragments"


@dataclass(frozen=True, slots=True)
class Corner:
    """One folder under STATE."""

    path: Path
    gone: Gone
    stays: str = ""
    """Why it is left; "" where it may go."""


def look_at_corners(state: Path) -> tuple[Corner, ...]:
    """Find what may go under STATE, and what lies there that may not.

    Raises:
        OSError: when a folder cannot be listed.
    """
    return (*_scratch(state), *_fragments(state))


def _scratch(state: Path) -> Iterator[Corner]:
    """Yield each run's scratch: it may go where the run is known and gone."""
    root = state / SCRATCH
    if not root.exists():
        return
    if root.is_symlink() or not root.is_dir():
        yield _corner(state, root, Spent.SCRATCH, "it is no folder of gonogo's: a link or a file of that name")
        return
    for path in sorted(root.iterdir()):
        run = state / "runs" / path.name
        stays = ""
        if path.is_symlink() or not path.is_dir() or not (run / "run.json").is_file():
            stays = "no run of this name is known: gonogo did not make it"
        elif is_held(run / ALIVE):
            stays = "its run is at work"
        yield _corner(state, path, Spent.SCRATCH, stays)


def _fragments(state: Path) -> Iterator[Corner]:
    root = state / FRAGMENTS
    if not root.exists():
        return
    stays = ""
    if root.is_symlink() or not root.is_dir():
        stays = "it is no folder of gonogo's: a link or a file of that name"
    elif any(run.record.job == "manifest" and run.is_alive() for run in list_runs(state)):
        stays = "a manifest is being made from them"
    yield _corner(state, root, Spent.FRAGMENTS, stays)


def _corner(state: Path, path: Path, kind: Spent, stays: str) -> Corner:
    files, size_bytes = (0, 0) if stays else measure(path)
    name = printable(str(path.relative_to(state)))
    return Corner(path, Gone(kind=kind, name=name, size_bytes=size_bytes, files=files), stays)


def measure(folder: Path) -> tuple[int, int]:
    """Count the files under a folder and the bytes that their deletion frees: those that have no further name."""
    files = size_bytes = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            status = Path(parent, name).lstat()
            files += 1
            size_bytes += status.st_size if stat.S_ISREG(status.st_mode) and status.st_nlink == 1 else 0
    return files, size_bytes


def remove(corner: Corner) -> str:
    """Delete a corner that may go; return why it, or a part of it, stays, "" where it is gone.

    No link in it is followed. A kill leaves the rest to the next clean.
    """
    try:
        shutil.rmtree(corner.path)
    except OSError as error:
        return f"the system refuses: {error}"
    return ""
