"""Print the table of the compiled decimator: the taps, and the cosines that its FFT is made of.

``python -m tests.engine.audio.design_native > engine/audio/native/tables.h``

The cosines are kept, not computed where gonogo runs: two C libraries may round one in its last bit differently, and
results must not depend on them.
"""

from __future__ import annotations

import math

from engine.audio.lowpass import REACH, UNIT_BITS, lowpass_units

TURN = 512
"""The length of the FFT, and so the parts of a turn."""

HEADER = f"""\
/* Made by tests/engine/audio/design_native.py from lowpass_449.txt; a test holds both together. */
#ifndef GONOGO_TABLES_H
#define GONOGO_TABLES_H

#include <stdint.h>

enum {{ GONOGO_TAPS_REACH = {REACH}, GONOGO_UNIT_BITS = {UNIT_BITS}, GONOGO_TURN = {TURN} }};
"""


def rows(numbers: list[str], a_row: int) -> str:
    """Return numbers as the rows of an initialiser."""
    lines = (", ".join(numbers[start : start + a_row]) for start in range(0, len(numbers), a_row))
    return "".join(f"    {line},\n" for line in lines)


def table() -> str:
    """Return the header: the taps from the outermost to the centre one, and a quarter of the turn's cosines."""
    taps = [str(tap) for tap in lowpass_units()[: REACH + 1]]
    cosines = [math.cos(2 * math.pi * part / TURN) for part in range(TURN // 4)]
    return (
        f"{HEADER}\n/* In units of 2**-{UNIT_BITS}. */\n"
        f"static const int32_t gonogo_taps[GONOGO_TAPS_REACH + 1] = {{\n{rows(taps, 10)}}};\n\n"
        f"/* cos(2 pi i / {TURN}); the last one, of a quarter turn, is 0. */\n"
        "static const double gonogo_cosines[GONOGO_TURN / 4 + 1] = {\n"
        f"{rows([*(cosine.hex() for cosine in cosines), '0.0'], 4)}}};\n\n#endif\n"
    )


if __name__ == "__main__":
    print(table(), end="")  # noqa: T201 - the table is what this program is for
