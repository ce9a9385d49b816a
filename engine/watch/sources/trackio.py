"""trackio's projects: an SQLite file in WAL mode with a row for each ``log`` call, read while it is written.

The file is opened read-only for the time of a poll and never as immutable, which would not see what stands in the
write-ahead log. Columns have come and gone between trackio's versions (``run_id`` since 0.24; text, then bytes), so
they are asked for. A project holds several runs. A segment of a run begins where its steps go back.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from engine.errors import printable
from engine.units import counted, show_seconds
from engine.watch.naming import Naming
from engine.watch.records import Batch, Record, SourceStatus
from engine.watch.sources.json_numbers import numbers, parsed

FORMAT: Final = "trackio"
_MAGIC: Final = b"SQLite format 3\0"
_POLL_ROWS: Final = 10_000
"""Some 10 MB of records; the next poll goes on."""
_BUSY_LASTS_S: Final = 60.0
"""A writer holds its lock for milliseconds; one that holds it so long hangs, or the file system's locks do not work."""
_SETTLED_S: Final = 2.0
"""Times of files tick in steps: what changed just now is read again."""
_NEEDED: Final = ("id", "run_name", "step", "metrics")


def sniff(path: Path, head: bytes) -> bool:
    """Tell a trackio project: an SQLite file whose table ``metrics`` has trackio's columns."""
    if not head.startswith(_MAGIC):
        return False
    try:
        with contextlib.closing(_connected(path)) as connection:
            return set(_NEEDED) <= _columns(connection)
    except sqlite3.Error:
        return False


@dataclass(slots=True)
class _Run:
    label: str
    segment: int = 0
    step: int | None = None
    """The last one; None before the first and after the file was replaced."""
    told: bool = False


