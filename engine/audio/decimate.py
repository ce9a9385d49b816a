"""Decimation by three: a block FIR on numpy's matrix product, exact for integer samples.

It runs where there is no compiled code, see :mod:`engine.audio.kernel`, which is within one unit of it.

Why the result does not depend on the machine. The taps are integers in units of 2**-26. For integer samples each
product and each partial sum is then a whole number of units, and none exceeds 2**53: float64 holds all of them exactly,
with or without fused multiply-add. No rounding means no dependence on the order of summation, on the BLAS, its vector
width or its threads. This holds for the sum of up to 3 channels of 24-bit samples and of 64 channels (the most that are
read) of 8 or 16 bits. 32-bit integers and floating point are accurate to about 1e-15 of full scale and repeat on one
machine and library, but may differ in the last bit on another.

How it is fast. 64 results need 638 source frames and a banded 638 x 64 Toeplitz matrix; many such rows at once are one
matrix product. Because the taps are symmetric, so is the matrix under a half turn, ``t[-1-i, -1-j] == t[i, j]``. With
the row folded into its even and odd part, ``x[i] + x[-1-i]`` and ``x[i] - x[-1-i]``, two products of 319 x 32 give the
sum and the difference of result j and result 63-j: half of the multiplications.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.audio.formats import FACTOR, output_frames
from engine.audio.lowpass import REACH, TAPS, UNIT_BITS, lowpass_units

Samples = npt.NDArray[np.float64]

ROW_RESULTS: Final = 64
"""Results in a row of the matrix product: more would waste work on the zeros of the band, fewer spend it on folding."""
ROW_STEP: Final = FACTOR * ROW_RESULTS
ROW_FRAMES: Final = TAPS + ROW_STEP - FACTOR
HALF_ROW: Final = ROW_FRAMES // 2
MAX_ROWS: Final = 96
"""Rows at once: with their folds they are 0.6 MB and stay in a core's cache; 170 were a fifth slower on AVX-512."""
BLOCK_FRAMES: Final = MAX_ROWS * ROW_STEP
"""Source frames that are filtered at once."""
OVERLAP: Final = ROW_FRAMES - ROW_STEP


@cache
def _folded_taps() -> tuple[Samples, Samples]:
    """Return the matrices of the even and of the odd part; their products add up to *twice* the results.

    Halving them here instead would halve the unit as well, and cost the bit that 24-bit stereo needs.
    """
    taps = lowpass_units() / (1 << UNIT_BITS)
    band = np.zeros((ROW_FRAMES, ROW_RESULTS))
    for column in range(ROW_RESULTS):
        band[FACTOR * column : FACTOR * column + TAPS, column] = taps
    near, far = band[:HALF_ROW, : ROW_RESULTS // 2], band[: HALF_ROW - 1 : -1, : ROW_RESULTS // 2]
    return np.ascontiguousarray(near + far), np.ascontiguousarray(near - far)


class _Filter:
    """The matrix products, with the memory that they reuse; each clip has its own."""

    def __init__(self, max_rows: int) -> None:
        self.frames: Samples = np.zeros((max_rows - 1) * ROW_STEP + ROW_FRAMES)
        """What is filtered: OVERLAP frames that were seen before, then new ones."""
        # Rows read backwards are rows of the reversed frames read forwards, which numpy adds at twice the speed.
        self._reversed: Samples = np.empty_like(self.frames)
        rows, backward_rows = (
            np.lib.stride_tricks.sliding_window_view(frames, ROW_FRAMES)[::ROW_STEP]
            for frames in (self.frames, self._reversed)
        )
        self._near, self._far = rows[:, :HALF_ROW], backward_rows[::-1, :HALF_ROW]
        self._fold: Samples = np.empty((max_rows, HALF_ROW))
        self._even: Samples = np.empty((max_rows, ROW_RESULTS // 2))
        self._odd: Samples = np.empty((max_rows, ROW_RESULTS // 2))

    def run(self, owed: int) -> Samples:
        """Return the next results, at most ``owed`` of them, and move the last OVERLAP frames to the front."""
        rows = min(len(self._fold), -(-owed // ROW_RESULTS))
        even_taps, odd_taps = _folded_taps()
        near, far = self._near[:rows], self._far[:rows]
        fold, even, odd = self._fold[:rows], self._even[:rows], self._odd[:rows]
        self._reversed[:] = self.frames[::-1]
        np.matmul(np.add(near, far, out=fold), even_taps, out=even)
        np.matmul(np.subtract(near, far, out=fold), odd_taps, out=odd)
        results = np.empty((rows, ROW_RESULTS))
        np.add(even, odd, out=results[:, : ROW_RESULTS // 2])
        np.subtract(even, odd, out=results[:, : ROW_RESULTS // 2 - 1 : -1])
        results *= 0.5
        self.frames[:OVERLAP] = self.frames[-OVERLAP:]
        return results.reshape(-1)[:owed]


def decimate(blocks: Iterable[npt.NDArray[np.number]], frames: int) -> Iterator[Samples]:
    """Low-pass one channel and keep every third frame: result m is centred on source frame 3 m.

    Frames outside the clip count as zero. How the clip is cut into blocks changes nothing.

    Args:
        blocks: The clip, one-dimensional, of any real type and block lengths.
        frames: How many frames the blocks hold together.

    Yields:
        Blocks of ``output_frames(frames)`` results in all, in the scale of the samples.
    """
    owed = output_frames(frames)
    if not owed:
        return
    band = _Filter(min(MAX_ROWS, -(-owed // ROW_RESULTS)))
    filled = REACH
    for block in blocks:
        taken = 0
        while taken < block.size:
            part = block[taken : taken + band.frames.size - filled]
            band.frames[filled : filled + part.size] = part
            filled += part.size
            taken += part.size
            if filled == band.frames.size:
                results = band.run(owed)
                owed -= results.size
                yield results
                filled = OVERLAP
    while owed:
        band.frames[filled:] = 0
        results = band.run(owed)
        owed -= results.size
        yield results
        filled = OVERLAP
