"""What every worker answers, whatever it was asked: how a shard stands, and whose fault a failure is."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from engine.errors import Fault


class State(StrEnum):
    """What a shard is, as a person reads it."""

    PENDING = "pending"
    DONE = "done"
    SKIPPED = "skipped"
    """Nothing to convert in it: 16 kHz already, or no audio."""
    RECOVERING = "recovering"
    """A swap was cut off here; the next conversion brings it to an end first."""
    QUARANTINED = "quarantined"
    FAILED = "failed"


class Trouble(StrEnum):
    """What a failure means for the other shards."""

    SHARD = "shard"
    """It is this shard's own."""
    SPACE = "space"
    """The disk is full: hand out nothing until there is room."""
    DISK = "disk"
    """The disk refuses writes: stop."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every answer has; each program of workers adds what it was asked for, and the tag ``result``."""

    task: str
    state: State
    seconds: float
    interrupted: bool = False
    """The worker was asked to stop and left the shard as it was."""
    fault: Fault | None = None
    trouble: Trouble = Trouble.SHARD


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag="progress", tag_field="type"):
    """Where a worker is in its task; sent a few times a second, and proof that it is alive."""

    task: str
    stage: str
    read_bytes: int = 0
    """Of the original, in this pass."""
    of_bytes: int = 0
    written_bytes: int = 0
    to_write_bytes: int | None = None
    """What the converted tar will take in all, once the clips' headers told; None before."""
