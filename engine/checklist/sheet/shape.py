"""The sheet in words: what is said, and in which order; no markup in it, and nothing of it is escaped yet."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Look(enum.StrEnum):
    """How a fact is shown."""

    PLAIN = "plain"
    EXACT = "exact"
    """A hash or a path, which is compared character by character."""
    RED = "red"
    """Seen first, on black and white paper too."""
    BLANK = "blank"
    """Room to write by hand."""


class Tone(enum.StrEnum):
    """What an item's state means for the gate."""

    GOOD = "good"
    QUIET = "quiet"
    """Not as wanted, and it closes nothing."""
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Fact:
    """One label and what is said under it."""

    label: str
    """Our own word, never foreign text."""
    value: str = ""
    look: Look = Look.PLAIN


@dataclass(frozen=True, slots=True)
class Question:
    """One item."""

    id: str
    ask: str
    state: str
    glyph: str
    tone: Tone
    detail: str
    """Its id, what a red answer does, and who answers."""
    facts: tuple[Fact, ...]
    evidence: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """The items under one heading; "" for those under none."""

    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole of it."""

    title: str
    verdict: str
    why: str
    is_go: bool
    facts: tuple[Fact, ...]
    alarms: tuple[str, ...]
    """What nobody may overlook: overrides, entries that do not count, a ledger that was tampered with."""
    groups: tuple[Group, ...]
    ledger: tuple[Fact, ...]
    notes: tuple[str, ...]
    """What a signature proves, and what pen on paper does not."""
    closing: tuple[Fact, ...]
    """Room for those who hand it over."""
