"""What a split needs of the manifest, and how it is told that a manifest is not that."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final

from engine.checklist.kinds.table_stop import Stop, StoppedError
from engine.errors import DamagedError, Fault, SafetyStopError

COLUMNS: Final = ("utt_id", "video_id", "duration_s", "audio_hash", "text")
"""Besides those that the strata are made of."""


class Telling:
    """Says whose fault an error of DuckDB is.

    Raises:
        StoppedError: when nobody waits any more.
        SafetyStopError: when there is no room to spill.
        DamagedError: when the manifest cannot be read.
    """

    def __init__(self, manifest: Path, stop: Stop) -> None:
        stop.check()
        self._manifest = manifest

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        import duckdb  # noqa: PLC0415  # loaded by now

        if not isinstance(fault, duckdb.Error):
            return
        said = str(fault).split("\n", maxsplit=1)[0]
        if isinstance(fault, duckdb.InterruptException):
            raise StoppedError("nobody waits for this split any more") from fault
        if isinstance(fault, duckdb.OutOfMemoryException):
            raise SafetyStopError(
                f"{self._manifest}: too little room for what does not fit in memory: {said}"
            ) from fault
        if isinstance(fault, duckdb.InvalidInputException) or not isinstance(fault, duckdb.ProgrammingError):
            raise DamagedError(_unreadable(self._manifest, said)) from fault


def check_columns(manifest: Path, wanted: Iterable[str]) -> None:
    """Refuse a manifest that lacks a column that every split needs, or one of these.

    Raises:
        DamagedError: then, or when it is no Parquet file.
    """
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        there = pq.read_schema(manifest).names
    except pa.ArrowInvalid as error:
        raise DamagedError(_unreadable(manifest, str(error).split("\n", maxsplit=1)[0])) from error
    missing = [name for name in (*COLUMNS, *wanted) if name not in there]
    if missing:
        raise DamagedError(
            Fault(
                "the manifest has no such column",
                file=str(manifest),
                read=", ".join(there),
                wanted=", ".join(missing),
                way_out="make the manifest again, or name a column that is there in [split] strata",
            )
        )


def _unreadable(manifest: Path, said: str) -> Fault:
    wanted, way_out = "a whole Parquet file", "make the manifest again"
    return Fault("the manifest cannot be read", file=str(manifest), read=said, wanted=wanted, way_out=way_out)
