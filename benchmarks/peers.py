"""What others would run over a shard instead of gonogo: scripts over tarfile and soundfile, sox and ffmpeg a clip.

They are what one writes in an afternoon: each clip out of the tar, through a resampler, into a new tar that is brought
to the disk. They prove nothing: no hashes, no reading back, no swap.
"""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from benchmarks.lane import Work
from benchmarks.made_shards import fresh_copy, shard_at
from benchmarks.resamplers import RESAMPLERS, RESULT_HZ

ConvertFile = Callable[[bytes, str], bytes]
"""From a clip's bytes and its codec to the bytes of the conversion."""


def script(name: str) -> ConvertFile:
    """Return the middle of a script: soundfile, a resampler, soundfile."""
    resample, kind = RESAMPLERS[name]

    def convert(data: bytes, codec: str) -> bytes:
        samples, _ = soundfile.read(io.BytesIO(data), dtype=np.dtype(kind).name)
        stored = io.BytesIO()
        soundfile.write(stored, resample(samples), RESULT_HZ, format=codec.upper(), subtype="PCM_16")
        return stored.getvalue()

    return convert


def program(argv: Callable[[Path, Path], list[str]], scratch: Path) -> ConvertFile:
    """Return the middle of a script that starts a program a clip."""

    def convert(data: bytes, codec: str) -> bytes:
        source, target = scratch / f"in.{codec}", scratch / f"out.{codec}"
        source.write_bytes(data)
        subprocess.run(argv(source, target), check=True, stdin=subprocess.DEVNULL)
        return target.read_bytes()

    return convert


def sox(source: Path, target: Path) -> list[str]:
    """Sox with the quality that its manual names for such work."""
    return ["sox", str(source), "-c", "1", "-b", "16", str(target), "rate", "-h", str(RESULT_HZ)]


def ffmpeg(source: Path, target: Path) -> list[str]:
    """Ffmpeg as everybody calls it, on one thread."""
    quiet = ["ffmpeg", "-v", "error", "-y", "-threads", "1", "-i", str(source)]
    return [*quiet, "-ac", "1", "-ar", str(RESULT_HZ), "-threads", "1", str(target)]


PROGRAMS: Final = {"sox": sox, "ffmpeg": ffmpeg}


class ShardScript:
    """A script over a whole shard, or over its first clips where a program a clip would take minutes."""

    def __init__(self, name: str, source: str, folder: str, at_most: str = "") -> None:
        self._shard = shard_at(source)
        scratch = Path(folder)
        scratch.mkdir(parents=True)
        self._folder = scratch / "shard"
        self._convert = program(PROGRAMS[name], scratch) if name in PROGRAMS else script(name)
        self._clips = min(self._shard.clips, int(at_most or self._shard.clips))

    def prepare(self) -> None:
        """Put a fresh copy there."""
        fresh_copy(self._shard, self._folder, cold=False)

    def run(self) -> Work:
        """Write the new tar, bring it to the disk, and put it in its original's place."""
        original, made = self._folder / "audio.tar", self._folder / "converted.tar"
        with tarfile.open(original) as source, made.open("wb") as out:
            with tarfile.open(fileobj=out, mode="w") as target:
                for _, member in zip(range(self._clips), source, strict=False):
                    held = source.extractfile(member)
                    assert held is not None
                    converted = self._convert(held.read(), member.name.rpartition(".")[2])
                    member.size = len(converted)
                    target.addfile(member, io.BytesIO(converted))
            out.flush()
            os.fsync(out.fileno())
        if self._clips == self._shard.clips:
            made.replace(original)
        return Work(self._clips * self._shard.clip_bytes)


def absent() -> dict[str, str]:
    """Return the peers that are not installed here, each with how to get it."""
    python = {name: f"pip install {name}" for name in ("scipy", "soxr") if importlib.util.find_spec(name) is None}
    return python | {name: f"apt install {name}" for name in PROGRAMS if shutil.which(name) is None}
