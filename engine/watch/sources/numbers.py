"""Numbers as trainers print them: ``4.567``, ``1e-7``, ``NaN``, ``-Infinity``, ``15,964``, ``2e+3``."""

from __future__ import annotations

import math
import re
from typing import Final

NUMBER: Final = (
    r"[-+]?(?:(?:\d{1,3}(?:,\d{3})+(?!\d|,\d)|\d+)(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?"
    r"|(?i:nan|inf(?:inity)?))"
)
"""The source of a regular expression; what follows must be looked at by whoever uses it: ``nanz`` is no number."""
COUNT: Final = r"\d{1,3}(?:,\d{3})+|\d+(?:\.0*)?(?:[eE]\+?\d+)?"
"""A whole number of steps, however it is printed."""
_WHOLE: Final = re.compile(NUMBER)
_LARGEST_STEP: Final = 2**53
"""Past this a float no longer counts by ones."""


def read_number(text: str) -> float | None:
    """Return a number that was printed, NaN and infinities too; None for anything else."""
    text = text.strip()
    if _WHOLE.fullmatch(text) is None:
        return None
    return float(text.replace(",", ""))


def read_step(value: float | None) -> int | None:
    """Return a step that was logged as a number, ``188.0`` or ``2e+3``; None where it is no count."""
    if value is None or not math.isfinite(value) or not 0 <= value <= _LARGEST_STEP or value != int(value):
        return None
    return int(value)
