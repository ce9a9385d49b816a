"""The recovery table: what a shard's files say together, and what may be done about it. Pure.

A is ``audio.tar``, B its backup, T the temporary tar, S the record. Every state that the twelve steps of
:mod:`engine.shards.swap` can leave behind after a kill, a power cut or a lying disk has its row here; what has none is
RED: nothing is touched and a person decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.shards.contents import Kind
from engine.shards.record import SwapState


class Thing(StrEnum):
    """What stands under one of a shard's names."""

    ABSENT = "absent"
    ORIGINAL = "48 kHz original"
    RESULT = "16 kHz result"
    DAMAGED = "damaged"
    OTHER = "something else"
    """Whole, but neither an original nor a result."""
    REFUSED = "not a plain file of ours"
    """A symbolic link, a folder, a file with more names than the swap gives it, or on another device."""


THING_OF_KIND = {
    Kind.ORIGINAL: Thing.ORIGINAL,
    Kind.RESULT: Thing.RESULT,
    Kind.DAMAGED: Thing.DAMAGED,
    Kind.WIDE: Thing.OTHER,
    Kind.SILENT: Thing.OTHER,
    Kind.FOREIGN: Thing.OTHER,
}


@dataclass(frozen=True, slots=True)
class Observation:
    """A shard's four files, as far as a decision needs them."""

    audio: Thing
    backup: Thing
    temporary: Thing
    record: SwapState | None
    """None where the record is absent or unreadable."""
    record_there: bool = False
    """Some status file is there, readable or not."""
    same_file: bool = False
    """A and B are two names of one file."""
    audio_as_recorded: bool | None = None
    """A's content is the result that S names; None where S is unreadable or the question did not arise."""
    backup_as_recorded: bool | None = None
    """B's content is the original that S names."""
    pair_matches: bool | None = None
    """Without a readable S: A is proven to be the conversion of B, see :mod:`engine.shards.pair`."""

    @property
    def has_trace(self) -> bool:
        """Tell whether a swap, ours or another tool's, has left anything but A itself."""
        return self.record_there or self.backup is not Thing.ABSENT or self.temporary is not Thing.ABSENT


class Action(StrEnum):
    """One thing that recovery does; each is safe to be killed in and to be done again."""

    DROP_TEMPORARY = "deletes the temporary tar"
    DROP_SECOND_NAME = "takes the original's second name away"
    RESTORE_BACKUP = "puts the original back in place of the damaged tar"
    RETURN_BACKUP = "gives the original its name back"
    FINISH = "finishes the swap"
    ADOPT = "records the converted tar as found"


class Ends(StrEnum):
    """What a shard is once recovery has acted."""

    PENDING = "pending"
    DONE = "done"
    UNTOUCHED = "untouched"
    """No trace of a swap: what A is decides alone."""
    RED = "red"


@dataclass(frozen=True, slots=True)
class Decision:
    """A row of the table: what it is called, what is done, where that leads."""

    row: int
    ends: Ends
    actions: tuple[Action, ...] = ()
    why: str = ""
    """For RED rows: what a person is told."""


def decide(seen: Observation) -> Decision:
    """Find the row of the recovery table for what was seen."""
    if Thing.REFUSED in (seen.audio, seen.backup, seen.temporary):
        return _red(20, "one of the shard's files is a link, a folder, on another device or has further names")
    if seen.temporary is Thing.ORIGINAL:
        return _red(18, "the temporary tar is a whole 48 kHz original")
    if seen.temporary is Thing.OTHER:
        return _red(0, "the temporary tar is neither a result nor damaged")
    match seen.audio:
        case Thing.ORIGINAL:
            return _original(seen)
        case Thing.RESULT:
            return _result_alone(seen) if seen.backup is Thing.ABSENT else _result_beside_backup(seen)
        case Thing.DAMAGED:
            return _damaged(seen)
        case Thing.ABSENT if seen.backup is Thing.ORIGINAL:
            return Decision(10, Ends.PENDING, (Action.RETURN_BACKUP, *_drop(seen)))
        case Thing.ABSENT:
            return _red(17, "there is no audio.tar and no whole original beside it")
    if seen.backup is not Thing.ABSENT or seen.temporary is not Thing.ABSENT or seen.record is not None:
        return _red(19, "audio.tar is neither an original nor a result, and a swap has left traces beside it")
    return Decision(19, Ends.UNTOUCHED)


def _drop(seen: Observation) -> tuple[Action, ...]:
    """A temporary tar is worthless beside a whole original: a conversion makes it again."""
    return () if seen.temporary is Thing.ABSENT else (Action.DROP_TEMPORARY,)


def _original(seen: Observation) -> Decision:
    if seen.backup is Thing.ABSENT:
        row = {Thing.ABSENT: 4 if seen.record_there else 1, Thing.RESULT: 3}.get(seen.temporary, 2)
        return Decision(row, Ends.PENDING, _drop(seen))
    if seen.same_file:
        return Decision(5, Ends.PENDING, (Action.DROP_SECOND_NAME, *_drop(seen)))
    if seen.backup is Thing.ORIGINAL:
        return _red(13, "there are two files with 48 kHz originals")
    return _red(14, "audio.tar is the original while its backup is not")


def _damaged(seen: Observation) -> Decision:
    if seen.backup is not Thing.ORIGINAL or seen.same_file:
        return _red(16, "audio.tar is damaged and there is no whole original beside it")
    if seen.backup_as_recorded is False:
        return _red(12, "audio.tar is damaged and its backup is not the original that the record names")
    return Decision(9, Ends.PENDING, (Action.RESTORE_BACKUP, *_drop(seen)))


def _result_beside_backup(seen: Observation) -> Decision:
    if seen.backup is not Thing.ORIGINAL:
        return _red(15, "audio.tar is converted and its backup is no whole original")
    if seen.temporary is not Thing.ABSENT:
        return _red(0, "audio.tar is converted, its original is kept, and there is a temporary tar as well")
    row = 7 if seen.record is SwapState.SWAPPED else 6
    if seen.record is None:
        if seen.pair_matches:
            return Decision(row, Ends.DONE, (Action.FINISH,))
        return _red(12, "audio.tar is converted, but not from the original that is kept beside it")
    if not seen.backup_as_recorded:
        return _red(12, "the backup is not the original that the record names")
    if seen.audio_as_recorded:
        return Decision(row, Ends.DONE, (Action.FINISH,))
    return Decision(9, Ends.PENDING, (Action.RESTORE_BACKUP,))


def _result_alone(seen: Observation) -> Decision:
    if not seen.has_trace:
        return Decision(0, Ends.UNTOUCHED)
    if seen.record is SwapState.SWAPPED:
        if seen.temporary is not Thing.ABSENT:
            return _red(0, "the shard is done, and there is a temporary tar beside it")
        return Decision(8, Ends.DONE)
    if seen.record is SwapState.SWAPPING:
        return _red(0, "the record says that a swap was under way, and the original is gone")
    return Decision(11, Ends.DONE, (*_drop(seen), Action.ADOPT))


def _red(row: int, why: str) -> Decision:
    return Decision(row, Ends.RED, why=why)
