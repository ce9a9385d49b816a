"""What the report reads of artifacts that other rooms write: the fields it needs, and why one could not be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from engine.errors import Fault, InputError, UsageError, printable
from engine.shards.files import Identity

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Found(Generic[T_co]):
    """An artifact that was read, one that is not there, or one that is damaged."""

    value: T_co | None = None
    damage: str = ""
    """Why it could not be read; empty where it was, or where there is none."""

    @property
    def missing(self) -> bool:
        """True where there is none."""
        return self.value is None and not self.damage


def found(path: Path, read: Callable[[], T]) -> Found[T]:
    """Read an artifact; a file that is not there or not what it should be is an answer, not an error.

    Args:
        path: the file.
        read: reads it.

    Raises:
        OSError: when the disk fails.
    """
    if not path.exists():
        return Found()
    try:
        return Found(read())
    except msgspec.DecodeError as error:
        return Found(damage=printable(str(error)))
    except (InputError, UsageError, PermissionError) as error:
        return Found(damage=printable(str(error)))


class ShardSeen(msgspec.Struct, frozen=True):
    """One shard of the validation report."""

    shard: str
    state: str
    clips: int
    seconds_after: float
    identity: Identity | None = None


class TroubleSeen(msgspec.Struct, frozen=True):
    """What a person has to look at, by the validation report."""

    shard: str
    what: str
    fault: Fault


class AboutSeen(msgspec.Struct, frozen=True):
    """Where the validation report was made."""

    run: str = ""


class TotalSeen(msgspec.Struct, frozen=True):
    """The validation report's figures of the corpus."""

    clips: int
    seconds_after: float


class ValidationSeen(msgspec.Struct, frozen=True):
    """``validation.json``."""

    verdict: str
    reasons: tuple[str, ...]
    cautions: tuple[str, ...]
    about: AboutSeen
    total: TotalSeen
    troubles: tuple[TroubleSeen, ...]
    shards: tuple[ShardSeen, ...]


class CodecSwept(msgspec.Struct, frozen=True):
    """One codec of a sweep."""

    codec: str
    recommended_workers: int
    limited_by: str
    mb_per_s: float


class SweepSeen(msgspec.Struct, frozen=True):
    """``sweep.json``."""

    codecs: tuple[CodecSwept, ...] = ()


def read_json(path: Path, kind: type[T]) -> Found[T]:
    """Decode the fields that the report needs of a JSON file; others may be there.

    Raises:
        OSError: when the disk fails.
    """
    return found(path, lambda: msgspec.json.decode(path.read_bytes(), type=kind))


def read_inventory(path: Path) -> Found[frozenset[str]]:
    """Return the ids of the shards that the inventory saw.

    Raises:
        OSError: when the disk fails.
    """
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library
    import pyarrow.parquet as pq  # noqa: PLC0415

    if not path.exists():
        return Found()
    try:
        with pq.ParquetFile(path) as file:
            table = file.read(columns=["source", "shard"])
    except (pa.ArrowException, ValueError) as error:
        return Found(damage=printable(str(error).partition("\n")[0]))
    missing = {"source", "shard"} - {*table.column_names}
    if missing:
        return Found(damage=f"no column {', '.join(sorted(missing))}")
    pairs = zip(table["source"].to_pylist(), table["shard"].to_pylist(), strict=True)
    return Found(frozenset(f"{source}/{shard}" for source, shard in pairs))
