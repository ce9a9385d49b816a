"""Scratch: the folder of a run for what it makes, looks at and throws away again; nothing in it is ever needed."""

from __future__ import annotations

import shutil
from pathlib import Path

from engine.run.desk import Desk
from engine.run.folder import ALIVE
from engine.run.locks import is_held

_FOLDER = "scratch"


def scratch_of(desk: Desk) -> Path:
    """Name the scratch folder of a run; the run makes it and removes it."""
    return desk.state / _FOLDER / desk.run_id


def clear_scratch(state: Path) -> None:
    """Remove what runs left that were killed."""
    for folder in (state / _FOLDER).glob("*"):
        if not is_held(state / "runs" / folder.name / ALIVE):
            shutil.rmtree(folder, ignore_errors=True)
