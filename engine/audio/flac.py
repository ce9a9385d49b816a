"""FLAC in and out through libsndfile, block by block, with the proof of wholeness that libsndfile leaves out.

The header's length is never believed for an allocation: 100 KB of FLAC can claim 2**36 samples, or hold ten minutes of
silence. The decoded frames are counted and their MD5 is compared with the one in STREAMINFO (RFC 9639, section 8.2).
Where that is left out, a stream that ends early is still found; one that goes on after the length in its header is cut
there, as every reader built on libsndfile cuts it.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from typing import Final, Self

import numpy as np
import soundfile

from engine.audio.flac_blocks import StreamInfo
from engine.audio.formats import TARGET_RATE_HZ, SampleFormat
from engine.audio.riff import MADE_AGAIN
from engine.audio.samples import Numbers, pack
from engine.errors import DamagedError, Fault

COMPRESSION_LEVEL: Final = 5 / 8
"""Level 5 of 8, FLAC's default: level 8 saves 1 % for half the speed, level 0 loses 1 % for a tenth more.

For all clips, as a stream does not tell the level that its source was encoded at.
"""
_SUBTYPES: Final = {SampleFormat.PCM_S8: "PCM_S8", SampleFormat.PCM_16: "PCM_16", SampleFormat.PCM_24: "PCM_24"}
_CONTAINERS: Final = {
    SampleFormat.PCM_S8: ("int16", 8),
    SampleFormat.PCM_16: ("int16", 0),
    SampleFormat.PCM_24: ("int32", 8),
}
"""The type in which libsndfile hands samples over, and by how many bits it shifts them up to fill that type."""


def decode(data: bytes | memoryview, stream: StreamInfo, block_frames: int) -> Iterator[Numbers]:
    """Yield the interleaved samples, at most ``block_frames`` frames at once, and prove them whole at the end.

    Raises:
        DamagedError: If the stream is broken, ends early, or is not the one whose MD5 the header holds.
    """
    info = stream.info
    container, shift = _CONTAINERS[info.sample_format]
    digest = hashlib.md5(usedforsecurity=False)
    frames = 0
    try:
        # The copy that BytesIO makes of a memoryview is of compressed bytes.
        with soundfile.SoundFile(io.BytesIO(data)) as source:
            if source.channels != info.channels or source.format != "FLAC":
                read = f"{source.channels} channels of {source.format}"
                raise _damaged("the FLAC stream contradicts its header", read, f"{info.channels} channels")
            while (block := source.read(block_frames, dtype=container, always_2d=True)).size:
                frames += len(block)
                numbers = block.reshape(-1) >> shift
                digest.update(pack(numbers, info.sample_format))
                yield numbers
    except soundfile.LibsndfileError as broken:
        read = f"{broken.error_string!r} after frame {frames:,} of {info.frames:,}"
        raise _damaged("the FLAC stream cannot be decoded", read, "a whole stream") from broken
    if frames != info.frames:
        problem = "the FLAC stream does not have the length in its header"
        raise _damaged(problem, f"{frames:,} frames", f"{info.frames:,}")
    if any(stream.md5) and digest.digest() != stream.md5:
        problem = "the samples are not those that were encoded"
        raise _damaged(problem, f"MD5 {digest.hexdigest()}", stream.md5.hex())


class Encoder:
    """Encodes one mono clip into memory.

    A context manager: an encoder that is given up must be closed while the memory that it writes to is still there.
    """

    def __init__(self, sample_format: SampleFormat) -> None:
        self._memory = io.BytesIO()
        container, self._shift = _CONTAINERS[sample_format]
        self._container = np.dtype(container)
        self._file = soundfile.SoundFile(
            self._memory,
            "w",
            TARGET_RATE_HZ,
            channels=1,
            subtype=_SUBTYPES[sample_format],
            format="FLAC",
            compression_level=COMPRESSION_LEVEL,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, numbers: Numbers) -> None:
        """Append samples."""
        self._file.write(numbers.astype(self._container) << self._shift)

    def finish(self) -> memoryview:
        """Return the whole clip, its length and MD5 written into its header."""
        self._file.close()
        return self._memory.getbuffer()


def _damaged(problem: str, read: str, wanted: str) -> DamagedError:
    return DamagedError(Fault(problem=problem, read=read, wanted=wanted, way_out=MADE_AGAIN))
