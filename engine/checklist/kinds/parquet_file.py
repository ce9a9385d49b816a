"""A Parquet file from the outside: is it whole, how many rows, which columns, and what proves which file it was."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.checklist.kinds.table_stop import Stop
from engine.errors import DamagedError, Fault, printable

if TYPE_CHECKING:
    import pyarrow as pa

_MAGIC: Final = b"PAR1"
_ENCRYPTED: Final = b"PARE"
_TAIL_BYTES: Final = 8
"""At the end of the file: the length of the footer, little-endian, and the magic (Apache Parquet, File Format)."""
_PAGE_BUFFER_BYTES: Final = 1 << 20
_BATCH_ROWS: Final = 1024
"""Few enough for rows that hold waveforms or pictures."""


@dataclass(frozen=True, slots=True)
class Footer:
    """What the end of a Parquet file says of it."""

    path: Path
    rows: int
    columns: Mapping[str, pa.DataType]
    size_bytes: int
    mtime_ns: int
    sha256: str
    """Of the footer: it holds places, sizes and statistics of every page, and costs nothing to hash."""

    @property
    def evidence(self) -> str:
        """What tells this file from another, without reading all of it."""
        time = datetime.fromtimestamp(self.mtime_ns / 1e9, UTC).isoformat(timespec="seconds")
        return f"size {self.size_bytes}, mtime {time}, footer sha256 {self.sha256}"

    def changed(self) -> bool:
        """Tell whether the file is another one by now."""
        now = self.path.stat()
        return (now.st_size, now.st_mtime_ns) != (self.size_bytes, self.mtime_ns)


def read_footer(path: Path) -> Footer:
    """Read the end of a file.

    Raises:
        DamagedError: when it is no whole Parquet file.
        OSError: when it cannot be read.
    """
    import pyarrow as pa  # noqa: PLC0415  # 0.25 s that most commands do not need
    import pyarrow.parquet as pq  # noqa: PLC0415

    if path.is_dir():
        raise _damaged(path, "it is a folder", "one file")
    stat, digest = path.stat(), _hash_footer(path)
    try:
        with pq.ParquetFile(path) as file:
            rows, schema = int(file.metadata.num_rows), file.schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise _as_damage(path, error) from error
    names: list[str] = list(schema.names)
    if len({name.casefold() for name in names}) < len(names):
        raise _damaged(path, "it has columns that differ in case only, or not at all", "names that can be told apart")
    columns = {name: schema.field(index).type for index, name in enumerate(names)}
    return Footer(path, rows, columns, stat.st_size, stat.st_mtime_ns, digest)


def read_pages(path: Path, stop: Stop) -> None:
    """Read every page of every column, in bounded memory, and verify the checksums of those that have one.

    Raises:
        DamagedError: when one cannot be read or is not what was written.
        OSError: when the disk does not give it.
        StoppedError: when nobody waits any more.
    """
    import pyarrow as pa  # noqa: PLC0415  # 0.25 s that most commands do not need
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with pq.ParquetFile(path, page_checksum_verification=True, buffer_size=_PAGE_BUFFER_BYTES) as file:
            for _ in file.iter_batches(batch_size=_BATCH_ROWS, use_threads=False):
                stop.check()
    except (pa.ArrowException, OSError) as error:
        raise _as_damage(path, error) from error


def _hash_footer(path: Path) -> str:
    with path.open("rb") as file:
        head, size = file.read(len(_MAGIC)), file.seek(0, os.SEEK_END)
        if size < len(_MAGIC) + _TAIL_BYTES:
            raise _damaged(path, f"it has {size:,} bytes", "more than an empty Parquet file has")
        file.seek(-_TAIL_BYTES, os.SEEK_END)
        tail = file.read(_TAIL_BYTES)
        if head == _ENCRYPTED or tail[4:] == _ENCRYPTED:
            raise OSError(f"{printable(path.name)}: its footer is encrypted, and there is no key for it here")
        if head != _MAGIC:
            raise _damaged(path, f"it begins with {head!r}", f"{_MAGIC!r}: it is no Parquet file")
        if tail[4:] != _MAGIC:
            raise _damaged(path, f"it ends with {tail[4:]!r}", f"{_MAGIC!r}: it is cut short, or still being written")
        length = int.from_bytes(tail[:4], "little")
        if length > size - len(_MAGIC) - _TAIL_BYTES:
            raise _damaged(path, f"a footer of {length:,} bytes in {size:,}", "a footer that fits")
        file.seek(-_TAIL_BYTES - length, os.SEEK_END)
        return hashlib.sha256(file.read(length)).hexdigest()


def _damaged(path: Path, read: str, wanted: str) -> DamagedError:
    return DamagedError(Fault(problem="not a whole Parquet file", file=path.name, read=read, wanted=wanted))


def _as_damage(path: Path, error: Exception) -> Exception:
    """Tell damage from a disk that does not answer: only the latter has a number."""
    if isinstance(error, OSError) and error.errno is not None:
        return error
    said = " ".join(str(error).split())[:300]
    return _damaged(path, said, "pages as they were written")
