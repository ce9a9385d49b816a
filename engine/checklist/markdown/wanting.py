"""Drawing the value that is wanted out of the words of a box, where they hold one."""

from __future__ import annotations

import re
from typing import Final

_SHOWN: Final = re.compile(r"\b(?:should (?:show|say|see|be|read)|expected(?: output)?)\s*:?\s+(.+)", re.IGNORECASE)
_BRACKETS: Final = re.compile(r"\(([^()]*\d[^()]*)\)")
_ASIDE: Final = re.compile(r"(?:vs|versus|instead|e\.g|i\.e|see|was|not|optional|default)\b", re.IGNORECASE)
"""In brackets, this tells of another value than the wanted one."""
_QUOTED: Final = re.compile(r"“([^”]+)”|\"([^\"]+)\"|«\s*([^»]+?)\s*»|„([^“”]+)[“”]")
_AMOUNTS: Final = (
    re.compile(r"[$€£]\s?\d[\d,]*(?:\.\d+)?(?:\s?/\s?\w+)?"),
    re.compile(r"\b\d+/\d+(?:\s+[^\W\d_]+){0,2}"),
    re.compile(
        r"(?:[≤≥<>=~≈]=?\s*)?\b\d[\d,]*(?:\.\d+)?\s?(?:%|[kKMGT]i?B\b|GHz\b|[kM]?Hz\b|ms\b|s\b|h\b|hours?\b|days?\b|weeks?\b)"
    ),
    re.compile(r"[≤≥<>=]=?\s*\d[\d,]*(?:\.\d+)?"),
)


def draw_want(text: str) -> str | None:
    """Return the value that a box names as wanted, or None.

    >>> draw_want("Billing alarms set ($600 threshold)")
    '$600 threshold'
    """
    shown = _SHOWN.search(text)
    if shown is not None:
        return shown[1].strip().rstrip(".")
    inside = [each.strip() for each in _BRACKETS.findall(text) if not _ASIDE.match(each.strip())]
    if inside:
        return ", ".join(inside)
    quoted = _QUOTED.search(text)
    if quoted is not None:
        return next(part for part in quoted.groups() if part).strip() or None
    beside = re.sub(r"\([^()]*\)", "", text)
    found = next((match for match in (amount.search(beside) for amount in _AMOUNTS) if match), None)
    return found[0].strip() if found else None
