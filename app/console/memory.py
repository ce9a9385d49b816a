"""Where the console was when it was closed, so that the next one opens there: one small file in STATE."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from engine.crew.artifacts import write_whole
from engine.errors import GonogoError
from engine.run.read_only import is_read_only

FILE_NAME: Final = "console.json"
_LARGEST_BYTES: Final = 1 << 16


class Memory(msgspec.Struct, frozen=True):
    """What is to be the same again."""

    run: str = ""
    """The run that the rest was on; of another, nothing of it fits."""
    front: str = ""
    """The screen in front."""
    frames: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    """What each screen wants to know again, by its name."""


class MemoryFile:
    """Keeps it. A console that may only look reads, and does not write.

    Args:
        state: STATE; None keeps nothing.
    """

    def __init__(self, state: Path | None) -> None:
        self._path = None if state is None else state / FILE_NAME
        self._newest: Memory | None = None

    def read(self) -> Memory:
        """Return what was kept; nothing where there is none, or none that is legible."""
        if self._path is None:
            return Memory()
        try:
            if self._path.stat().st_size > _LARGEST_BYTES:
                return Memory()
            return msgspec.json.decode(self._path.read_bytes(), type=Memory)
        except (OSError, msgspec.DecodeError, msgspec.ValidationError):
            return Memory()

    def write(self, run: str, front: str, frames: Mapping[str, Mapping[str, str]]) -> None:
        """Keep it, where it is another than before; a folder that cannot be written costs that convenience alone."""
        memory = Memory(run, front, {name: dict(each) for name, each in frames.items() if each})
        if self._path is None or memory == self._newest or is_read_only() or not self._path.parent.is_dir():
            return
        self._newest = memory
        with contextlib.suppress(OSError, GonogoError):
            write_whole(self._path, msgspec.json.encode(memory))
