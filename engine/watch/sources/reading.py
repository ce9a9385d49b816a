"""What a reader of one format makes of a line, and what it must be able to do; it touches no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of a line; no values: a line that belongs to the format and says nothing yet."""

    step: int
    values: Mapping[str, float]
    """By the names of the log."""
    time_s: float | None = None
    before: Reading | None = None
    """One that was held back until this one told its step."""


NOTHING: Final = Reading(0, {})

Row = tuple[int, Mapping[str, float], float | None]
"""Step, values and time of a reading that has nothing held back: ten times as cheap to make as a :class:`Reading`."""


class LineReader(Protocol):
    """Understands the lines of one format."""

    @property
    def format(self) -> str:
        """The format's name; a reader of many says which it met most."""
        ...

    @property
    def anchors(self) -> tuple[bytes, ...] | None:
        """A line without any of these says nothing; None: each line must be shown."""
        ...

    def read(self, line: str) -> Reading | None:
        """Return what a line says, or None where it is not understood."""
        ...

    def flush(self) -> Reading | None:
        """Return what was held back for more lines to come."""
        ...

    def restart(self) -> None:
        """Forget what was half read: the file begins again."""
        ...

    def resumes(self, line: str) -> bool:
        """Tell whether a line that was not understood says that the run was started again."""
        ...

    def notes(self) -> tuple[str, ...]:
        """Return what there is to say since the last call."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """A reader that knows a line again which differs from an earlier one in its numbers alone."""

    def read_known(self, block: bytes, start: int, stop: int) -> Row | None:
        """Return what :meth:`LineReader.read` would of the line that lies there in a block; None to ask that."""
        ...
