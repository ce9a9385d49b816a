"""What a check answers, and the evidence that it leaves behind."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

OUTPUT_KEPT_BYTES: Final = 64 * 1024
"""So much of an output is kept as evidence; of the rest its hash and size."""


class State(enum.StrEnum):
    """What a check found."""

    PASS = "pass"  # noqa: S105  # no secret
    FAIL = "fail"
    ERROR = "error"
    """The question could not be answered; it blocks like a failure."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a program or a server said: its beginning, and what proves the whole."""

    head: bytes
    """At most :data:`OUTPUT_KEPT_BYTES`."""
    size_bytes: int
    sha256: str

    @classmethod
    def of(cls, whole: bytes) -> Output:
        """Keep what is evidence of an output."""
        return cls(whole[:OUTPUT_KEPT_BYTES], len(whole), hashlib.sha256(whole).hexdigest())


@dataclass(frozen=True, slots=True)
class Answer:
    """What a check found, and on what it rests."""

    state: State
    read: str
    """The value, as a person reads it: ``1,327 rows``; for an error, why there is none."""
    argv: tuple[str, ...] = ()
    """The program that was asked."""
    exit_code: int | None = None
    output: Output | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    """The files that the answer rests on, each with its SHA-256, or with size and time where hashing it would take
    longer than the check itself."""


def passed(read: str, *, when: bool = True) -> Answer:
    """Answer with what was read; it passes where the condition holds."""
    return Answer(State.PASS if when else State.FAIL, read)


def no_answer(why: str) -> Answer:
    """Say why the question could not be answered."""
    return Answer(State.ERROR, why)
