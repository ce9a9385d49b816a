"""One shard, from whatever state it is in to converted, skipped or quarantined: the twelve steps, in their order.

The caller is a worker process that may be killed at any instant; whoever comes next begins with recovery.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from engine.convert.clips import drop_unfinished_table, write_clip_table
from engine.convert.evidence import contradiction
from engine.convert.make import Made, gone_on_failure, make
from engine.convert.tasks import Conversion, Convert, Recover, Recovery, Result
from engine.crew.answers import State
from engine.crew.pulse import Pulse
from engine.crew.wire import from_wire, path_from_wire
from engine.errors import DamagedError, Fault, UnsupportedError
from engine.shards.contents import Contents, Kind, examine
from engine.shards.files import Files
from engine.shards.lease import lease
from engine.shards.names import ShardFiles
from engine.shards.record import Record, SwapState, drop_unfinished_record, now
from engine.shards.recovery import Recovered, Stamp, recover
from engine.shards.states import Ends
from engine.shards.swap import swap


def convert_shard(files: Files, task: Convert, pulse: Pulse) -> Result:
    """Do what one shard needs.

    Raises:
        InputError: when the shard has to be left to a person; nothing of it was changed.
        OSError: when the machine refuses; nothing of it is lost.
        StopRequestedError: when the worker is to stop; the shard is as it was.
    """
    names = task.shard.files
    with lease(names, task.shard.lock_path, task.run):
        recovery = None
        demand_status(files, names)
        if has_traces(files, names):
            pulse.enter("recover", may_stop=False)
            recovered = recover(
                files,
                names,
                Stamp(task.tool, task.run, task.keep_backup),
                clips=path_from_wire(task.clips),
                act=task.scratch is None,
                tick=pulse.tick,
            )
            recovery = told(recovered)
            settled = _settled(task, recovered, recovery)
            if settled is not None:
                return settled
        demand_plain(files, names)
        pulse.enter("read")
        contents = examine(files, names.audio, pulse.tick)
        return _Work(files, names, task, pulse, recovery).by_kind(contents)


def recover_shard(files: Files, task: Recover, pulse: Pulse) -> Result:
    """Bring one shard to a known state; see :func:`convert_shard` for what it raises."""
    names = task.shard.files
    with lease(names, task.shard.lock_path, task.run):
        demand_status(files, names)
        if not has_traces(files, names):
            return Result(task=task.task, state=State.PENDING, seconds=0)
        pulse.enter("recover", may_stop=False)
        stamp = Stamp(task.tool, task.run, task.keep_backup)
        clips = path_from_wire(task.clips)
        recovered = recover(files, names, stamp, clips=clips, let_go=task.let_go, act=task.act, tick=pulse.tick)
        if task.act and recovered.decision.ends is not Ends.RED:
            drop_unfinished_record(files, names)
            if clips is not None:
                drop_unfinished_table(clips)
    recovery = told(recovered)
    if recovered.decision.ends is Ends.RED:
        return Result(task=task.task, state=State.QUARANTINED, seconds=0, fault=red(recovery), recovery=recovery)
    state = State.DONE if recovered.decision.ends is Ends.DONE else State.PENDING
    return Result(task=task.task, state=state, seconds=0, recovery=recovery)


def has_traces(files: Files, names: ShardFiles) -> bool:
    """Tell whether a swap has left anything beside the tar, or the tar itself is absent: what recovery is for."""
    beside = (names.backup, names.temporary, names.status)
    return files.facts(names.audio) is None or any(files.facts(path) is not None for path in beside)


def demand_status(files: Files, names: ShardFiles) -> None:
    """Refuse a shard whose record could not be written, before anything is done for it.

    Raises:
        UnsupportedError: when something else stands under the record's name.
    """
    status = files.facts(names.status)
    if status is not None and not status.is_file:
        problem, read = "the status file cannot be written", "a folder, a link or a device of its name"
        raise UnsupportedError(Fault(problem, file=names.status_name, read=read, way_out="move it away"))


def told(recovered: Recovered) -> Recovery:
    """Say what recovery did, as events and results carry it."""
    decision = recovered.decision
    return Recovery(row=decision.row, ends=decision.ends, actions=decision.actions, why=decision.why)


def _settled(task: Convert, recovered: Recovered, recovery: Recovery) -> Result | None:
    """Return the answer where recovery has found all there is to say."""
    ends = recovered.decision.ends
    if ends is Ends.RED:
        return Result(task=task.task, state=State.QUARANTINED, seconds=0, fault=red(recovery), recovery=recovery)
    if ends is Ends.DONE:
        return Result(task=task.task, state=State.DONE, seconds=0, recovery=recovery)
    if task.scratch is not None and recovered.decision.actions:
        return Result(task=task.task, state=State.RECOVERING, seconds=0, recovery=recovery)
    return None


def red(recovery: Recovery) -> Fault:
    """Say to a person why recovery left a shard alone."""
    row = f"row {recovery.row} of the recovery table" if recovery.row else "no row of the recovery table"
    return Fault(
        recovery.why,
        read=row,
        way_out="nothing was touched; look at the shard's files, move what does not belong there, then run again",
    )


def demand_plain(files: Files, names: ShardFiles) -> None:
    """Refuse a tar that is no file of this folder alone: a swap could not put its result in the same place."""
    facts, folder = files.facts(names.audio), files.facts(names.folder.resolve())
    if facts is None or folder is None:
        raise DamagedError(Fault("the tar is gone", file=names.audio_name))
    read = ""
    if not facts.is_file:
        read = "a link, a folder or a device"
    elif facts.links > 1:
        read = f"a file with {facts.links} names"
    elif facts.identity.device != folder.identity.device:
        read = "a file on another device than its folder"
    if read:
        wanted, way_out = "a plain file with one name", "replace it by a copy of its own"
        raise UnsupportedError(
            Fault("the tar cannot be swapped", file=names.audio_name, read=read, wanted=wanted, way_out=way_out)
        )


@dataclass(frozen=True, slots=True)
class _Work:
    """One shard under conversion: nothing of it is in an unknown state any more."""

    files: Files
    names: ShardFiles
    task: Convert
    pulse: Pulse
    recovery: Recovery | None

    def by_kind(self, contents: Contents) -> Result:
        """Do what a tar of these contents needs."""
        match contents.kind:
            case Kind.ORIGINAL:
                return self._convert(contents)
            case Kind.RESULT:
                contradiction(self.files, self.task.shard, contents, self.task.aliases)
                return self._skipped("16 kHz mono already")
            case Kind.WIDE:
                return self._skipped("16 kHz already, but not mono")
            case Kind.SILENT:
                return self._skipped("no audio in it")
        assert contents.fault is not None
        raise (DamagedError if contents.kind is Kind.DAMAGED else UnsupportedError)(contents.fault)

    def _skipped(self, note: str) -> Result:
        return Result(task=self.task.task, state=State.SKIPPED, seconds=0, note=note, recovery=self.recovery)

    def _convert(self, contents: Contents) -> Result:
        task = self.task
        flags = contradiction(self.files, task.shard, contents, task.aliases)
        if task.scratch is not None:
            target = from_wire(task.scratch) / f"{os.getpid()}.16k.tar"
            made = self._make(target, contents, flags)
            self.files.unlink(target)
        else:
            made = self._make(self.names.temporary, contents, flags)
            if task.clips is not None:
                with gone_on_failure(self.files, self.names.temporary):
                    write_clip_table(from_wire(task.clips), made.rewritten.clips)
            self._swap(made)
        conversion = Conversion(
            original=made.rewritten.original,
            result=made.rewritten.result,
            tally=made.tally,
            backup_kept=task.keep_backup,
            codec="+".join(sorted({clip.codec for clip in contents.clips.values()})),
        )
        return Result(
            task=task.task,
            state=State.DONE if task.scratch is None else State.PENDING,
            seconds=0,
            recovery=self.recovery,
            conversion=conversion,
            flags=made.tally.flags,
        )

    def _make(self, target: Path, contents: Contents, flags: tuple[str, ...]) -> Made:
        return make(
            self.files,
            self.names.audio,
            target,
            contents,
            spot_checks=self.task.spot_checks,
            flags=flags,
            pulse=self.pulse,
            threads=self.task.threads,
        )

    def _swap(self, made: Made) -> None:
        self.pulse.enter("swap", of_bytes=made.rewritten.result.size_bytes, may_stop=False)
        promise = Record(
            state=SwapState.SWAPPING,
            tool=self.task.tool,
            run=self.task.run,
            time=now(),
            original=made.rewritten.original,
            result=made.rewritten.result,
            tally=made.tally,
            keeps_backup=self.task.keep_backup,
        )
        swap(self.files, self.names, made.original, promise, links=self.task.links, tick=self.pulse.tick)
