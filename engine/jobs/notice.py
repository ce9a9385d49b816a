"""A notice: one message to somebody who is not in front of the console."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePath


class Kind(enum.StrEnum):
    """What a notice can be about, as ``[notify] on`` names it; one that tells of several things is of several kinds."""

    RED = "red"
    END = "end"
    PERSON = "person"
    """Nothing goes on until somebody comes."""


class Weight(enum.StrEnum):
    """How a service colours a notice, in apprise's words; the lightest first."""

    GOOD = "success"
    NEWS = "info"
    CAUTION = "warning"
    ALARM = "failure"


@dataclass(frozen=True, slots=True)
class Notice:
    """One message."""

    kinds: frozenset[Kind]
    title: str
    """One line that says the worst first, and in what: ``RED: 1 shard quarantined - speech-corpus``."""
    body: str
    """Sentences; the last says where to look."""
    weight: Weight

    def is_asked(self, on: Collection[str]) -> bool:
        """Tell whether somebody wants notices of one of these kinds."""
        return any(kind in on for kind in self.kinds)


@dataclass(frozen=True, slots=True)
class About:
    """The run that notices are about."""

    run: str
    job: str
    corpus: str
    """Its folder."""
    host: str

    @property
    def name(self) -> str:
        """The corpus as its people call it."""
        return PurePath(self.corpus).name or self.corpus
