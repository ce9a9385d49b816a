"""The ``fmt`` chunk: which samples a WAV holds, and the chunk that its result gets.

Sources: Microsoft ``mmreg.h`` (WAVEFORMATEX, WAVEFORMATEXTENSIBLE and the list of tags).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from engine.audio.formats import MAX_CHANNELS, TARGET_RATE_HZ, SampleFormat
from engine.audio.riff import MADE_AGAIN
from engine.errors import DamagedError, Fault, UnsupportedError

TAG_PCM: Final = 0x0001
TAG_FLOAT: Final = 0x0003
TAG_EXTENSIBLE: Final = 0xFFFE
SUBFORMAT_TAIL: Final = bytes.fromhex("000000001000800000aa00389b71")
"""What follows the tag in the GUID of every sub-format that is a tag: KSDATAFORMAT_SUBTYPE_WAVEFORMATEX."""
FRONT_CENTRE: Final = 0x4
"""The loudspeaker of a mono channel in a channel mask."""
TAG_NAMES: Final = {
    0x0002: "Microsoft ADPCM",
    0x0006: "A-law",
    0x0007: "mu-law",
    0x0011: "IMA ADPCM",
    0x0016: "G.723 ADPCM",
    0x0031: "GSM 6.10",
    0x0040: "G.721 ADPCM",
    0x0050: "MPEG layer 1 or 2",
    0x0055: "MP3",
    0x0092: "Dolby AC-3",
    0x00FF: "AAC",
    0x0161: "Windows Media Audio",
    0xF1AC: "FLAC in WAV",
}
_FORMATS: Final = {
    (TAG_PCM, 8): SampleFormat.PCM_U8,
    (TAG_PCM, 16): SampleFormat.PCM_16,
    (TAG_PCM, 24): SampleFormat.PCM_24,
    (TAG_PCM, 32): SampleFormat.PCM_32,
    (TAG_FLOAT, 32): SampleFormat.FLOAT_32,
    (TAG_FLOAT, 64): SampleFormat.FLOAT_64,
}


@dataclass(frozen=True)
class WavFormat:
    """What a ``fmt`` chunk says."""

    sample_format: SampleFormat
    sample_rate_hz: int
    channels: int
    channel_mask: int | None
    """The loudspeakers of WAVEFORMATEXTENSIBLE; None for the older, shorter chunk."""

    @property
    def frame_bytes(self) -> int:
        """The bytes of one sample of every channel."""
        return self.channels * self.sample_format.sample_bytes


def parse_fmt(content: bytes) -> WavFormat:
    """Read a ``fmt`` chunk.

    Raises:
        DamagedError: If the chunk is cut short or its fields contradict each other.
        UnsupportedError: If samples are compressed or of a width that is not converted.
    """
    if len(content) < 16:
        raise _damaged("the fmt chunk is cut short", f"{len(content)} bytes", "16 or more")
    tag, channels, rate_hz, bytes_per_s, frame_bytes, bits = struct.unpack_from("<HHIIHH", content)
    mask = None
    if tag == TAG_EXTENSIBLE:
        if len(content) < 40:
            raise _damaged("the extensible fmt chunk is cut short", f"{len(content)} bytes", "40")
        valid_bits, mask, tag = struct.unpack_from("<HIH", content, 18)
        if content[26:40] != SUBFORMAT_TAIL:
            raise _unsupported("the WAV's sub-format is unknown", content[24:40].hex(), "PCM or IEEE float")
        if valid_bits not in {0, bits}:
            raise _unsupported("samples are narrower than their place", f"{valid_bits} bits in {bits}", "equal widths")
    if tag not in {TAG_PCM, TAG_FLOAT}:
        name = TAG_NAMES.get(tag, "an unknown codec")
        raise _unsupported("the WAV's samples are compressed", f"{name} (tag {tag:#06x})", "PCM or IEEE float")
    if channels == 0 or rate_hz == 0:
        read = f"{channels} channels at {rate_hz:,} Hz"
        raise _damaged("the fmt chunk describes no sound", read, "a channel and a rate")
    if channels > MAX_CHANNELS:
        raise _unsupported("there are too many channels", str(channels), f"{MAX_CHANNELS} at most")
    sample_format = _FORMATS.get((tag, bits))
    if sample_format is None:
        kind = "float" if tag == TAG_FLOAT else "integer"
        wanted = "32 or 64 bits" if tag == TAG_FLOAT else "8, 16, 24 or 32 bits"
        raise _unsupported(f"the width of the {kind} samples is not converted", f"{bits} bits", wanted)
    wav = WavFormat(sample_format, rate_hz, channels, mask)
    if frame_bytes != wav.frame_bytes:
        wanted = f"{wav.frame_bytes} for {channels} channels of {bits} bits"
        raise _damaged("the frame size contradicts the format", f"{frame_bytes} bytes", wanted)
    if bytes_per_s != rate_hz * frame_bytes:
        wanted = f"{rate_hz * frame_bytes:,} for {rate_hz:,} Hz"
        raise _damaged("the byte rate contradicts the format", f"{bytes_per_s:,} bytes/s", wanted)
    return wav


def result_fmt(source: WavFormat) -> bytes:
    """Return the ``fmt`` chunk's content for the mono 16 kHz result of ``source``, in the same form."""
    sample_bytes = source.sample_format.sample_bytes
    tag = TAG_FLOAT if source.sample_format.is_float else TAG_PCM
    rest = (1, TARGET_RATE_HZ, TARGET_RATE_HZ * sample_bytes, sample_bytes, 8 * sample_bytes)
    if source.channel_mask is None:
        # WAVEFORMATEX wants the size of its (empty) extension for everything but PCM.
        return struct.pack("<HHIIHH", tag, *rest) + (struct.pack("<H", 0) if tag != TAG_PCM else b"")
    mask = source.channel_mask if source.channels == 1 or not source.channel_mask else FRONT_CENTRE
    extension = struct.pack("<HHIH", 22, 8 * sample_bytes, mask, tag) + SUBFORMAT_TAIL
    return struct.pack("<HHIIHH", TAG_EXTENSIBLE, *rest) + extension


def _damaged(problem: str, read: str, wanted: str) -> DamagedError:
    return DamagedError(Fault(problem=problem, read=read, wanted=wanted, way_out=MADE_AGAIN))


def _unsupported(problem: str, read: str, wanted: str) -> UnsupportedError:
    way_out = "convert the clip to a plain WAV or FLAC first, or leave it out of the corpus"
    return UnsupportedError(Fault(problem=problem, read=read, wanted=wanted, way_out=way_out))
