"""Where the console was when it was closed, run by run, so that the next one opens there: one small file in STATE."""

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
_MOST: Final = 20
"""Runs whose places are kept; nobody goes back to older ones."""


class Memory(msgspec.Struct, frozen=True):
    """What is to be the same again."""

    front: str = ""
    """The screen in front."""
    frames: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    """What each screen wants to know again, by its name."""


class _File(msgspec.Struct, frozen=True):
    runs: dict[str, Memory] = msgspec.field(default_factory=dict)
    """By run, the one that was left last at the end; "" for a console that is on none."""


class MemoryFile:
    """Keeps it. A console that may only look reads, and does not write.

    Args:
        state: STATE; None keeps nothing.
    """

    def __init__(self, state: Path | None) -> None:
        self._path = None if state is None else state / FILE_NAME
        self._written: tuple[str, Memory] | None = None

    def read(self, run: str) -> Memory:
        """Return what was kept of a run; nothing where there is none, or none that is legible."""
        return self._file().runs.get(run, Memory())

    def _file(self) -> _File:
        if self._path is None:
            return _File()
        try:
            if self._path.stat().st_size > _LARGEST_BYTES:
                return _File()
            return msgspec.json.decode(self._path.read_bytes(), type=_File)
        except (OSError, msgspec.DecodeError, msgspec.ValidationError):
            return _File()

    def write(self, run: str, front: str, frames: Mapping[str, Mapping[str, str]]) -> None:
        """Keep it, where it is another than before; a folder that cannot be written costs that convenience alone.

        Args:
            run: what the rest was on; "" for no run.
            front: the screen in front.
            frames: of the screens that were opened; what is kept of the others stays.
        """
        if self._path is None or is_read_only() or not self._path.parent.is_dir():
            return
        told = Memory(front, {name: dict(each) for name, each in frames.items() if each})
        if (run, told) == self._written:
            return
        self._written = run, told
        kept = self._file().runs
        before = kept.pop(run, Memory())
        kept[run] = Memory(front, {**before.frames, **told.frames})
        newest = dict(list(kept.items())[-_MOST:])
        with contextlib.suppress(OSError, GonogoError):
            write_whole(self._path, msgspec.json.encode(_File(newest)))
