"""Proof that one tar is the conversion of another: member for member, and by ear where clips are decoded.

The decoding is libsndfile's, not the converter's own, so that one mistake cannot hide on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from engine.audio.formats import output_frames
from engine.errors import DamagedError, Fault, InputError
from engine.shards.contents import Contents, Kind, examine
from engine.shards.digest import CHUNK_BYTES
from engine.shards.files import Files, Reader
from engine.shards.tar import Member


def compare(
    files: Files,
    original: Path,
    result: Path,
    *,
    decode: int,
    before: Contents | None = None,
    tick: Callable[[], None] = lambda: None,
) -> int:
    """Compare a converted tar with its original.

    Args:
        files: the file system.
        original: a whole tar of 48 kHz clips.
        result: what should be its conversion.
        decode: how many clips, spread over the tar, are decoded and compared by ear.
        before: what a walk of the original has just found, so that it is not walked again.
        tick: called often; may raise.

    Returns:
        How many decoded clips have less energy below 7 kHz than their originals.

    Raises:
        DamagedError: at the first difference that a conversion does not make; names the member.
    """
    from engine.audio.check import spot_check  # noqa: PLC0415  # numpy and libsndfile: 0.2 s that an engine never needs

    def by_ear(was: bytes, now: bytes) -> bool:
        found = spot_check(was, now)
        if found.other_audio:
            read = f"a difference of {found.difference_db:.1f} dB below 7 kHz"
            raise DamagedError(Fault("a clip is not the conversion of its original", read=read))
        return found.energy_lost

    return _compare(files, original, result, before=before, decode=decode, judge=by_ear, tick=tick)


def _compare(
    files: Files,
    original: Path,
    result: Path,
    *,
    before: Contents | None = None,
    decode: int | None,
    judge: Callable[[bytes, bytes], bool],
    tick: Callable[[], None],
) -> int:
    """Walk both tars side by side; return how many clips ``judge`` flagged."""
    before, after = before or examine(files, original, tick), examine(files, result, tick)
    _compare_structure(before, after, result.name)
    assert before.index is not None
    assert after.index is not None
    chosen = spread(list(before.clips), decode)
    flagged = 0
    with files.open(original) as old, files.open(result) as new:
        for position, (was, now) in enumerate(zip(before.index.members, after.index.members, strict=True)):
            tick()
            if position in chosen:
                flagged += _judged(old, was, new, now, judge)
            elif position not in before.clips and not _same_bytes(old, was, new, now, tick):
                raise DamagedError(Fault("a member that is no clip has changed", file=result.name, member=was.name))
    return flagged


def spread(positions: Sequence[int], count: int | None) -> set[int]:
    """Choose ``count`` positions evenly, the first and the last among them; all of them for None."""
    if count is None or count >= len(positions):
        return set(positions)
    if count <= 1:
        return set(positions[:count])
    return {positions[round(step * (len(positions) - 1) / (count - 1))] for step in range(count)}


def _compare_structure(before: Contents, after: Contents, file: str) -> None:
    if before.index is None or before.kind is not Kind.ORIGINAL:
        raise DamagedError(before.fault or Fault("the original is no tar of 48 kHz clips", read=before.kind))
    if after.index is None or after.kind is not Kind.RESULT:
        raise DamagedError(after.fault or Fault("the converted tar is not 16 kHz mono", file=file, read=after.kind))
    names = [member.name for member in before.index.members]
    found = [member.name for member in after.index.members]
    if names != found:
        read, wanted = f"{len(found)} members", f"the {len(names)} of the original, in their order"
        raise DamagedError(Fault("the members of the converted tar differ", file=file, read=read, wanted=wanted))
    for position, clip in before.clips.items():
        converted = after.clips.get(position)
        expected = output_frames(clip.frames)
        if converted is None or converted.frames != expected:
            read = f"{converted.frames} frames" if converted else "no clip"
            fault = Fault(
                "a clip has the wrong length", file=file, member=names[position], read=read, wanted=f"{expected} frames"
            )
            raise DamagedError(fault)
        if (converted.codec, converted.sample_format) != (clip.codec, clip.sample_format):
            read, wanted = f"{converted.codec} {converted.sample_format}", f"{clip.codec} {clip.sample_format}"
            raise DamagedError(
                Fault("a clip's format has changed", file=file, member=names[position], read=read, wanted=wanted)
            )


def _judged(old: Reader, was: Member, new: Reader, now: Member, judge: Callable[[bytes, bytes], bool]) -> bool:
    try:
        return judge(old.read_at(was.data_offset, was.size_bytes), new.read_at(now.data_offset, now.size_bytes))
    except InputError as error:
        raise error.within(member=was.name) from None


def _same_bytes(old: Reader, was: Member, new: Reader, now: Member, tick: Callable[[], None]) -> bool:
    if was.size_bytes != now.size_bytes:
        return False
    for start in range(0, was.size_bytes, CHUNK_BYTES):
        tick()
        size = min(CHUNK_BYTES, was.size_bytes - start)
        if old.read_at(was.data_offset + start, size) != new.read_at(now.data_offset + start, size):
            return False
    return True
