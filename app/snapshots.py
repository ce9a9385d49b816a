"""What a run tells of this moment, asked for from outside its engine."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from engine.crew.crew import Snapshot
from engine.errors import GonogoError
from engine.run.client import DEFAULT_TIMEOUT_S, ask
from engine.run.control import Request

S = TypeVar("S", bound=Snapshot)


def snapshot_of(run_id: str, kind: type[S], timeout_s: float = DEFAULT_TIMEOUT_S) -> S | None:
    """Ask a run for its snapshot.

    Args:
        run_id: the run.
        kind: what its job tells.
        timeout_s: how long it may take to answer.

    Returns:
        None where it does not answer, or not in words that are understood: it is starting, has just ended, hangs, or
        is of another version. Its events tell all there is.
    """
    try:
        told = ask(run_id, Request("snapshot"), timeout_s)
    except GonogoError:
        return None
    return read_snapshot(told, kind)


def read_snapshot(told: bytes, kind: type[S]) -> S | None:
    """Read a snapshot; None where an engine of another version wrote it otherwise."""
    try:
        return msgspec.json.decode(told, type=kind)
    except msgspec.DecodeError:
        return None
