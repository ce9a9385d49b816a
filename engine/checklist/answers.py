"""What a check is given and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the machine checks of a conversion look at."""

    folders: tuple[Path, ...]
    """One on each volume that will be written to."""
    floor_bytes: int | None
    """The configured floor; None for each volume's default."""
    worker_env: Mapping[str, str]
    """The environment that workers will get."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a check found."""

    state: Literal["pass", "fail", "error"]
    """``error``: the question could not be answered; it blocks like a failure."""
    read: str
    """The value, as a person reads it."""
