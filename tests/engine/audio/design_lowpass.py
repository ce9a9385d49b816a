"""Design the low-pass and print its table; scipy is needed for this and for nothing that runs later.

``python -m tests.engine.audio.design_lowpass > engine/audio/lowpass_449.txt``

A Parks-McClellan (equiripple) design has the fewest taps for a given response; see McClellan, Parks and Rabiner,
"A computer program for designing optimum FIR linear phase digital filters", IEEE Trans. Audio Electroacoust. 21 (1973).
Band edge and weight are those whose *rounded* taps have the best stop band in a search over 7,396..7,415 Hz by 1 Hz and
1,600..3,500 by 100: rounding moves the ripple by some dB, up or down.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.signal import remez

TAPS = 449
PASS_BAND_END_HZ = 7_401
STOP_BAND_START_HZ = 8_000
STOP_BAND_WEIGHT = 3_300
UNIT_BITS = 26

HEADER = f"""\
# Taps 0 to {TAPS // 2} of a symmetric low-pass of {TAPS} taps at 48 kHz, in units of 2**-{UNIT_BITS}.
# Made by tests/engine/audio/design_lowpass.py: Parks-McClellan, 0 to {PASS_BAND_END_HZ} Hz passes,
# {STOP_BAND_START_HZ} Hz and up is stopped with weight {STOP_BAND_WEIGHT}.
"""


def design() -> npt.NDArray[np.int64]:
    """Return the integers of the symmetric half, the centre tap last; all taps together sum to ``2**UNIT_BITS``."""
    taps = remez(
        TAPS,
        [0, PASS_BAND_END_HZ, STOP_BAND_START_HZ, 24_000],
        [1, 0],
        weight=[1, STOP_BAND_WEIGHT],
        fs=48_000,
        grid_density=32,
        maxiter=200,
    )
    whole: npt.NDArray[np.int64] = np.rint(taps / taps.sum() * 2**UNIT_BITS).astype(np.int64)
    whole[TAPS // 2] += 2**UNIT_BITS - whole.sum()
    return whole[: TAPS // 2 + 1]


if __name__ == "__main__":
    print(HEADER, end="")  # noqa: T201 - the table is what this program is for
    print("\n".join(str(tap) for tap in design()))  # noqa: T201
