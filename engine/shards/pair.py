"""Proof that one tar is the conversion of another where the record that would say so is lost; nothing is reconverted.

The shard's clip table names the hash of each clip as it was and as it became: where it is of these two tars, it proves
every byte of every clip. Without it every frame of every clip is compared by ear, to within rounding. What is no clip
is compared byte for byte either way, and the tars' structure with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log10
from pathlib import Path

import xxhash

from engine.errors import DamagedError, Fault, InputError, printable
from engine.shards.clips import DAMAGED_TABLE, ClipRow, read_clip_table
from engine.shards.compare import compare
from engine.shards.contents import Contents, examine
from engine.shards.digest import CHUNK_BYTES
from engine.shards.files import Files, Reader
from engine.shards.tar import Member

Tick = Callable[[], None]

BY_TABLE = "the record is lost; every clip has the bytes that the clip table names"
BY_EAR = "the record is lost; every clip sounds as its original below 7 kHz, to within rounding"


def prove(files: Files, original: Path, result: Path, table: Path | None = None, tick: Tick = lambda: None) -> str:
    """Prove that one tar is the conversion of another.

    A table of this very original decides: a clip that is not what it names was changed after it was converted. One of
    another tar (an earlier conversion under this name), a damaged one and none leave it to the ear.

    Args:
        files: the file system.
        original: a tar of 48 kHz clips.
        result: what should be its conversion.
        table: the shard's clip table, if it has one.
        tick: called often; may raise.

    Returns:
        What it was proven by.

    Raises:
        InputError: at the first difference; names the member.
        OSError: when a tar cannot be read.
    """
    before, after = examine(files, original, tick), examine(files, result, tick)
    compare(files, original, result, before=before, decode=0, tick=tick)
    rows, lacking = _rows(table)
    pairs = _clips(before, after)
    with files.open(original) as old, files.open(result) as new:
        if rows is not None:
            if _is_of(rows, old, pairs, tick):
                _demand_results(rows, new, pairs, tick)
                return BY_TABLE
            lacking = "the clip table is of another tar"
        for was, now in pairs:
            _demand_conversion(old, was, new, now, tick)
    return f"{BY_EAR} ({lacking})"


def _rows(table: Path | None) -> tuple[Sequence[ClipRow] | None, str]:
    """Read the table; None where there is nothing to go by, and why."""
    absent = "there is no clip table"
    if table is None:
        return None, absent
    try:
        return list(read_clip_table(table)), ""
    except FileNotFoundError:
        return None, absent
    except (*DAMAGED_TABLE, OSError) as error:
        return None, f"the clip table cannot be read: {printable(str(error))}"


@dataclass(frozen=True, slots=True)
class _Clip:
    member: Member
    frames: int


def _clips(before: Contents, after: Contents) -> list[tuple[_Clip, _Clip]]:
    """Pair the clips of two tars of the same structure."""
    assert before.index is not None
    assert after.index is not None
    old, new = before.index.members, after.index.members
    return [(_Clip(old[at], clip.frames), _Clip(new[at], after.clips[at].frames)) for at, clip in before.clips.items()]


def _is_of(rows: Sequence[ClipRow], old: Reader, pairs: Sequence[tuple[_Clip, _Clip]], tick: Tick) -> bool:
    """Tell whether a table is of this original: the same clips, and the bytes of each."""
    named = [(row.member, row.original_frames) for row in rows]
    if named != [(printable(was.member.name), was.frames) for was, _ in pairs]:
        return False
    return all(_hash(old, was.member, tick) == row.original_xxh3_128 for row, (was, _) in zip(rows, pairs, strict=True))


def _demand_results(rows: Sequence[ClipRow], new: Reader, pairs: Sequence[tuple[_Clip, _Clip]], tick: Tick) -> None:
    for row, (_, now) in zip(rows, pairs, strict=True):
        found = _hash(new, now.member, tick)
        if found != row.xxh3_128:
            problem = "a clip is not what its original was converted to"
            read, wanted = f"XXH3-128 {found}", f"{row.xxh3_128} as the clip table has it"
            raise DamagedError(Fault(problem, member=now.member.name, read=read, wanted=wanted))


def _hash(reader: Reader, member: Member, tick: Tick) -> str:
    hasher = xxhash.xxh3_128()
    for start in range(0, member.size_bytes, CHUNK_BYTES):
        tick()
        hasher.update(reader.read_at(member.data_offset + start, min(CHUNK_BYTES, member.size_bytes - start)))
    return hasher.hexdigest()


def _demand_conversion(old: Reader, was: _Clip, new: Reader, now: _Clip, tick: Tick) -> None:
    from engine.audio.proof import find_misfit  # noqa: PLC0415  # numpy and libsndfile: 0.2 s that an engine never needs

    try:
        misfit = find_misfit(_bytes(old, was.member), _bytes(new, now.member), tick)
    except InputError as error:
        raise error.within(member=was.member.name) from None
    if misfit is not None:
        problem = "a clip is not the conversion of its original"
        read = f"{_db(misfit.difference)} of full scale apart below 7 kHz at frame {misfit.frame:,}"
        wanted = f"at most {_db(misfit.allowed)}"
        raise DamagedError(Fault(problem, member=was.member.name, read=read, wanted=wanted))


def _bytes(reader: Reader, member: Member) -> bytes:
    return reader.read_at(member.data_offset, member.size_bytes)


def _db(amplitude: float) -> str:
    return f"{20 * log10(max(amplitude, 1e-15)):.1f} dB"
