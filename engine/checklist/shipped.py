"""Where the checklists that come with gonogo lie: beside the source in a checkout, in the package once installed."""

from __future__ import annotations

from pathlib import Path

from engine.errors import UsageError

_INSTALLED = Path(__file__).parent / "shipped"
_CHECKOUT = Path(__file__).parents[2] / "checklists"


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
        known = ", ".join(sorted(each.stem for each in shipped_folder().glob("*.toml")))
        raise UsageError(f"{checklist!r} is no shipped checklist; there are: {known or 'none'}")
    return path
