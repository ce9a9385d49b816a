"""The folder in which gonogo was started, where it is there no more: somebody deleted it, in another pane."""

from __future__ import annotations

import os
from pathlib import Path

from engine.errors import UsageError, printable


def is_here_gone(error: FileNotFoundError) -> bool:
    """Tell whether it is the current folder that was not found: then no file is named."""
    if error.filename is not None:
        return False
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def here_is_gone() -> UsageError:
    """Return what is said of it."""
    was = os.environ.get("PWD", "")
    where = f"{printable(was)}: " if was else ""
    return UsageError(
        f"{where}the folder in which gonogo was started is gone, deleted or moved; cd to one that exists "
        "(where it was made anew: to the same one again), and start gonogo there"
    )
