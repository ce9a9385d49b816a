"""Whether a file of weights is whole, told without loading it: the end of a zip, the header of safetensors."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

import msgspec

_HEADER_MOST: Final = 100_000_000
"""The format's own limit of a header (safetensors, MAX_HEADER_SIZE)."""
_ZIP: Final = b"PK\x03\x04"
"""torch.save since 1.6, and npz."""
_LENGTH_BYTES: Final = 8


class _Tensor(msgspec.Struct, frozen=True):
    data_offsets: tuple[int, int] = (0, 0)


def why_unreadable(path: Path) -> str:
    """Say why a checkpoint file is broken; "" where it is whole as far as can be told without loading it."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            begins = file.read(_LENGTH_BYTES)
        if not size:
            return "it is empty"
        if path.suffix == ".safetensors":
            return _safetensors(path, size, begins)
        if begins.startswith(_ZIP):
            return _zip(path)
        return "it holds nothing but zeros where it begins" if not any(begins) else ""
    except FileNotFoundError:
        return ""  # removed by the trainer meanwhile: it keeps the last few
    except OSError as error:
        return f"it cannot be read: {error.strerror}"


def _zip(path: Path) -> str:
    """Read a zip's directory, which is written last: a save that broke off has none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "" if archive.namelist() else "its zip directory is empty"
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        return f"its zip directory cannot be read ({error}): the save broke off"


def _safetensors(path: Path, size: int, begins: bytes) -> str:
    """Read the header: a length, then JSON that tells where each tensor ends."""
    length = int.from_bytes(begins, "little")
    if len(begins) < _LENGTH_BYTES or not 0 < length <= min(_HEADER_MOST, size - _LENGTH_BYTES):
        return f"its header would take {length:,} of {size:,} bytes: the save broke off"
    with path.open("rb") as file:
        file.seek(_LENGTH_BYTES)
        header = file.read(length)
    try:
        entries = msgspec.json.decode(header, type=dict[str, msgspec.Raw])
        tensors = [msgspec.json.decode(raw, type=_Tensor) for name, raw in entries.items() if name != "__metadata__"]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "its header is no JSON"
    wanted = _LENGTH_BYTES + length + max((one.data_offsets[1] for one in tensors), default=0)
    return "" if size == wanted else f"it holds {size:,} bytes where its header tells of {wanted:,}"
