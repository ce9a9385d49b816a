"""What of a long value a message shows.

Names and texts of a megabyte stand in files that are read, and a worker's answer is one short line.
"""

from __future__ import annotations

from typing import Final

CHARACTERS: Final = 80
"""Enough to know a name again."""


def excerpt(text: str) -> str:
    """Return a text, or its beginning and its length.

    >>> excerpt("a" * 1000)[-25:]
    'aaaaa… (1,000 characters)'
    """
    return text if len(text) <= CHARACTERS else f"{text[:CHARACTERS]}… ({len(text):,} characters)"
