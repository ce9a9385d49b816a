"""The header that nearly every WAV of a corpus has, recognised at once: 44 bytes of RIFF, PCM and nothing else.

What is told of such a clip is what :mod:`engine.audio.wav` would tell of it, only faster; whatever else a clip is, or
whatever is wrong with it, is left to that.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Final

from engine.audio.formats import SOURCE_RATE_HZ, ClipInfo, Codec, SampleFormat
from engine.audio.wav_fmt import TAG_PCM, WavFormat, parse_fmt, result_fmt
from engine.errors import InputError

HEADER_BYTES: Final = 44
_SIZES: Final = struct.Struct("<4sI32sI")
"""``RIFF``, the form's length, everything that does not depend on the length, the length of the samples."""
_MIDDLE: Final = struct.Struct("<8sI16s4s")
"""``WAVEfmt ``, the length of the format, the format, ``data``."""


def plain_info(head: bytes | memoryview, size_bytes: int) -> ClipInfo | None:
    """Return the facts of a clip of ``size_bytes`` that begins with ``head``; None if it is no plain WAV."""
    if len(head) < HEADER_BYTES:
        return None
    form, length, middle, data_bytes = _SIZES.unpack_from(head)
    if form != b"RIFF" or length != size_bytes - 8 or length != 36 + data_bytes + data_bytes % 2:
        return None
    found = _format_in(middle)
    if found is None or data_bytes % found.frame_bytes:
        return None
    return ClipInfo(
        Codec.WAV, found.sample_format, found.sample_rate_hz, found.channels, data_bytes // found.frame_bytes
    )


def plain_head(result: ClipInfo) -> bytes:
    """Return the header of a result whose source was plain; a byte of padding follows an odd number of bytes."""
    data_bytes = result.frames * result.sample_format.sample_bytes
    return _SIZES.pack(b"RIFF", 36 + data_bytes + data_bytes % 2, _result_middle(result.sample_format), data_bytes)


@lru_cache(maxsize=256)
def _format_in(middle: bytes) -> WavFormat | None:
    start, length, fmt, data = _MIDDLE.unpack(middle)
    if (start, length, data) != (b"WAVEfmt ", 16, b"data") or fmt[:2] != struct.pack("<H", TAG_PCM):
        return None
    try:
        return parse_fmt(fmt)
    except InputError:
        return None


@lru_cache
def _result_middle(sample_format: SampleFormat) -> bytes:
    source = WavFormat(sample_format, SOURCE_RATE_HZ, 1, None)
    return _MIDDLE.pack(b"WAVEfmt ", 16, result_fmt(source), b"data")
