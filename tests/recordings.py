"""Clips and corpora for the tests of every room: real recordings where there are some, tars by Python's tarfile."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import soundfile

from app.demo.recordings import Recording, Samples, find_recordings
from app.demo.resample import resample
from app.demo.speech import speak

Clip = tuple[str, bytes]
"""Member name and the bytes of the file."""

RATE_HZ = 48_000


def wav_bytes(samples: Samples, rate_hz: int = RATE_HZ, sample_format: str = "PCM_16", container: str = "WAV") -> bytes:
    """Encode samples of shape (frames, channels) with libsndfile."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format=container, subtype=sample_format)
    return buffer.getvalue()


def real_clips_48k(count: int) -> list[Clip]:
    """Return ``count`` WAV clips, 48 kHz, 16-bit, mono, with different names and content.

    The recordings of alsa-utils come first, byte for byte as they lie on disk; then other voices, resampled; on a
    machine without recordings, synthetic speech.
    """
    supply = _recordings()
    clips = [_clip(recording) for recording in supply[:count]]
    return clips + [_synthetic(seed) for seed in range(count - len(clips))]


@cache
def _recordings() -> tuple[Recording, ...]:
    return tuple(each for each in find_recordings() if each.package != "oxygen-sounds")


@cache
def _clip(recording: Recording) -> Clip:
    name = f"{recording.voice}_{recording.path.stem}.wav"
    if recording.path.suffix == ".wav" and (recording.rate_hz, recording.channels) == (RATE_HZ, 1):
        return name, recording.path.read_bytes()
    mono = recording.samples().mean(axis=1, keepdims=True)
    return name, wav_bytes(resample(mono, recording.rate_hz, RATE_HZ))


@cache
def _synthetic(seed: int) -> Clip:
    return f"synthetic_{seed:04d}.wav", wav_bytes(speak(seed, 1.0 + seed % 5 / 4).samples)


def cut(clip: Clip, frames: int, *, at: int = 0, rate_hz: int = RATE_HZ) -> Clip:
    """Return a piece of a clip, resampled where ``rate_hz`` is not its own; ``frames`` counts before resampling."""
    data, own_hz = soundfile.read(io.BytesIO(clip[1]), dtype="float32", always_2d=True)
    return clip[0], wav_bytes(resample(data[at : at + frames], own_hz, rate_hz), rate_hz)


def member_block(name: str, data: bytes) -> bytes:
    """Return header, data and padding of one tar member."""
    info = tarfile.TarInfo(name)
    info.size, info.mtime = len(data), 1_700_000_000
    return info.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % tarfile.BLOCKSIZE)


def tar_bytes(members: Sequence[Clip]) -> bytes:
    """Return a whole tar, padded to a record as tarfile pads it."""
    return _closed(b"".join(member_block(name, data) for name, data in members))


def _closed(blocks: bytes) -> bytes:
    body = blocks + bytes(2 * tarfile.BLOCKSIZE)
    return body + bytes(-len(body) % tarfile.RECORDSIZE)


def make_shard(
    folder: Path, clips: Sequence[Clip], *, sidecar: bool = True, audio: str = "audio.tar", video_id: str = "video-0"
) -> Path:
    """Write a folder shard with ``metadata.jsonl`` beside the tar, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / audio).write_bytes(tar_bytes(clips))
    if sidecar:
        _write_rows(folder, [name for name, _ in clips], video_id)
    return folder


def make_lone(tar: Path, clips: Sequence[Clip]) -> Path:
    """Write a lone tar, and return its path."""
    tar.parent.mkdir(parents=True, exist_ok=True)
    tar.write_bytes(tar_bytes(clips))
    return tar


def make_corpus(
    folder: Path,
    *,
    shards: int = 8,
    clips: int = 4,
    source: str = "final-export",
    clip_s: float = 0.1,
    rate_hz: int = RATE_HZ,
    sidecar: bool = False,
) -> Path:
    """Write a corpus of many small shards fast, and return its folder; call again with another source to add to it.

    A pool of clips is encoded once, and each shard takes other ones of it in another order.
    """
    pool = _blocks(clip_s, rate_hz)
    for number in range(shards):
        chosen = [pool[(number * 3 + step * (1 + number % 5)) % len(pool)] for step in range(clips)]
        names = [f"clip_{number:05d}_{step:03d}.wav" for step in range(clips)]
        shard = folder / source / f"shard_{number:05d}"
        shard.mkdir(parents=True)
        (shard / "audio.tar").write_bytes(_closed(b"".join(map(member_block, names, chosen))))
        if sidecar:
            _write_rows(shard, names, f"video-{number // 2}")
    return folder


@cache
def _blocks(clip_s: float, rate_hz: int) -> tuple[bytes, ...]:
    """Return 23 short clips (a prime, so that no stride repeats early), cut where the speech is under way."""
    frames = round(clip_s * RATE_HZ)
    return tuple(cut(clip, frames, at=9_600, rate_hz=rate_hz)[1] for clip in real_clips_48k(23))


def _write_rows(folder: Path, names: Sequence[str], video_id: str) -> None:
    (folder / "metadata.jsonl").write_text("".join(_rows(names, video_id)), encoding="utf-8")


def _rows(names: Sequence[str], video_id: str) -> Iterator[str]:
    for number, name in enumerate(names):
        row = {"utt_id": name.rpartition(".")[0], "member": name, "video_id": video_id, "text": f"words {number}"}
        yield json.dumps(row | {"language": "en", "bucket": "clean"}) + "\n"
