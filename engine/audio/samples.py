"""Bytes to numbers and back: the seven sample formats, interleaved, little-endian as WAV has them.

Numbers are in the format's own scale: a 16-bit sample is -32,768 to 32,767, a float -1.0 to 1.0; the offset of 8-bit
WAV samples is taken off.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from engine.audio.formats import SampleFormat

Numbers = npt.NDArray[np.number]
"""Samples in the scale of their format."""

_STORED: Final[dict[SampleFormat, np.dtype[np.number]]] = {
    SampleFormat.PCM_U8: np.dtype("u1"),
    SampleFormat.PCM_S8: np.dtype("i1"),
    SampleFormat.PCM_16: np.dtype("<i2"),
    SampleFormat.PCM_32: np.dtype("<i4"),
    SampleFormat.FLOAT_32: np.dtype("<f4"),
    SampleFormat.FLOAT_64: np.dtype("<f8"),
}
_U8_OFFSET: Final = 128
_LARGEST_FLOAT: Final = {
    SampleFormat.FLOAT_32: float(np.finfo(np.float32).max),
    SampleFormat.FLOAT_64: float(np.finfo(np.float64).max),
}


def unpack(stored: bytes | memoryview, sample_format: SampleFormat) -> Numbers:
    """Return stored samples as numbers; a view of ``stored`` where the machine can use it as it is."""
    if sample_format is SampleFormat.PCM_24:
        triples = np.frombuffer(stored, np.uint8).reshape(-1, 3)
        high = triples[:, 2].view(np.int8).astype(np.int32)
        return (high << 16) | (triples[:, 1].astype(np.int32) << 8) | triples[:, 0]
    numbers = np.frombuffer(stored, _STORED[sample_format])
    if sample_format is SampleFormat.PCM_U8:
        return numbers.astype(np.int16) - _U8_OFFSET
    return numbers


def pack(numbers: Numbers, sample_format: SampleFormat) -> bytes:
    """Return numbers, which must be in the format's range, as they are stored."""
    if sample_format is SampleFormat.PCM_24:
        return numbers.astype("<i4", copy=False).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    if sample_format is SampleFormat.PCM_U8:
        numbers = numbers + _U8_OFFSET
    return numbers.astype(_STORED[sample_format], copy=False).tobytes()


class Quantiser:
    """Rounds filtered samples to a format, ties to the even neighbour, and holds them to its range.

    No dither: the source's own noise floor lies above the rounding error of its format, and results must repeat.
    """

    def __init__(self, sample_format: SampleFormat) -> None:
        self._type: np.dtype[np.number]
        self._whole = not sample_format.is_float
        if self._whole:
            self._type = np.dtype(np.int16 if sample_format.bits <= 16 else np.int32)
            self._low, self._high = -sample_format.full_scale, sample_format.full_scale - 1
        else:
            # Floats are not clipped at full scale; only what the format cannot hold at all is.
            self._type = _STORED[sample_format]
            self._high = _LARGEST_FLOAT[sample_format]
            self._low = -self._high
        self.saturated = 0
        """Samples so far that lay beyond the range and now stand at its end."""

    def quantise(self, samples: npt.NDArray[np.float64]) -> Numbers:
        """Return the samples as numbers of the format; ``samples`` is used up."""
        if self._whole:
            np.rint(samples, out=samples)
        if samples.size and (samples.max() > self._high or samples.min() < self._low):
            self.saturated += int(np.count_nonzero((samples > self._high) | (samples < self._low)))
            np.clip(samples, self._low, self._high, out=samples)
        return samples.astype(self._type)
