"""Cleaning one shard: its kept original goes when record, table and every byte of its result say that it may.

A clean takes names away and does nothing else. Whatever recovery would have to mend is left as it is and told, for a
person has signed a deletion and no repair. A kill at any moment leaves row 7 of the recovery table (the original is
still kept) or row 8 (it is gone); the record, which says ``swapped``, is not written again.
"""

from __future__ import annotations

import contextlib

from engine.convert.cleaning_beside import temporaries_of
from engine.convert.cleaning_tasks import Clean, Cleaned
from engine.crew.answers import State
from engine.crew.pulse import Pulse
from engine.crew.wire import from_wire
from engine.errors import Fault, UnsupportedError
from engine.shards.files import Facts, Files
from engine.shards.lease import lease
from engine.shards.names import ShardFiles
from engine.shards.record import Record, SwapState, Unreadable, read_record
from engine.shards.recovery import observe
from engine.shards.states import Action, Decision, Ends, decide
from engine.shards.swap import finish

_KEPT = (Ends.DONE, (Action.FINISH,))
"""Row 7: the swap is over, and its original is kept."""
_OVER = (Ends.DONE, ())
"""Row 8: the swap is over, and its original is gone."""
_ROTTEN = "look at the disk (dmesg, SMART); then give the original its name back and run gonogo convert"
_ANEW = "run gonogo validate, look at its report, and sign the clean again"


def clean_shard(files: Files, task: Clean, pulse: Pulse) -> Cleaned:
    """Delete what one shard does not need any more, or in a dry run say what that is.

    Raises:
        InputError: when it is not what the report saw, or not over; nothing of it was touched.
        OSError: when the machine refuses; run it again.
        StopRequestedError: when the worker is to stop; nothing of it was touched.
    """
    names = task.shard.files
    with lease(names, task.shard.lock_path, task.run) if task.act else contextlib.nullcontext():
        record = _demand_as_reported(files, names, task)
        backup = files.facts(names.backup)
        pulse.enter("prove")
        _demand_over(_judged(files, names, record, pulse, hashes=task.act), backup)
        if task.act:
            pulse.enter("let go", may_stop=False)
            if backup is not None:
                _demand_as_reported(files, names, task)  # hashing took its time
                _let_go(files, names, record)
            for path in temporaries_of(files, names, from_wire(task.clips)):
                files.unlink(path)
                files.sync_folder(path.parent)
    return Cleaned(task=task.task, state=State.DONE, seconds=0)


def _demand_as_reported(files: Files, names: ShardFiles, task: Clean) -> Record:
    """Return the record of a shard that is what the report saw, and whose backup is the one that the record keeps.

    Raises:
        UnsupportedError: when it is not.
    """
    audio, backup = files.facts(names.audio), files.facts(names.backup)
    if audio is None or not audio.is_file or audio.identity != task.audio:
        raise _unlike("the tar is not the one that the validation report saw", names.audio_name)
    record = read_record(files, names.status)
    if not isinstance(record, Record):
        why = record.why if isinstance(record, Unreadable) else "nothing"
        raise _unlike("the shard has no record that can be read", names.status_name, read=why)
    if record.state is not SwapState.SWAPPED or record.audio_identity != audio.identity:
        read = f"{record.state}, of {'this' if record.audio_identity == audio.identity else 'another'} tar"
        raise _unlike("the record does not call this tar done", names.status_name, read=read)
    if backup is not None and not (record.keeps_backup and record.backup_identity == backup.identity):
        raise _unlike("the original is not the one that the record keeps", names.backup_name)
    return record


def _judged(files: Files, names: ShardFiles, record: Record, pulse: Pulse, *, hashes: bool) -> Decision:
    """Ask the recovery table; where the original is about to go, every byte of the result is read and hashed."""
    seen, _ = observe(files, names, record, pulse.tick, lets_go=hashes)
    return decide(seen)


def _demand_over(decision: Decision, backup: Facts | None) -> None:
    """Refuse a shard that recovery would have to do anything for.

    Raises:
        UnsupportedError: when its swap is not over.
    """
    if (decision.ends, decision.actions) == (_OVER if backup is None else _KEPT):
        return
    row = f"row {decision.row} of the recovery table" if decision.row else "no row of the recovery table"
    if Action.RESTORE_BACKUP in decision.actions:
        problem = "the converted tar is not what its record names any more, and its original stays"
        raise UnsupportedError(Fault(problem, read=row, way_out=_ROTTEN))
    read = f"{row}: {decision.why or ', '.join(decision.actions) or decision.ends}"
    way_out = "nothing was touched; see what gonogo recover --dry-run says of it"
    raise UnsupportedError(Fault("the swap is not over here", read=read, way_out=way_out))


def _let_go(files: Files, names: ShardFiles, record: Record) -> None:
    """Run the protocol's last two steps, as recovery does for row 7."""
    files.sync_file(names.audio)
    files.sync_folder(names.folder)
    finish(files, names, record, let_go=True)


def _unlike(problem: str, file: str, *, read: str = "") -> UnsupportedError:
    return UnsupportedError(Fault(problem, file=file, read=read, way_out=_ANEW))