class TrackioSource:
    """One trackio project."""

    def __init__(self, name: str, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Watch ``path``.

        Args:
            name: how the source is shown.
            path: the project's file, ``<project>.db``.
            clock: seconds, for telling for how long a file is locked.
        """
        self._name = name
        self._path = path
        self._clock = clock
        self._naming = Naming(name)
        self._runs: dict[str, _Run] = {}
        self._last_id = 0
        self._last_row: tuple[object, ...] = ()
        self._inode: tuple[int, int] | None = None
        self._quiet: object = None
        self._busy_since: float | None = None
        self._busy_told = False
        self._problem = ""
        self._newest_s: float | None = None
        self._records = self._stored = self._unparsed = 0
        self._sample = ""

    @property
    def name(self) -> str:
        """How it is called on screens and in records."""
        return self._name

    def poll(self) -> Batch:
        """Return the next rows; empty when all there is was told, or while a writer holds the file."""
        records: list[Record] = []
        notes: list[str] = []
        try:
            state = self._state()
            if state != self._quiet or self._problem:
                self._read(state, records, notes)
        except OSError as error:
            self._problem = f"{printable(str(self._path))}: {error.strerror or error}"
        except sqlite3.Error as error:
            self._tell_error(error, notes)
        notes += self._naming.notes()
        self._records += len(records)
        return Batch(tuple(records), (), tuple(notes))

    def status(self) -> SourceStatus:
        """Say how it is doing."""
        return SourceStatus(
            name=self._name,
            format=FORMAT,
            path=str(self._path),
            records=self._records,
            lines=self._stored,
            unparsed=self._unparsed,
            sample_unparsed=self._sample,
            newest_s=self._newest_s,
            problem=self._problem,
            files=(str(self._path),),
        )

    def close(self) -> None:
        """Nothing is held between polls."""

    def _state(self) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
        """Tell from outside whether the file or its write-ahead log changed."""
        found = self._path.stat()
        try:
            log = os.stat(f"{self._path}-wal")  # noqa: PTH116 (with_suffix would cut a dot in the project's name)
            log_state, log_s = (log.st_size, log.st_mtime_ns), log.st_mtime
        except FileNotFoundError:
            log_state, log_s = (0, 0), 0.0
        self._newest_s = max(found.st_mtime, log_s)
        return (found.st_dev, found.st_ino), (found.st_size, found.st_mtime_ns), log_state

    def _read(self, state: tuple[tuple[int, int], object, object], records: list[Record], notes: list[str]) -> None:
        with contextlib.closing(_connected(self._path)) as connection:
            # One transaction, so that all that is asked is answered from the same moment.
            connection.execute("BEGIN")
            columns = _columns(connection)
            missing = [column for column in _NEEDED if column not in columns]
            if missing:
                self._problem = (
                    f"{printable(str(self._path))} has no column {missing[0]} in a table metrics: it is not trackio's, "
                    "or not filled yet"
                )
                return
            run_id = "run_id" if "run_id" in columns else "run_name"
            at = "timestamp" if "timestamp" in columns else "NULL"
            select = f"SELECT id, {run_id}, run_name, step, {at}, metrics FROM metrics"  # noqa: S608 (columns from above)
            if self._is_replaced(connection, state[0]):
                self._begin_again(notes)
            self._inode = state[0]
            rows = connection.execute(
                f"{select} WHERE id > ? ORDER BY id LIMIT ?", (self._last_id, _POLL_ROWS)
            ).fetchall()
        self._tell(rows, records, notes)
        self._problem, self._busy_since, self._busy_told = "", None, False
        settled = self._newest_s is not None and abs(time.time() - self._newest_s) > _SETTLED_S
        self._quiet = state if settled and len(rows) < _POLL_ROWS else None

    def _is_replaced(self, connection: sqlite3.Connection, inode: tuple[int, int]) -> bool:
        """Tell whether this is another table than the one that was read; a longer copy of that one is none."""
        if self._inode is None:
            return False
        if inode == self._inode:
            # SQLite never gives an id of this table twice (AUTOINCREMENT): fewer than were read is another table.
            return _highest_id(connection) < self._last_id
        row = connection.execute("SELECT step, metrics FROM metrics WHERE id = ?", (self._last_id,)).fetchone()
        return bool(row != self._last_row)

    def _begin_again(self, notes: list[str]) -> None:
        notes.append(f"{printable(str(self._path))} was replaced: read again from its first row")
        self._last_id = 0
        for run in self._runs.values():
            run.segment, run.step = run.segment + run.told, None

    def _tell(self, rows: list[tuple[object, ...]], records: list[Record], notes: list[str]) -> None:
        unread: list[object] = []
        for row_id, run_id, run_name, step, at, metrics in rows:
            if isinstance(row_id, int):
                self._last_id, self._last_row = row_id, (step, metrics)
            values = _values(metrics)
            if values is None or not isinstance(step, int):
                unread.append(row_id)
            elif values:
                run = self._run(str(run_id), str(run_name))
                if run.step is not None and step < run.step:
                    run.segment += 1
                run.step, run.told = step, True
                named = self._naming.rename(values)
                records.append(Record(self._name, run.label, run.segment, step, named, _seconds(at)))
            else:
                self._unparsed += 1
                self._sample = f"row {row_id}: no number among what was logged"
        self._stored += len(rows)
        self._unparsed += len(unread)
        if unread:
            notes.append(
                f"{printable(str(self._path))}: {counted(len(unread), 'row')} skipped, the first with id {unread[0]}: "
                "the step is no whole number or the metrics are no JSON"
            )

    def _run(self, run_id: str, run_name: str) -> _Run:
        known = self._runs.get(run_id)
        if known is None:
            label = printable(run_name)
            if any(run.label == label for run in self._runs.values()):
                label = printable(f"{run_name} ({run_id})")
            known = self._runs[run_id] = _Run(label)
        return known

    def _tell_error(self, error: sqlite3.Error, notes: list[str]) -> None:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # The lower byte; the rest tells the kind more closely.
        shown = printable(str(self._path))
        if code not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            if not self._problem:
                notes.append(f"{shown} cannot be read at the moment: {error}; it is tried again")
            self._problem = f"{shown}: {error}"
            return
        now = self._clock()
        self._busy_since = now if self._busy_since is None else self._busy_since
        lasted = now - self._busy_since
        if lasted >= _BUSY_LASTS_S and not self._busy_told:
            self._busy_told = True
            self._problem = f"{shown} is locked by its writer for {show_seconds(lasted)}: {error}"
            notes.append(f"{self._problem}; it is tried again. Look whether the writer hangs")


def _connected(path: Path) -> sqlite3.Connection:
    uri = path.absolute().as_uri()
    return sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=0, isolation_level=None)


def _values(metrics: object) -> dict[str, float] | None:
    """Read a row's metrics; None where they are no JSON."""
    try:
        return dict(numbers("", parsed(metrics))) if isinstance(metrics, str | bytes) else None
    except ValueError:
        return None


def _columns(connection: sqlite3.Connection) -> set[str]:
    return {str(row[1]) for row in connection.execute("PRAGMA table_info(metrics)")}


def _highest_id(connection: sqlite3.Connection) -> int:
    """Return the highest id that was ever given; rows of a run that was deleted count, too."""
    try:
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'metrics'").fetchone()
    except sqlite3.OperationalError:  # Another program copied the rows into a table without AUTOINCREMENT.
        row = None
    row = row or connection.execute("SELECT max(id) FROM metrics").fetchone()
    return row[0] if isinstance(row[0], int) else 0


def _seconds(at: object) -> float | None:
    """Read a row's time: ISO 8601; without a zone it is local, as older versions wrote it."""
    try:
        return datetime.fromisoformat(at).timestamp() if isinstance(at, str) else None
    except (ValueError, OverflowError, OSError):
        return None
