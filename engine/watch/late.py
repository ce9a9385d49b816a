"""A source that is not there yet, or still empty: what it is is told by its content, once it has some."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.errors import GonogoError, printable
from engine.watch.records import Batch, SourceStatus
from engine.watch.sources.base import Source
from engine.watch.sources.lines import Flushing


class LateSource:
    """Waits for a file, then is the source of its format."""

    def __init__(self, name: str, path: Path, opened: Callable[[], Source | None]) -> None:
        """Call ``opened`` until it returns a source.

        Raises:
            GonogoError: where the file is there and is nothing that is known.
        """
        self._name = name
        self._path = path
        self._open = opened
        self._problem = ""
        self._source = opened()

    @property
    def name(self) -> str:
        """How it is called."""
        return self._name

    @property
    def source(self) -> Source | None:
        """The source that it became; None while it waits."""
        return self._source

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
        shown = printable(str(self._path))
        waits = f"{shown} is empty so far" if self._path.exists() else f"{shown} is not there yet: waiting for it"
        return SourceStatus(self._name, "", str(self._path), problem=self._problem or waits, files=(str(self._path),))

    def close(self) -> None:
        """Let go of files."""
        if self._source is not None:
            self._source.close()

    def _look(self) -> None:
        try:
            self._source = self._open()
            self._problem = ""
        except GonogoError as error:  # it came, and it is nothing that is known
            self._problem = str(error)
