"""The split of a corpus into train, dev and test without leaks: manifest in, lock and table out.

A rerun with the same manifest, lock and settings writes the same bytes. The lock is written first: a table that is
missing is made again from it, and a table whose lock was never written would let its videos move.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import xxhash

from engine.checklist.kinds.table_stop import Stop
from engine.crew.artifacts import write_whole
from engine.dataset.split.corpus import read_corpus
from engine.dataset.split.lock import Lock, no_lock, read_lock, write_lock
from engine.dataset.split.plan import extend, make_plan
from engine.dataset.split.session import SplitSession
from engine.dataset.split.settings import SplitSettings
from engine.dataset.split.table import Inputs, file_xxh3_128, read_inputs, write_table
from engine.errors import Fault, InputError


class SplitFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Where a split reads and writes."""

    manifest: Path
    """The table of all clips; read only."""
    lock: Path
    """``CORPUS/split.lock``; read where it is there, and written."""
    table: Path
    """``split.parquet``; written."""
    near: Path
    """A folder for what does not fit in memory; nothing stays there."""


def make_split(files: SplitFiles, settings: SplitSettings, stop: Stop | None = None) -> Inputs:
    """Make the split, or extend it to what is new in the manifest; nobody who has one changes it.

    Returns:
        What it was made of, as the table's metadata says too.

    Raises:
        DamagedError: when the lock or the manifest is not whole, or lacks a column.
        InputError: when the lock was made with another key.
        OSError: when the disk refuses; the lock and the table are each the old one or the new one.
        StoppedError: when nobody waits any more.
    """
    lock = lock_of(files.lock, settings)
    manifest_xxh3_128 = file_xxh3_128(files.manifest)
    with SplitSession(files.manifest, settings.strata, (), files.near, stop) as session:
        corpus = read_corpus(session, settings.common_videos)
        plan = make_plan(corpus, lock, settings)
        content = write_lock(extend(lock, corpus, plan, settings))
        inputs = Inputs(
            manifest_xxh3_128=manifest_xxh3_128,
            lock_xxh3_128=xxhash.xxh3_128_hexdigest(content),
            settings=settings,
        )
        write_whole(files.lock, content)
        write_table(files.table, session, corpus, plan, inputs)
    return inputs


def is_current(files: SplitFiles, settings: SplitSettings) -> bool:
    """Tell whether the table is that of this manifest, lock and settings, so that making it again changes nothing."""
    made = read_inputs(files.table)
    return (
        made is not None
        and made.settings == settings
        and files.lock.exists()
        and made.lock_xxh3_128 == file_xxh3_128(files.lock)
        and made.manifest_xxh3_128 == file_xxh3_128(files.manifest)
    )


def lock_of(path: Path, settings: SplitSettings) -> Lock:
    """Read the lock, or begin one.

    Raises:
        DamagedError: when it is not whole.
        InputError: when it was made with another key than is asked for now.
    """
    if not path.exists():
        return no_lock(settings)
    lock = read_lock(path.read_bytes(), str(path))
    if lock.settings.key != settings.key:
        raise InputError(
            Fault(
                "the lock was made with another key",
                file=str(path),
                member="line 2",
                read=repr(lock.settings.key),
                wanted=repr(settings.key),
                way_out="set [split] key to the lock's; only without this lock can the split be another one",
            )
        )
    return lock
