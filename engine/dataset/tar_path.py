"""Where a tar lies that the manifest names: a name that is not printable stands there escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from engine.errors import printable

ESCAPE: Final = "\\"
"""Begins what is not printable, in names as they are shown."""


def tar_path(corpus: Path, name: str) -> Path:
    """Return the path of a tar whose name may be escaped: then folders are listed for what is shown so."""
    path = corpus / name
    if ESCAPE not in name or path.exists():
        return path
    at = corpus
    for part in name.split("/"):
        try:
            at = next((entry for entry in at.iterdir() if printable(entry.name) == part), at / part)
        except OSError:
            return path
    return at
