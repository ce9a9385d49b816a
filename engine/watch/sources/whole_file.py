"""Files that hold a whole run and are written anew at each save: read again when they change, told only what is new."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from engine.errors import printable
from engine.watch.naming import Naming
from engine.watch.records import Batch, Record, SourceStatus
from engine.watch.sources.hidden_nan import HiddenNan
from engine.watch.sources.segments import Segments

_LARGEST_BYTES: Final = 256 << 20
"""A history of a million rows is about that large; what is larger is no history and would not fit twice in memory."""

Row = tuple[int, dict[str, float]]
"""A step, and its values by the names of the file."""


class WholeFileSource:
    """One JSON file with all rows of a run; a :class:`~engine.watch.sources.base.Source`."""

    def __init__(self, name: str, path: Path, form: str, rows_of: Callable[[object], list[Row] | None]) -> None:
        """Follow ``path``; ``rows_of`` finds the rows in the parsed file, None where it is another file."""
        self._name = name
        self._path = path
        self._form = form
        self._rows_of = rows_of
        self._naming = Naming(name)
        self._segments = Segments()
        self._hidden = HiddenNan()
        self._seen: tuple[int, int, int] | None = None
        self._records = 0
        self._rows = 0
        self._newest_s: float | None = None
        self._problem = ""
        self._files: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """How it is called."""
        return self._name

    def poll(self) -> Batch:
        """Read the file if it changed, and return the rows that it did not have before."""
        path = self._newest_path()
        try:
            found = path.stat()
            state = (found.st_ino, found.st_mtime_ns, found.st_size)
            if state == self._seen:
                return Batch()
            if found.st_size > _LARGEST_BYTES:
                self._problem = f"{printable(str(path))} is too large to be read as a whole"
                return Batch()
            rows = self._rows_of(json.loads(path.read_bytes()))
        except OSError as error:
            self._problem = f"{printable(str(path))} cannot be read: {error.strerror}"
            return Batch()
        except (ValueError, RecursionError):  # half written; the next poll finds it whole, or still says so
            self._problem = f"{printable(str(path))} is not whole JSON at the moment"
            return Batch()
        if rows is None:
            self._problem = f"{printable(str(path))} holds no rows of {self._form}"
            return Batch()
        self._seen, self._newest_s, self._problem = state, found.st_mtime, ""
        self._rows = len(rows)
        records = self._new(rows)
        self._records += len(records)
        return Batch(records=records, notes=self._naming.notes())

    def status(self) -> SourceStatus:
        """Say how it is doing."""
        return SourceStatus(
            name=self._name,
            format=self._form,
            path=str(self._path),
            records=self._records,
            lines=self._rows,
            newest_s=self._newest_s,
            problem=self._problem,
            hides_nan=self._hidden.seen,
            files=(str(self._newest_path()),),
        )

    def close(self) -> None:
        """Nothing is held open."""

    def _newest_path(self) -> Path:
        return self._path

    def _new(self, rows: list[Row]) -> tuple[Record, ...]:
        self._segments.reread()
        records = []
        for step, raw in rows:
            values = self._naming.rename(raw)
            self._hidden.look(values)
            segment = self._segments.place(step, values)
            if segment is not None:
                records.append(Record(self._name, "", segment, step, values))
        return tuple(records)


def numbers_in(row: object) -> dict[str, float]:
    """Return the numbers of a JSON object."""
    if not isinstance(row, dict):
        return {}
    return {
        str(name): float(value)
        for name, value in row.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
