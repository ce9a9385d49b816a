"""A small shard, read and written in as many pieces as one of gigabytes: there are that many calls to strike."""

from __future__ import annotations

from engine.convert import rewrite
from engine.shards import window

PIECE_BYTES = 512


def in_small_pieces() -> None:
    """From now on this process reads and writes a tar so."""
    rewrite.AT_ONCE_BYTES = PIECE_BYTES
    window.LEAST_BYTES = window.MOST_BYTES = PIECE_BYTES
