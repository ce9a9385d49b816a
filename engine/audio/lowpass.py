"""The low-pass that stands before the decimation: 449 symmetric taps, kept as integers.

Nothing at or above 8 kHz may fold into the result, so the stop band starts at the new Nyquist frequency itself, 127 dB
down, below the rounding of 16-bit samples even in the worst case; what lies below 7.43 kHz passes within 0.1 dB.
Between the two is the price of any filter of finite length. The taps are symmetric, so that no frequency is delayed
against another, and centred, so that result frame m belongs to source frame 3 m.

The taps are integers in units of 2**-26 and sum to exactly 2**26. That is what makes results the same on every machine:
see :mod:`engine.audio.decimate`.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

import numpy as np
import numpy.typing as npt

UNIT_BITS: Final = 26
"""A tap of 1.0 is ``2**UNIT_BITS``: with 27 bits the folded sums of 24-bit stereo would not fit into a float64."""
REACH: Final = 224
"""Taps on either side of the centre one."""
TAPS: Final = 2 * REACH + 1
"""The length of the filter in source frames; 9.4 ms at 48 kHz."""
TABLE: Final = f"lowpass_{TAPS}.txt"


@cache
def lowpass_units() -> npt.NDArray[np.int64]:
    """Return the 449 taps in units of ``2**-UNIT_BITS``.

    Raises:
        ValueError: If the packaged table is not the one that was designed: wrong length or sum.
    """
    text = resources.files(__package__).joinpath(TABLE).read_text(encoding="ascii")
    half = [int(line) for line in text.splitlines() if not line.startswith("#")]
    taps = np.array(half + half[-2::-1], dtype=np.int64)
    if taps.size != TAPS or taps.sum() != 1 << UNIT_BITS:
        raise ValueError(
            f"{TABLE} holds {taps.size} taps that sum to {taps.sum()}, not {TAPS} that sum to {1 << UNIT_BITS}"
        )
    taps.flags.writeable = False
    return taps


def largest_exact_input() -> int:
    """Return the largest integer magnitude whose filtering is exact in float64, whatever the order of summation.

    Every product is a multiple of one unit, and no partial sum of the folded form (twice a result, see
    :mod:`engine.audio.decimate`) exceeds ``2 * magnitude * sum(abs(taps))`` units; float64 holds integers to 2**53.
    """
    return int((1 << 53) // (2 * int(np.abs(lowpass_units()).sum())))
