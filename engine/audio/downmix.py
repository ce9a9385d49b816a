"""Many channels to one: the sum of the channels, and whether they cancelled each other in it."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.audio.formats import SampleFormat
from engine.audio.samples import Numbers
from engine.errors import DamagedError, Fault

CANCELLED_BELOW: Final = 1e-4
"""Energy of the mix over the mean energy of its channels: -40 dB. One voice in one of 64 channels still leaves -18 dB,
the same voice in two of opposite polarity leaves nothing but what the two paths differ by."""
SUBSTANTIAL: Final = 1e-6
"""Mean energy of the channels over that of full scale: -60 dB, below which there is noise to lose, not a signal."""
LARGEST_SAMPLE: Final = {SampleFormat.FLOAT_32: float(np.finfo(np.float32).max), SampleFormat.FLOAT_64: 2.0**1000}
"""Magnitudes up to which the sums of the filter cannot overflow; for single precision that is all of its numbers."""


class Downmix:
    """Sums the channels of one clip, block by block.

    The sum, not the mean: sums of integers are exact, and the division by the number of channels comes last.
    """

    def __init__(self, sample_format: SampleFormat, channels: int) -> None:
        self._format = sample_format
        self._channels = channels
        self._frames = 0
        self._channel_energy = 0.0
        self._mix_energy = 0.0
        self._scratch: npt.NDArray[np.float64] = np.empty((0, channels))

    def mix(self, interleaved: Numbers) -> Numbers:
        """Return the sum of the channels of the next frames; for one channel, the block itself.

        Raises:
            DamagedError: If a floating-point sample is not a number, infinite, or far beyond any scale.
        """
        if self._format.is_float:
            self._refuse_unreal(interleaved)
        self._frames += interleaved.size // self._channels
        if self._channels == 1:
            return interleaved
        if self._scratch.size < interleaved.size:
            self._scratch = np.empty((interleaved.size // self._channels, self._channels))
        wide = self._scratch[: interleaved.size // self._channels]
        wide[...] = interleaved.reshape(-1, self._channels)
        mixed = np.add(wide[:, 0], wide[:, 1])
        for channel in range(2, self._channels):
            mixed += wide[:, channel]
        with np.errstate(over="ignore"):
            self._channel_energy += float(np.vdot(wide, wide))
            self._mix_energy += float(np.vdot(mixed, mixed))
        return mixed

    @property
    def cancelled(self) -> bool:
        """Whether there was a signal in the channels that is not in their mix."""
        return is_cancelled(self._format, self._channels, self._frames, self._channel_energy, self._mix_energy)

    def _refuse_unreal(self, interleaved: Numbers) -> None:
        with np.errstate(invalid="ignore"):
            real = np.abs(interleaved) <= LARGEST_SAMPLE[self._format]
        if real.all():
            return
        first = int(np.argmin(real))
        raise unreal(float(interleaved[first]), self._frames + first // self._channels)


def is_cancelled(
    sample_format: SampleFormat, channels: int, frames: int, channel_energy: float, mix_energy: float
) -> bool:
    """Tell whether a clip's channels were a signal that their mix has lost.

    Args:
        sample_format: Of the clip.
        channels: How many.
        frames: How many.
        channel_energy: The sum of the squares of all samples.
        mix_energy: The sum of the squares of the sums of the channels.
    """
    if channels == 1:
        return False
    per_channel = channel_energy / channels
    substantial = SUBSTANTIAL * sample_format.full_scale**2 * frames
    return per_channel > substantial and mix_energy / channels**2 < CANCELLED_BELOW * per_channel


def unreal(value: float, frame: int) -> DamagedError:
    """Return the error that a sample is raised as which is no number, infinite, or far beyond any scale."""
    problem = "is not a number" if math.isnan(value) else "is infinite" if math.isinf(value) else "is beyond any scale"
    return DamagedError(
        Fault(
            problem=f"a sample {problem}",
            read=f"{value} in frame {frame:,}",
            wanted="finite samples",
            way_out="render the clip again, or leave it out of the corpus",
        )
    )
