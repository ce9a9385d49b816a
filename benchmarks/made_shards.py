"""Shards for the benchmarks: tars of 16-bit mono clips of one length, WAV or FLAC, the same ones in each run."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import wave
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import soundfile

RATE_HZ = 48_000
SAMPLE_BYTES = 2
CLIP_S = 10.0
_TAPE_S = 40
"""Clips are cut out of so much sound, each at a place of its own."""
_MTIME = 1_700_000_000
_KERNEL_CLIPS = 8
"""Different clips in a round of a kernel: 7.7 MB of the usual length, more than a core's own cache holds."""
_COPY_BYTES = 1 << 22

Pcm = npt.NDArray[np.int16]


class Shard(msgspec.Struct, frozen=True):
    """A shard that was made."""

    path: str
    clips: int
    clip_frames: int
    tar_bytes: int

    @property
    def clip_bytes(self) -> int:
        """PCM of one clip."""
        return self.clip_frames * SAMPLE_BYTES

    @property
    def pcm_bytes(self) -> int:
        """PCM of all clips: the measure of the work, whatever the codec."""
        return self.clips * self.clip_bytes


def tape() -> Pcm:
    """Return 40 s of sound: a tone that swells under noise; it takes about 0.7 of its PCM as FLAC, as music does."""
    noise = np.random.default_rng(1).standard_normal(_TAPE_S * RATE_HZ)
    seconds = np.arange(_TAPE_S * RATE_HZ) / RATE_HZ
    swelling = 8000 * np.sin(2 * np.pi * 220 * seconds) * np.sin(2 * np.pi * 3 * seconds)
    return (swelling + 600 * noise).astype(np.int16)


def cut(sound: Pcm, frames: int, number: int) -> Pcm:
    """Return the ``number``-th clip of so many frames; places are spread by a step that fits none of the sound's."""
    start = number * 7919 * 13 % (sound.size - frames)
    return sound[start : start + frames]


def kernel_clips(clip_s: float) -> list[Pcm]:
    """Return the clips that kernels are compared with."""
    sound = tape()
    return [cut(sound, round(clip_s * RATE_HZ), number) for number in range(_KERNEL_CLIPS)]


def wav(samples: Pcm) -> bytes:
    """Store a clip as the plainest WAV there is."""
    stored = io.BytesIO()
    with wave.open(stored, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(SAMPLE_BYTES)
        out.setframerate(RATE_HZ)
        out.writeframes(samples.tobytes())
    return stored.getvalue()


def flac(samples: Pcm) -> bytes:
    """Store a clip as FLAC of the usual level."""
    stored = io.BytesIO()
    soundfile.write(stored, samples, RATE_HZ, format="FLAC", subtype="PCM_16")
    return stored.getvalue()


CODECS = {"wav": wav, "flac": flac}


def make_shard(path: Path, codec: str, pcm_bytes: int, clip_s: float = CLIP_S) -> Shard:
    """Write a shard of at least so many bytes of PCM, and beside it what it is."""
    frames = round(clip_s * RATE_HZ)
    clips = -(-pcm_bytes // (frames * SAMPLE_BYTES))
    sound = tape()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for number in range(clips):
            data = CODECS[codec](cut(sound, frames, number))
            header = tarfile.TarInfo(f"clip_{number:06d}.{codec}")
            header.size, header.mtime = len(data), _MTIME
            tar.addfile(header, io.BytesIO(data))
    shard = Shard(str(path), clips, frames, path.stat().st_size)
    _note(path).write_bytes(msgspec.json.encode(shard))
    return shard


def shard_at(path: Path | str) -> Shard:
    """Return what :func:`make_shard` made here."""
    return msgspec.json.decode(_note(Path(path)).read_bytes(), type=Shard)


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def fresh_copy(shard: Shard, folder: Path, *, cold: bool) -> None:
    """Put a copy of a shard into an empty folder, on the disk; ``cold`` leaves it out of the page cache.

    Where it is to be there, it is as one that was read: pages that were just written cost more to let go.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with Path(shard.path).open("rb") as source, (folder / "audio.tar").open("wb") as copy:
        shutil.copyfileobj(source, copy, _COPY_BYTES)
        copy.flush()
        os.fsync(copy.fileno())
        os.posix_fadvise(copy.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if not cold:
        with (folder / "audio.tar").open("rb") as copy:
            while copy.read(_COPY_BYTES):
                pass
