"""Reads mutants with the engine's readers, in a worker's process: ``python -m tests.faults.bad_input.reader``.

A :class:`Mutant` a line comes in, a :class:`Seen` a line goes out: what was read, or why it was refused. An exception
that is no refusal is a crash of the engine, and told as one.
"""

from __future__ import annotations

import gzip
import io
import traceback
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import soundfile
import xxhash

from engine.audio.clip import convert_clip
from engine.audio.wav import read_layout
from engine.crew.wire import from_wire
from engine.errors import InputError
from engine.run.child import become_worker
from engine.shards.clips import read_clip_table
from engine.shards.contents import examine
from engine.shards.files import RealFiles
from engine.shards.record import Unreadable, read_record
from engine.shards.sidecar import read_member_metadata, read_sidecar
from engine.shards.tar import Member


class Mutant(msgspec.Struct, frozen=True):
    """A file to be read."""

    reader: str
    path: str


class Seen(msgspec.Struct, frozen=True):
    """What was read of it: by part, or why nothing was."""

    parts: dict[str, str] = {}
    refused: str = ""
    crash: str = ""


def _refuse(why: str) -> Seen:
    return Seen(refused=why or "refused")


def _tar(path: Path) -> Seen:
    contents = examine(RealFiles(), path)
    if contents.index is None:
        return _refuse(str(contents.fault))
    data = path.read_bytes()
    return Seen(
        {
            f"{at} {_plain(member)} {member.size_bytes} {member.is_folder}":
            xxhash.xxh3_128_hexdigest(data[member.data_offset : member.data_offset + member.size_bytes])
            for at, member in enumerate(contents.index.members)
        }
    )  # fmt: skip


def _plain(member: Member) -> str:
    """Write a name down, without the slash at the end of a folder's: not every reader keeps that."""
    return member.name.rstrip("/").encode("utf-8", "surrogateescape").hex()


def _clip(path: Path) -> Seen:
    clip = convert_clip(path.read_bytes())
    data = bytes(clip.data)
    return Seen(
        {
            "info": str(clip.source),
            "samples": xxhash.xxh3_128_hexdigest(_samples(data)),
            "bytes": xxhash.xxh3_128_hexdigest(data),
            "libsndfile": "reads it" if readable(data) else "does not read it",
        }
    )


def readable(clip: bytes) -> bool:
    """Tell whether libsndfile reads a clip to its end."""
    try:
        soundfile.read(io.BytesIO(clip))
    except soundfile.LibsndfileError:
        return False
    return True


def _samples(result: bytes) -> bytes:
    """Return the samples of a result; a WAV's as they stand there, for libsndfile does not get over every LIST."""
    if not result.startswith(b"fLaC"):
        data = read_layout(len(result), lambda offset, length: result[offset : offset + length]).data
        return result[data.offset : data.end]
    with suppress(soundfile.LibsndfileError):
        return bytes(soundfile.read(io.BytesIO(result), dtype="int32")[0].tobytes())
    return b""


def _sidecar(path: Path) -> Seen:
    found = read_sidecar(path)
    columns = [*sorted((*found.mapping.values(), *found.others)), "unread", *found.unread]
    return Seen({"rows": repr(found.rows), "columns": repr(columns), "others": repr(found.others)})


def _member(path: Path) -> Seen:
    return Seen({"rows": repr(read_member_metadata(path.read_bytes(), path.name))})


def _record(path: Path) -> Seen:
    found = read_record(RealFiles(), path)
    if found is None or isinstance(found, Unreadable):
        return _refuse("" if found is None else found.why)
    return Seen({"record": msgspec.json.encode(found).decode()})


def _table(path: Path) -> Seen:
    try:
        return Seen({"rows": msgspec.json.encode(list(read_clip_table(path))).decode()})
    except (msgspec.DecodeError, UnicodeDecodeError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        return _refuse(str(error))


READERS: dict[str, Callable[[Path], Seen]] = {
    "tar": _tar,
    "clip": _clip,
    "sidecar": _sidecar,
    "member": _member,
    "record": _record,
    "table": _table,
}


def main() -> None:
    """Read mutants until there are no more."""
    messages = become_worker()
    for mutant in messages.tasks(Mutant):
        try:
            seen = READERS[mutant.reader](from_wire(mutant.path))
        except InputError as error:
            seen = _refuse(str(error))
        except Exception:  # noqa: BLE001  # whatever it is: the engine would have died of it
            seen = Seen(crash=traceback.format_exc()[-2_000:])
        messages.send(seen)


if __name__ == "__main__":
    main()
