"""One clip from 48 kHz to 16 kHz: decoded, mixed to mono, decimated, stored as it was stored before.

It all runs block by block: beside the bytes that come in and go out, a clip of any length needs a few megabytes.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from engine.audio import flac_clip
from engine.audio.formats import SOURCE_RATE_HZ, ClipInfo, Codec, as_result
from engine.audio.line import Outcome, convert_stored
from engine.audio.plain_wav import HEADER_BYTES, plain_head, plain_info
from engine.audio.probe import SNIFF_BYTES, codec_of
from engine.audio.riff import ReadAt
from engine.audio.wav import read_layout, result_shell
from engine.errors import Fault, UnsupportedError


class ConvertedClip(msgspec.Struct, frozen=True):
    """The result of one clip, and what is worth telling about it."""

    data: bytes | memoryview
    """The result as it stands in a file; a view of memory that nobody else has."""
    source: ClipInfo
    result: ClipInfo
    saturated_samples: int
    """Result samples beyond the format's range, held to its end: a low-pass can overshoot a full-scale source."""
    cancelled: bool
    """Whether the channels were a signal and its opposite, so that their mix has lost it."""
    dropped_chunks: tuple[str, ...]
    """Chunks (WAV) or blocks (FLAC) that the result does not have, in order: positions, padding."""


class _Wav(msgspec.Struct, frozen=True):
    """A WAV taken apart: its samples, and all of its result but the samples."""

    info: ClipInfo
    stored: memoryview
    head: bytes
    tail: bytes
    dropped_chunks: tuple[str, ...]


def convert_clip(data: bytes | memoryview, tick: Callable[[], None] = lambda: None) -> ConvertedClip:
    """Convert a clip of 48 kHz to 16 kHz mono, in the same codec and sample format.

    Offsets in faults count from the start of the clip.

    Args:
        data: The clip as it stands in its file.
        tick: Called at least once per MiB of samples; may raise to stop.

    Raises:
        DamagedError: If the clip is cut short, contradicts itself, or holds samples that are not numbers.
        UnsupportedError: If it is no 48 kHz WAV or FLAC of a sample format that is converted.
    """
    whole = memoryview(data).cast("B")
    plain = plain_info(whole, len(whole))
    if plain is not None and plain.sample_rate_hz == SOURCE_RATE_HZ:
        return _convert_wav(_plain_wav(plain, whole), tick)

    def read_at(offset: int, length: int) -> bytes:
        return bytes(whole[offset : offset + length])

    if codec_of(read_at(0, SNIFF_BYTES)) is Codec.FLAC:
        return _convert_flac(whole, tick)
    return _convert_wav(_any_wav(whole, read_at), tick)


def _plain_wav(info: ClipInfo, whole: memoryview) -> _Wav:
    result = as_result(info)
    end = HEADER_BYTES + info.frames * info.channels * info.sample_format.sample_bytes
    padding = bytes(result.frames * result.sample_format.sample_bytes % 2)
    return _Wav(info, whole[HEADER_BYTES:end], plain_head(result), padding, ())


def _any_wav(whole: memoryview, read_at: ReadAt) -> _Wav:
    layout = read_layout(len(whole), read_at)
    info = layout.info
    refuse_other_rates(info)
    shell = result_shell(layout, read_at)
    return _Wav(info, whole[layout.data.offset : layout.data.end], shell.head, shell.tail, shell.dropped_chunks)


def _convert_wav(wav: _Wav, tick: Callable[[], None]) -> ConvertedClip:
    result = as_result(wav.info)
    start = len(wav.head)
    end = start + result.frames * result.sample_format.sample_bytes
    data = bytearray(end + len(wav.tail))
    data[:start] = wav.head
    data[end:] = wav.tail
    seen = convert_stored(wav.info, wav.stored, data, start, tick)
    return _converted(memoryview(data).toreadonly(), wav.info, seen, wav.dropped_chunks)


def _convert_flac(whole: memoryview, tick: Callable[[], None]) -> ConvertedClip:
    clip = flac_clip.read(whole)
    refuse_other_rates(clip.info)
    made = flac_clip.convert(clip, tick)
    return _converted(made.data, clip.info, made.seen, clip.dropped)


def _converted(
    data: bytes | memoryview, source: ClipInfo, seen: Outcome, dropped_chunks: tuple[str, ...]
) -> ConvertedClip:
    return ConvertedClip(data, source, as_result(source), seen.saturated, seen.cancelled, dropped_chunks)


def refuse_other_rates(info: ClipInfo) -> None:
    """Refuse a clip that is not of 48 kHz.

    Raises:
        UnsupportedError: If it is not.
    """
    if info.sample_rate_hz != SOURCE_RATE_HZ:
        raise UnsupportedError(
            Fault(
                problem="the sample rate is not the one that is converted",
                read=f"{info.sample_rate_hz:,} Hz",
                wanted=f"{SOURCE_RATE_HZ:,} Hz",
                way_out="resample the clip, or leave it out of the corpus",
            )
        )
