"""DuckDB, shut in: it sees the files that a check names and nothing else, and keeps to a bounded memory.

Files are handed over as links in a private folder: a path's own characters are then no pattern and no SQL to it, and
a folder called ``a=b`` adds no column. What it spills lies beside the links; all of it goes with the session.
"""

# ruff: noqa: S608
# Queries are put together from quoted names and from conditions that were parsed; the session is shut in besides.

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from engine.checklist.kinds.table_stop import Stop, StoppedError
from engine.host.facts import usable_cpus

MEMORY: Final = "1GB"
"""Ten million keys are told apart in this much; what needs more is spilled."""
THREADS: Final = 8
"""At most: each thread keeps tables of its own, and more of them would have too little of the memory."""
SPILL_BYTES_SHARE: Final = 0.5
"""At most so much of what is free where it spills: a check must not fill the disk of the run that it guards."""
_PREFIX: Final = "gonogo-parquet-"

_TURNS: Final = threading.BoundedSemaphore(2)
"""Checks that are asked together take turns: each query keeps all CPUs busy, and their memory must not add up."""
_WAIT_S: Final = 0.05

Row = tuple[object, ...]


class Session:
    """One check's connection; views by the names that were asked for."""

    def __init__(self, files: Mapping[str, Path], near: Path, stop: Stop) -> None:
        """Open it.

        Args:
            files: views by their names, and the files that they show.
            near: the folder to spill into, where it is there and can be written to.
            stop: what ends it.
        """
        self._stop = stop
        _take_turn(stop)
        try:
            self._open(files, near)
        except BaseException:
            _TURNS.release()
            raise

    def _open(self, files: Mapping[str, Path], near: Path) -> None:
        import duckdb  # noqa: PLC0415  # 0.2 s that most commands do not need

        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=near if os.access(near, os.W_OK) else None))
        try:
            spill = self._folder / "spill"
            self._duckdb = duckdb.connect(
                config={
                    "memory_limit": MEMORY,
                    "threads": min(usable_cpus(), THREADS),
                    "temp_directory": str(spill),
                    "preserve_insertion_order": "false",
                }
            )
            self._stop.interrupts(self._interrupt)
            self._links = {name: self._link(name, file) for name, file in files.items()}
            self._shut_in(self._links)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        """Close it and remove what it left."""
        self._stop.interrupts(lambda: None)
        self._duckdb.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        _TURNS.release()

    def all(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        """Return all rows that a query finds.

        Raises:
            StoppedError: when nobody waits any more.
            duckdb.Error: when it cannot be answered.
        """
        import duckdb  # noqa: PLC0415  # loaded by now

        self._stop.check()
        try:
            rows: list[Row] = self._duckdb.execute(query, list(values)).fetchall()
        except duckdb.InterruptException as error:
            raise StoppedError("nobody waits for this check any more") from error
        return rows

    def one(self, query: str, values: Sequence[object] = ()) -> Row:
        """Return the only row that a query finds."""
        return self.all(query, values)[0]

    def _interrupt(self) -> None:
        """End the query under way; the connection may be closed by now."""
        import duckdb  # noqa: PLC0415  # loaded by now

        with contextlib.suppress(duckdb.Error):
            self._duckdb.interrupt()

    def numbered(self, name: str) -> str:
        """Return the view's rows, in SQL, with a column ``file_row_number``, from 0; it may have none of this name."""
        return f"read_parquet({_literal(str(self._links[name]))}, file_row_number = true) AS {quote(name)}"

    def _link(self, name: str, file: Path) -> Path:
        link = self._folder / f"{name}.parquet"
        link.symlink_to(file.absolute())
        return link

    def _shut_in(self, links: Mapping[str, Path]) -> None:
        """Lock everything but the links away; nothing that a condition says can open it again."""
        allowed = ", ".join(_literal(str(link)) for link in links.values())
        room = int(shutil.disk_usage(self._folder).free * SPILL_BYTES_SHARE)
        for setting in (
            f"max_temp_directory_size = '{room}B'",  # DuckDB 2.0 takes it when it connects too, and does not keep to it
            "python_enable_replacements = false",
            "autoload_known_extensions = false",
            "autoinstall_known_extensions = false",
            "allow_persistent_secrets = false",
            f"allowed_paths = [{allowed}]",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            self._duckdb.execute(f"SET {setting}")
        for name, link in links.items():
            self._duckdb.execute(f"CREATE VIEW {quote(name)} AS SELECT * FROM read_parquet({_literal(str(link))})")


def _take_turn(stop: Stop) -> None:
    while not _TURNS.acquire(timeout=_WAIT_S):
        stop.check()


def quote(name: str) -> str:
    """Write a name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
