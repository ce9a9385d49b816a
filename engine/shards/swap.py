"""The twelve-step swap: a converted tar takes its original's place, and at no moment is ``audio.tar`` absent.

Where the file system has no hard links, step 5 renames A to B instead: then A is absent until step 7, and after a kill
in between until recovery gives it back.

A is ``audio.tar``, B ``audio_48k.bak``, T ``audio_16k.tar.tmp``, S the status file. Before it, T was written, brought
to the disk, read back from there and compared with A (steps 0 to 2: :mod:`engine.convert.shard`). Then

====  =======================================================================================
 3    A is still the file that was converted
 4    S = swapping, durable and read back
 5-6  B becomes a second name of A (``link``, which never overwrites), durable
 7-8  T is renamed to A: one step, durable
 9    A is read back from the disk and is what was written, else B goes back to A
10    S = swapped, durable and read back
11-12 B is taken away (or kept, as the operator wants), durable
====  =======================================================================================

Each step may be the last before a kill or a power cut; :mod:`engine.shards.recovery` goes on from any of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import msgspec

from engine.errors import DamagedError, Fault, UnsupportedError
from engine.shards.digest import digest
from engine.shards.files import Facts, Files
from engine.shards.names import ShardFiles
from engine.shards.record import Record, SwapState, now, write_record


def swap(
    files: Files,
    names: ShardFiles,
    original: Facts,
    promise: Record,
    *,
    links: bool = True,
    tick: Callable[[], None] = lambda: None,
) -> Record:
    """Run steps 3 to 12 for a shard whose converted tar lies proven at T.

    Args:
        files: the file system.
        names: the shard's four files.
        original: what A was when it was opened for the conversion.
        promise: the record to be written, with both digests; its state is set here. Where it keeps the backup, B is
            left for somebody to let go.
        links: whether files can have a second name here.
        tick: called while A is read back.

    Returns:
        The record as it stands on disk.

    Raises:
        UnsupportedError: when A has changed meanwhile, or B is there already; nothing was changed.
        DamagedError: when the disk does not give back what it took; the original is back in its place.
        OSError: when the file system refuses a step; recovery goes on from there.
    """
    try:
        _demand_unchanged(files, names, original)
        write_record(files, names, msgspec.structs.replace(promise, state=SwapState.SWAPPING, time=now()))
    except BaseException:
        with contextlib.suppress(OSError):  # A is whole and has no second name yet: T is only in the way of space
            files.unlink(names.temporary)
        raise
    _keep_original(files, names, links=links)
    try:
        files.sync_folder(names.folder)
        files.rename(names.temporary, names.audio)
    except OSError:
        if not links:
            with contextlib.suppress(OSError):  # refused where the rename was done after all: then A is there
                files.move(names.backup, names.audio)
        raise
    files.sync_folder(names.folder)
    if digest(files, names.audio, tick) != promise.result:
        restore_backup(files, names)
        problem = "the disk gives back other bytes than were written; the original is back in its place"
        raise DamagedError(Fault(problem, file=names.audio.name, way_out="check this disk before going on"))
    return finish(files, names, promise)


def finish(files: Files, names: ShardFiles, promise: Record, *, let_go: bool = False) -> Record:
    """Run steps 10 to 12: A is proven, B is its original.

    A record that says so already is not written again: a rewrite could only replace a good record by a bad one. An
    original that the record keeps stays, unless it is to be ``let_go``.
    """
    record = promise
    if promise.state is not SwapState.SWAPPED:
        audio, backup = files.facts(names.audio), files.facts(names.backup)
        record = msgspec.structs.replace(
            promise,
            state=SwapState.SWAPPED,
            time=now(),
            audio_identity=audio and audio.identity,
            backup_identity=backup and backup.identity,
        )
        write_record(files, names, record)
    if let_go or not record.keeps_backup:
        files.unlink(names.backup)
        files.sync_folder(names.folder)
    return record


def restore_backup(files: Files, names: ShardFiles) -> None:
    """Put the original in the place of whatever A is; B must be another file than A.

    Renaming one name of a file onto another name of the same file would return success and do nothing.
    """
    files.sync_file(names.backup)
    files.rename(names.backup, names.audio)
    files.sync_folder(names.folder)


def _keep_original(files: Files, names: ShardFiles, *, links: bool) -> None:
    """Make B the original's name (step 5): beside A, or instead of it. Neither way replaces a B that is there."""
    try:
        if links:
            files.link(names.audio, names.backup)
        else:
            files.move(names.audio, names.backup)
    except FileExistsError:
        problem = "a backup is there already, and it is not overwritten"
        way_out = "look what it is, and move it away"
        raise UnsupportedError(Fault(problem, file=names.backup.name, wanted="no such file", way_out=way_out)) from None


def _demand_unchanged(files: Files, names: ShardFiles, original: Facts) -> None:
    facts = files.facts(names.audio)
    if facts != original:
        problem = "the tar was changed by somebody else while it was converted"
        read = "nothing" if facts is None else f"{facts.identity.size_bytes:,} bytes, {facts.links} names"
        raise UnsupportedError(Fault(problem, file=names.audio.name, read=read, way_out="run again when it is at rest"))
