"""Steps 0 to 2 of the swap: the conversion is made beside its original, brought to the disk, and proven there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.convert.rewrite import Rewritten, expected_bytes, rewrite
from engine.crew.pulse import Pulse
from engine.errors import DamagedError, Fault, UnsupportedError, printable
from engine.shards.clips import ClipRow
from engine.shards.compare import compare
from engine.shards.contents import Contents
from engine.shards.digest import digest
from engine.shards.files import Facts, Files
from engine.shards.record import Tally


@dataclass(frozen=True, slots=True)
class Made:
    """A converted tar that lies proven on disk, and what it was made from."""

    original: Facts
    rewritten: Rewritten
    tally: Tally


def make(
    files: Files,
    audio: Path,
    target: Path,
    contents: Contents,
    *,
    spot_checks: int,
    flags: tuple[str, ...],
    pulse: Pulse,
    threads: int = 1,
) -> Made:
    """Run steps 0 to 2: write the conversion of ``audio`` to ``target``, bring it to the disk, prove it there.

    Whatever goes wrong, ``target`` is gone again.

    Raises:
        InputError: when the original cannot be converted, or the disk does not give back what was written.
        OSError: when the disk refuses.
        StopRequestedError: when the worker is to stop.
    """
    assert contents.index is not None
    pulse.will_write(expected_bytes(contents))
    pulse.enter("convert", of_bytes=contents.index.size_bytes)
    if files.facts(target) is not None:
        problem, way_out = "a file is there already, and it is not overwritten", "look what it is, and move it away"
        raise UnsupportedError(Fault(problem, file=target.name, way_out=way_out))
    with gone_on_failure(files, target):
        with files.open(audio) as reader, files.create(target) as writer:
            original = reader.facts
            if original != contents.facts:
                problem, way_out = (
                    "the tar was changed by somebody else after it was walked",
                    "run again when it is at rest",
                )
                raise UnsupportedError(Fault(problem, file=audio.name, way_out=way_out))
            rewritten = rewrite(reader, writer, contents, pulse, threads=threads)
            files.resemble(target, audio)
            pulse.enter("sync", of_bytes=rewritten.result.size_bytes)
            writer.sync()
        pulse.enter("verify", of_bytes=rewritten.result.size_bytes)
        if digest(files, target, pulse.tick) != rewritten.result:
            problem, way_out = "the disk gives back other bytes than were written", "check this disk before going on"
            raise DamagedError(Fault(problem, file=target.name, way_out=way_out))
        lost = compare(files, audio, target, before=contents, decode=spot_checks, tick=pulse.tick)
    return Made(original, rewritten, _tally(contents, rewritten.clips, lost, flags))


@contextlib.contextmanager
def gone_on_failure(files: Files, target: Path) -> Iterator[None]:
    """Take a file of ours away again, whatever goes wrong."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):  # the failure itself is what is told; recovery takes the rest away
            files.unlink(target)
        raise


def _tally(contents: Contents, clips: tuple[ClipRow, ...], energy_lost: int, flags: tuple[str, ...]) -> Tally:
    assert contents.index is not None
    dropped = sorted({chunk for clip in clips for chunk in clip.dropped_chunks})
    more = (f"chunks with sample positions were left out: {printable(', '.join(dropped))}",) if dropped else ()
    return Tally(
        members=len(contents.index.members),
        clips=len(clips),
        seconds_of_audio=contents.seconds_of_audio,
        saturated_samples=sum(clip.saturated_samples for clip in clips),
        cancelled_clips=sum(clip.cancelled for clip in clips),
        energy_lost_clips=energy_lost,
        flags=(*flags, *more),
    )
