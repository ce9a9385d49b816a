"""The status file beside a shard (S): what a swap promised and what it did, written so that it is whole or absent.

It is a witness, never a judge: whether a shard is done is decided by its content. While a file's identity is the one
recorded here, the record may stand for that content and spares reading it again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import msgspec
import xxhash

from engine.errors import DamagedError, Fault
from engine.shards.files import Files, Identity
from engine.shards.names import ShardFiles

FORMAT = 1
_MAX_RECORD_BYTES = 1 << 20


class SwapState(StrEnum):
    """How far a swap has come, as its record says."""

    SWAPPING = "swapping"
    """The converted tar is whole on disk; names are about to change."""
    SWAPPED = "swapped"
    """The converted tar stands in the original's place and was read back from the disk."""


class TarDigest(msgspec.Struct, frozen=True, gc=False):
    """A tar's content: XXH3-128 of all its bytes, and how many they are."""

    xxh3_128: str
    size_bytes: int


class Tally(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a conversion counted in one shard."""

    members: int
    clips: int
    seconds_of_audio: float
    saturated_samples: int = 0
    cancelled_clips: int = 0
    """Clips whose channels cancel each other in the mean."""
    energy_lost_clips: int = 0
    """Spot-checked clips with less energy below 7 kHz than their original."""
    flags: tuple[str, ...] = ()
    """What a person should know: no sidecar, names that differ by case only, dropped chunks."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """The content of ``shard_conversion_status.json``."""

    state: SwapState
    tool: str
    run: str
    time: str
    original: TarDigest | None
    """None where the converted tar was adopted and its original is not known."""
    result: TarDigest
    tally: Tally | None = None
    adopted: bool = False
    """The shard was found converted, beside traces of a swap, and not converted by this record's run."""
    keeps_backup: bool = False
    """The original is to stay beside the shard when the swap is over, until it is let go by name."""
    audio_identity: Identity | None = None
    backup_identity: Identity | None = None
    """Of the original's second name, while it is kept."""
    format: int = FORMAT


class _Stored(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record as it stands in its file."""

    checksum: str = ""
    """XXH3-128 of the record without it: a flipped bit in a hash or a flag would else be believed."""


class Unreadable(msgspec.Struct, frozen=True):
    """A status file that is there and is no record of ours: damaged, or somebody else's."""

    why: str


def now() -> str:
    """Return the time as records write it: RFC 3339, UTC, milliseconds, so that they sort by age."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_record(files: Files, status: Path, *, uncached: bool = False) -> Record | Unreadable | None:
    """Read a shard's record; None where there is none."""
    facts = files.facts(status)
    if facts is None:
        return None
    if not facts.is_file or facts.identity.size_bytes > _MAX_RECORD_BYTES:
        return Unreadable(f"no plain file of at most {_MAX_RECORD_BYTES:,} bytes")
    with files.open(status, uncached=uncached) as reader:
        data = reader.read_at(0, _MAX_RECORD_BYTES)
    try:
        stored = msgspec.json.decode(data, type=_Stored)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Unreadable(str(error))
    record = Record(**{name: getattr(stored, name) for name in Record.__struct_fields__})
    if record.format != FORMAT:
        return Unreadable(f"format {record.format}, wanted {FORMAT}")
    if stored.checksum and stored.checksum != _checksum(record):
        return Unreadable("its checksum is not that of its content: it was damaged, or edited")
    return record


def write_record(files: Files, names: ShardFiles, record: Record) -> None:
    """Write a shard's record durably and read it back from the disk.

    Raises:
        OSError: when the disk refuses.
        DamagedError: when the disk took the record and gives back something else.
    """
    stored = _Stored(**msgspec.structs.asdict(record), checksum=_checksum(record))
    data = msgspec.json.format(msgspec.json.encode(stored), indent=1) + b"\n"
    temporary = _unfinished(names)
    drop_unfinished_record(files, names)
    with files.create(temporary) as writer:
        writer.write(data)
        if files.facts(names.audio) is not None:
            files.resemble(temporary, names.audio)
        writer.sync()
    files.rename(temporary, names.status)
    files.sync_folder(names.folder)
    if read_record(files, names.status, uncached=True) != record:
        problem = "the disk did not keep the status file that it had taken"
        raise DamagedError(Fault(problem, file=names.status.name, way_out="check this disk before going on"))


def drop_unfinished_record(files: Files, names: ShardFiles) -> None:
    """Delete what a killed writer left of a record; nobody reads it, and the next writer deletes it as well.

    Raises:
        OSError: when the disk refuses.
    """
    temporary = _unfinished(names)
    if files.facts(temporary) is not None:
        files.unlink(temporary)
        files.sync_folder(names.folder)  # else a power cut may give its name back beside the finished shard


def _unfinished(names: ShardFiles) -> Path:
    return names.status.with_name(names.status_name + ".tmp")


def _checksum(record: Record) -> str:
    return xxhash.xxh3_128_hexdigest(msgspec.json.encode(record))
