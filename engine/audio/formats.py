"""What a clip can be: its codec, its sample format, its facts; and the two sample rates that this room knows."""

from __future__ import annotations

from enum import StrEnum

import msgspec

SOURCE_RATE_HZ = 48_000
"""The only rate that is converted."""
TARGET_RATE_HZ = 16_000
"""The rate of every result."""
FACTOR = SOURCE_RATE_HZ // TARGET_RATE_HZ
"""Source frames per result frame."""
MAX_CHANNELS = 64
"""More channels than any microphone array in a corpus: a header that claims them is taken for a mistake."""


class Codec(StrEnum):
    """The containers that are read and written; a clip keeps its own."""

    WAV = "wav"
    """RIFF, RF64 or BW64 with uncompressed samples."""
    FLAC = "flac"
    """Native FLAC, not in Ogg."""


class SampleFormat(StrEnum):
    """How one sample is stored; a clip keeps its own."""

    PCM_U8 = "pcm_u8"
    """8 bits with an offset of 128; WAV only."""
    PCM_S8 = "pcm_s8"
    """8 bits, signed; FLAC only."""
    PCM_16 = "pcm_16"
    PCM_24 = "pcm_24"
    PCM_32 = "pcm_32"
    """32-bit integers; WAV only."""
    FLOAT_32 = "float_32"
    """IEEE 754 single precision, full scale 1.0; WAV only."""
    FLOAT_64 = "float_64"
    """IEEE 754 double precision, full scale 1.0; WAV only."""

    @property
    def bits(self) -> int:
        """The bits of one sample."""
        return _BITS[self]

    @property
    def sample_bytes(self) -> int:
        """The bytes of one sample."""
        return _BITS[self] // 8

    @property
    def is_float(self) -> bool:
        """Whether samples are floating point, with full scale at 1.0."""
        return self in _FLOATS

    @property
    def full_scale(self) -> float:
        """The magnitude of the largest sample, in the units of :mod:`engine.audio.samples`."""
        return 1.0 if self.is_float else float(1 << (self.bits - 1))


_FLOATS = frozenset({SampleFormat.FLOAT_32, SampleFormat.FLOAT_64})
_BITS = {
    SampleFormat.PCM_U8: 8,
    SampleFormat.PCM_S8: 8,
    SampleFormat.PCM_16: 16,
    SampleFormat.PCM_24: 24,
    SampleFormat.PCM_32: 32,
    SampleFormat.FLOAT_32: 32,
    SampleFormat.FLOAT_64: 64,
}


class ClipInfo(msgspec.Struct, frozen=True):
    """What a clip's header says of it."""

    codec: Codec
    sample_format: SampleFormat
    sample_rate_hz: int
    channels: int
    frames: int
    """Samples per channel."""

    @property
    def duration_s(self) -> float:
        """How long the clip plays."""
        return self.frames / self.sample_rate_hz


def output_frames(frames: int) -> int:
    """Return how many result frames a clip of ``frames`` source frames has: one each for frames 0, 3, 6 and so on.

    >>> [output_frames(n) for n in (0, 1, 3, 4)]
    [0, 1, 1, 2]
    """
    return -(-frames // FACTOR)


def as_result(source: ClipInfo) -> ClipInfo:
    """Return the facts that the result of converting ``source`` has: the same format, at 16 kHz, in one channel."""
    return ClipInfo(source.codec, source.sample_format, TARGET_RATE_HZ, 1, output_frames(source.frames))
