"""A shard's lock: taken by the worker that touches it, held by the kernel until that process is gone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from engine.errors import Fault, UnsupportedError
from engine.run.locks import LockHeldError, hold, hold_folder
from engine.shards.names import ShardFiles


@contextlib.contextmanager
def lease(names: ShardFiles, lock_file: Path | None, run: str) -> Iterator[None]:
    """Hold one shard: its folder, or for a lone tar the lock file that stands for it.

    Raises:
        UnsupportedError: when another process holds it.
        OSError: when the folder cannot be opened.
    """
    try:
        if lock_file is None:
            held = hold_folder(names.folder)
        else:
            lock_file.parent.mkdir(parents=True, exist_ok=True)
            held = hold(lock_file, run)
    except LockHeldError as error:
        way_out = "wait for it, or look for a worker that another run left behind"
        raise UnsupportedError(
            Fault("another process is working on this shard", file=names.audio_name, read=str(error), way_out=way_out)
        ) from error
    with held:
        yield
