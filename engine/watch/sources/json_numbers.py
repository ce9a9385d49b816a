"""The numbers in logged JSON, as W&B and trackio write them: nested keys, NaN and infinities, media among them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Final

_WORDS: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""JSON has no such numbers; some writers put them into quotes, others write them bare."""
_DEEPEST: Final = 16


def numbers(key: str, value: object, depth: int = 0) -> Iterator[tuple[str, float]]:
    """Yield the numbers below ``key``, nested keys joined with dots; texts, lists and media are no metrics.

    A dictionary with ``_type`` describes a histogram, a picture, a table; its numbers are widths and sizes.
    """
    if isinstance(value, bool):
        return
    if isinstance(value, str):
        value = _WORDS.get(value)
    if isinstance(value, int | float):
        try:
            yield key, float(value)
        except OverflowError:
            yield key, math.copysign(math.inf, value)
    elif isinstance(value, dict) and "_type" not in value and depth < _DEEPEST:
        for inner, item in value.items():
            yield from numbers(f"{key}.{inner}" if key else str(inner), item, depth + 1)


def parsed(text: str | bytes) -> object:
    """Parse JSON, bare NaN and infinities among it.

    Raises:
        ValueError: when it is no JSON.
    """
    try:
        value: object = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value
