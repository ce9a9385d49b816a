"""What several kinds check about their keys when a list is read; each raises ValueError, which becomes a complaint."""

from __future__ import annotations

import re

from engine.errors import UsageError
from engine.units import parse_bytes, parse_seconds


def checked_pattern(field: str, text: str) -> re.Pattern[str]:
    """Return a regular expression.

    Raises:
        ValueError: when it is none.
    """
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"{field} = {text!r} is no regular expression: {error}") from error


def checked_seconds(field: str, text: str) -> float:
    """Return a duration in seconds.

    Raises:
        ValueError: when it is none.
    """
    try:
        return parse_seconds(text)
    except UsageError as error:
        raise ValueError(f"{field}: {error}") from error


def checked_bytes(field: str, text: str) -> int:
    """Return a size in bytes.

    Raises:
        ValueError: when it is none.
    """
    try:
        return parse_bytes(text)
    except UsageError as error:
        raise ValueError(f"{field}: {error}") from error


def checked_word(field: str, text: str) -> str:
    """Return the name of a host, user or unit: one word that no program takes for an option.

    Raises:
        ValueError: when it is empty, begins with ``-``, or has blanks or control characters.
    """
    if not text or text.startswith("-") or not text.isprintable() or " " in text:
        raise ValueError(f"{field} = {text!r}: wanted one word that does not begin with -")
    return text
