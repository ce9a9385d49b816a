"""A sidecar read from its file."""

from __future__ import annotations

import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from engine.errors import DamagedError, Fault, UnsupportedError
from engine.shards.sidecar.fields import Sidecar, interpret
from engine.shards.sidecar.formats import READERS, SidecarFormat
from engine.shards.sidecar.table import FILE_CAP_BYTES

_ENDINGS: Final = ".parquet, .jsonl, .json or .csv"


def read_sidecar(path: Path, extra_aliases: Mapping[str, Sequence[str]] | None = None) -> Sidecar:
    """Read a sidecar of any format; the ending of the name tells which.

    Args:
        path: The file.
        extra_aliases: Canonical field to further column names, asked before those of :data:`FIELDS`.

    Raises:
        DamagedError: when the file cannot be read, or is not what its ending says.
        UnsupportedError: when the ending is none of the four, or the file is too large.
    """
    kind = next((each for each in READERS if path.suffix == f".{each}"), None)
    if kind is None:
        fault = Fault("a sidecar of unknown format", file=str(path), read=path.suffix, wanted=_ENDINGS)
        raise UnsupportedError(fault)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DamagedError(Fault("the sidecar is no plain file", file=str(path), wanted="a file"))
        if status.st_size > FILE_CAP_BYTES and kind is not SidecarFormat.PARQUET:
            fault = Fault("the sidecar is too large to read whole", file=str(path), read=f"{status.st_size:,} bytes")
            raise UnsupportedError(msgspec.structs.replace(fault, wanted=f"at most {FILE_CAP_BYTES:,}; or Parquet"))
        table = READERS[kind](path)
    except OSError as error:
        reason = error.strerror or str(error).partition("\n")[0]
        raise DamagedError(Fault("the sidecar cannot be read", file=str(path), read=reason)) from error
    return interpret(path, kind, table, extra_aliases or {})
