"""What an inventory asks of its workers: many shards at once, each told as soon as it is known; one JSON line each."""

from __future__ import annotations

import msgspec

from engine.convert.tasks import Inspect, Result


class Batch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Shards to be looked at, in any order."""

    orders: tuple[Inspect, ...]
    """Each under its shard's id."""
    task: str = ""
    """The id under which the batch is handed out; the pool writes it."""


class Told(msgspec.Struct, frozen=True, kw_only=True, tag="progress", tag_field="type"):
    """One shard of a batch is done with: progress, to the pool."""

    task: str
    result: Result
    """Under the shard's id."""


class BatchEnd(msgspec.Struct, frozen=True, kw_only=True, tag="result", tag_field="type"):
    """Nothing more comes of this batch; what was not told of may be asked again."""

    task: str
