"""What a clean asks of a worker about one shard, and what the worker answers."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from engine.crew.answers import Answer
from engine.crew.wire import ShardRef
from engine.shards.files import Identity


class Spent(StrEnum):
    """What a clean deletes, and nothing else."""

    BACKUP = "backup"
    """The original that a conversion kept beside its result."""
    TEMPORARY = "temporary"
    """A file that was being written, of its record or its clip table, when a swap that is over was cut off."""
    SCRATCH = "scratch"
    """What a run that is gone left under STATE/scratch."""
    FRAGMENTS = "fragments"
    """The parts that a manifest was put together from; the next one makes them anew."""


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was deleted, or in a dry run would be."""

    kind: Spent
    name: str
    """Printable; relative to its shard's folder, or to STATE."""
    size_bytes: int
    files: int = 1


class Clean(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="clean", omit_defaults=True):
    """Let one shard's kept original go, and what a cut-off swap left of temporary files."""

    shard: ShardRef
    run: str
    audio: Identity
    """Of the tar that the validation report calls done; any other is left alone."""
    clips: str
    """Where the table of the shard's clips lies, if there is one."""
    task: str = ""
    """The id under which it is handed out; the pool writes it."""
    act: bool = True
    """False only says what would go: nothing is hashed and no lock is taken."""


class Cleaned(Answer, frozen=True, kw_only=True, tag="result"):
    """What became of one shard: ``done``, or ``quarantined`` where it was left alone, ``fault`` says why.

    It does not say what went: one that is asked a second time, after a kill, would not know of the first.
    """
