"""Where the checklists that come with gonogo lie: beside the source in a checkout, in the package once installed."""

from __future__ import annotations

from pathlib import Path

from engine.errors import UsageError

_INSTALLED = Path(__file__).parent / "shipped"
_CHECKOUT = Path(__file__).parents[2] / "checklists"


PLAN_PREFIX = "window-"
"""A file of such a name is the plan of a window, which has its own reader, and no checklist."""


def lists_in(folder: Path) -> list[Path]:
    """Return the checklists of a folder, by name; plans of windows are none."""
    return sorted(path for path in folder.glob("*.toml") if not path.stem.startswith(PLAN_PREFIX))


def shipped_folder() -> Path:
    """Return the folder of the shipped checklists."""
    return _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT


def shipped(checklist: str) -> Path:
    """Return the file of a shipped checklist.

    Raises:
        UsageError: when there is none of this name; names those that there are.
    """
    path = shipped_folder() / f"{checklist}.toml"
    if not path.is_file():
        known = ", ".join(each.stem for each in lists_in(shipped_folder()))
        raise UsageError(f"{checklist!r} is no shipped checklist; there are: {known or 'none'}")
    return path
