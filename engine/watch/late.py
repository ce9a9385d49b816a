"""What was named and may not be there yet: what it is is told by its content, once it has some."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, runtime_checkable

from engine.errors import GonogoError, printable
from engine.watch.records import Batch, SourceStatus
from engine.watch.sources.base import Source
from engine.watch.sources.flushing import Flushing


@runtime_checkable
class Growing(Protocol):
    """A source from which others come, such as a folder in which logs appear."""

    @property
    def is_spoken_for(self) -> bool:
        """Whether others came, so that its own state is of no interest any more."""
        ...

    def grown(self) -> list[Source]:
        """Return the sources that are new; cheap where there are none."""
        ...


class LateSource:
    """Waits for a path, whatever is wrong with it, then is the source of what it holds."""

    def __init__(self, name: str, path: Path, opened: Callable[[], Source | None]) -> None:
        """Call ``opened`` until it returns a source; what it raises meanwhile is told as the state."""
        self._name = name
        self._path = path
        self._open = opened
        self._problem = ""
        self.refused: GonogoError | None = None
        """Why what is there now is nothing that is known; None where it is, or where nothing is there."""
        self._source: Source | None = None
        self._look()

    @property
    def name(self) -> str:
        """How it is called."""
        return self._name

    @property
    def source(self) -> Source | None:
        """The source that it became; None while it waits."""
        return self._source

    @property
    def is_spoken_for(self) -> bool:
        """Whether it became a folder whose logs speak for themselves."""
        source: object = self._source
        return isinstance(source, Growing) and source.is_spoken_for

    def grown(self) -> list[Source]:
        """Return the sources that appeared in it, where it became a folder."""
        return self._source.grown() if isinstance(self._source, Growing) else []

    def poll(self) -> Batch:
        """Return what is new, once there is something."""
        if self._source is None:
            self._look()
        return Batch() if self._source is None else self._source.poll()

    def flush(self) -> Batch:
        """Return what was held back."""
        return self._source.flush() if isinstance(self._source, Flushing) else Batch()

    def status(self) -> SourceStatus:
        """Say how it is doing."""
        if self._source is not None:
            return self._source.status()
        return SourceStatus(self._name, "", str(self._path), problem=self._problem, files=(str(self._path),))

    def close(self) -> None:
        """Let go of files."""
        if self._source is not None:
            self._source.close()

    def _look(self) -> None:
        shown, self.refused = printable(str(self._path)), None
        try:
            self._source = self._open()
        except GonogoError as error:  # it came, and it is nothing that is known
            self._problem, self.refused = f"{error}: waiting for a log in its place", error
        except OSError as error:
            self._problem = f"{shown} {_why(error)}: waiting for it"
        else:
            self._problem = f"{shown} is empty so far: waiting for its first line"


def _why(error: OSError) -> str:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return "is not there yet"
    if error.errno in (errno.ENXIO, errno.ESPIPE):
        return "is no file, folder or pipe that can be read"
    return f"cannot be read ({error.strerror})"
