"""Tars of real recordings, and the clips in them as a manifest would list them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

import soundfile

from engine.dataset.decode.clip import Clip
from tests.recordings import real_clips_48k, tar_bytes


def listed(tar: Path, source: str) -> list[Clip]:
    """Return the clips of a tar, found by Python's tarfile."""
    with tarfile.open(tar) as members:
        return [_clip(tar, source, member) for member in members]


def _clip(tar: Path, source: str, member: tarfile.TarInfo) -> Clip:
    data = tar.read_bytes()[member.offset_data : member.offset_data + member.size]
    return Clip(
        tar=str(tar),
        offset_bytes=member.offset_data,
        size_bytes=member.size,
        codec=member.name.rpartition(".")[2],
        source=source,
        duration_s=soundfile.info(io.BytesIO(data)).duration,
    )


def make_tars(folder: Path, count: int = 6) -> list[Clip]:
    """Write a tar of WAV and one of FLAC with the same recordings, and list their clips."""
    wavs = real_clips_48k(count)
    flacs = [(f"{name}.flac", _as_flac(data)) for name, data in wavs]
    clips = []
    for source, members in (("final-export", wavs), ("re-export", flacs)):
        tar = folder / source / "audio.tar"
        tar.parent.mkdir(parents=True)
        tar.write_bytes(tar_bytes(members))
        clips += listed(tar, source)
    return clips


def _as_flac(wav: bytes) -> bytes:
    samples, rate_hz = soundfile.read(io.BytesIO(wav), dtype="int16")
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format="FLAC")
    return buffer.getvalue()


def seconds_of(clips: Sequence[Clip]) -> float:
    """Return how long clips are together."""
    return sum(clip.duration_s for clip in clips)
