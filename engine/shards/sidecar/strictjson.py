"""JSON values read strictly: what Python's own decoder lets pass, and would hide damage, is refused."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Final, NoReturn

from engine.shards.excerpt import excerpt
from engine.shards.sidecar.table import NotStrictError

MAX_DIGITS: Final = 100
"""Of a whole number: no count, time or id has more, and Python refuses thousands of digits in words of its own."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        double = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise NotStrictError(f"the key {excerpt(double)!r} twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise NotStrictError(f"{name}, which JSON does not have")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise NotStrictError(f"{excerpt(text)}, which is too large for a number")
    return value


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise NotStrictError(f"a number of {len(text):,} digits, which is too long")
    return int(text)


_STRICT: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_whole
)
"""Python's own decoder takes the last of two keys and reads NaN; both hide damage."""


def decode(text: str, at: int) -> tuple[object, int]:
    """Decode one value strictly and return it with the place behind it.

    Raises:
        ValueError: when there is no strict JSON value, or half a surrogate pair in a string.
    """
    try:
        value, end = _STRICT.raw_decode(text, at)
    except RecursionError:
        raise NotStrictError("a value that is nested too deep") from None
    escapes = text.find("\\ud", at, end) >= 0 or text.find("\\uD", at, end) >= 0
    if escapes and any("\ud800" <= char <= "\udfff" for char in json.dumps(value, ensure_ascii=False)):
        raise NotStrictError("half of a surrogate pair, which is no character")
    return value, end


def skip_space(text: str, at: int) -> int:
    """Return the place of the first character from ``at`` on that is no JSON white space."""
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def reason_of(error: ValueError) -> str:
    """Say why a value was refused, and at which column where the decoder knows it."""
    return f"{error.msg} at column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)


def as_object(value: object) -> dict[str, object]:
    """Return the value if it is an object.

    Raises:
        NotStrictError: when it is anything else.
    """
    if not isinstance(value, dict):
        raise NotStrictError(f"a {type(value).__name__} in place of an object")
    return value
