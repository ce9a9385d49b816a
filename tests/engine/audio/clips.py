"""Clips made in memory: by libsndfile where it can, byte by byte where a header has to be odd or wrong."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from engine.audio.formats import ClipInfo
from engine.audio.probe import probe_clip

RATE_HZ = 48_000


def encoded(
    samples: npt.NDArray[Any], subtype: str = "PCM_16", container: str = "WAV", rate_hz: int = RATE_HZ
) -> bytes:
    """Encode with libsndfile; float samples are in -1 to 1."""
    memory = io.BytesIO()
    soundfile.write(memory, samples, rate_hz, subtype=subtype, format=container)
    return memory.getvalue()


def decoded(clip: bytes | memoryview, dtype: str = "float64") -> npt.NDArray[Any]:
    """Decode with libsndfile to frames by channels; 24-bit samples come as int32 in the upper bits."""
    samples, _ = soundfile.read(io.BytesIO(clip), dtype=dtype, always_2d=True)
    return np.asarray(samples)


def probed(clip: bytes | memoryview) -> ClipInfo:
    return probe_clip(len(clip), lambda offset, length: bytes(clip[offset : offset + length]))


def noise(frames: int, channels: int = 1, *, seed: int = 1, peak: float = 0.5) -> npt.NDArray[np.float64]:
    return np.random.default_rng(seed).uniform(-peak, peak, (frames, channels))


def chunk(chunk_id: bytes, content: bytes, declared: int | None = None) -> bytes:
    size = len(content) if declared is None else declared
    return struct.pack("<4sI", chunk_id, size) + content + bytes(len(content) % 2)


def fmt(
    tag: int = 1,
    channels: int = 1,
    bits: int = 16,
    *,
    rate_hz: int = RATE_HZ,
    frame_bytes: int | None = None,
    byte_rate: int | None = None,
) -> bytes:
    frame = channels * bits // 8 if frame_bytes is None else frame_bytes
    per_s = rate_hz * frame if byte_rate is None else byte_rate
    return struct.pack("<HHIIHH", tag, channels, rate_hz, per_s, frame, bits)


def extensible(tag: int, channels: int, bits: int, mask: int, valid_bits: int | None = None) -> bytes:
    tail = bytes.fromhex("000000001000800000aa00389b71")
    valid = bits if valid_bits is None else valid_bits
    return fmt(0xFFFE, channels, bits) + struct.pack("<HHIH", 22, valid, mask, tag) + tail


def riff(chunks: Sequence[bytes], form: bytes = b"RIFF", declared: int | None = None) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return struct.pack("<4sI", form, len(body) if declared is None else declared) + body


def rf64(chunks_before: Sequence[bytes], data: bytes, frames: int, form: bytes = b"RF64") -> bytes:
    body = b"".join(chunks_before) + struct.pack("<4sI", b"data", 0xFFFFFFFF) + data + bytes(len(data) % 2)
    ds64 = struct.pack("<4sIQQQI", b"ds64", 28, 4 + 36 + len(body), len(data), frames, 0)
    return struct.pack("<4sI4s", form, 0xFFFFFFFF, b"WAVE") + ds64 + body


def chunk_ids(clip: bytes | memoryview) -> list[str]:
    """Walk a RIFF file, naively: the ids in order."""
    ids, offset = [], 12
    while offset < len(clip):
        chunk_id, size = struct.unpack_from("<4sI", clip, offset)
        ids.append(chunk_id.decode())
        if size == 0xFFFFFFFF:
            size = struct.unpack_from("<Q", clip, 28)[0]
        offset += 8 + size + size % 2
    assert offset == len(clip)
    return ids


def chunk_content(clip: bytes | memoryview, wanted: bytes) -> bytes:
    offset = 12
    while offset < len(clip):
        chunk_id, size = struct.unpack_from("<4sI", clip, offset)
        if chunk_id == wanted:
            return bytes(clip[offset + 8 : offset + 8 + size])
        offset += 8 + size + size % 2
    raise KeyError(wanted)


def flac_blocks(clip: bytes | memoryview) -> list[tuple[int, bytes]]:
    """Walk the metadata of a FLAC clip, naively: kinds and contents."""
    blocks, offset, last = [], 4, False
    while not last:
        last = bool(clip[offset] & 0x80)
        length = int.from_bytes(clip[offset + 1 : offset + 4], "big")
        blocks.append((clip[offset] & 0x7F, bytes(clip[offset + 4 : offset + 4 + length])))
        offset += 4 + length
    return blocks


def with_flac_blocks(clip: bytes, extra: Sequence[tuple[int, bytes]]) -> bytes:
    """Put metadata blocks behind STREAMINFO, in place of what stood there."""
    old = flac_blocks(clip)
    audio = clip[4 + sum(4 + len(content) for _, content in old) :]
    blocks = [old[0], *extra]
    raw = b""
    for index, (kind, content) in enumerate(blocks):
        last = 0x80 if index == len(blocks) - 1 else 0
        raw += bytes([kind | last]) + len(content).to_bytes(3, "big") + content
    return b"fLaC" + raw + audio
