"""Recovery: look at a shard's four files, find the row of the table, act on it. Runs before anything else is done.

The table itself is :mod:`engine.shards.states`. Looking reads content: headers always, and all bytes where an original
is about to lose a name. Nothing is changed before the decision is made, and a RED decision changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from engine.errors import DamagedError, Fault, InputError, printable
from engine.shards.contents import Contents, Kind, examine
from engine.shards.digest import digest
from engine.shards.files import Facts, Files, Identity
from engine.shards.names import ShardFiles
from engine.shards.pair import prove
from engine.shards.record import Record, SwapState, TarDigest, Unreadable, now, read_record, write_record
from engine.shards.states import THING_OF_KIND, Action, Decision, Ends, Observation, Thing, decide
from engine.shards.swap import finish, restore_backup

Tick = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Pair:
    """What was found out of an original and a result whose record is lost."""

    digests: tuple[TarDigest, TarDigest] | None
    """Of both, where one is the conversion of the other."""
    told: str
    """What proves it, or what speaks against it."""


def _no_tick() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who writes a record."""

    tool: str
    run: str
    keeps_backup: bool = False
    """Whether originals are kept, where the record that would say so of this one is lost."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What recovery saw and did."""

    seen: Observation
    decision: Decision
    record: Record | None
    """The shard's record afterwards, where it is readable."""

    @property
    def is_over(self) -> bool:
        """Whether the shard is done, and an original beside it is there on purpose."""
        kept = self.record is not None and self.record.keeps_backup and self.record.state is SwapState.SWAPPED
        return kept and self.decision.ends is Ends.DONE


def recover(
    files: Files,
    names: ShardFiles,
    stamp: Stamp,
    *,
    clips: Path | None = None,
    let_go: bool = False,
    act: bool = True,
    tick: Tick = _no_tick,
) -> Recovered:
    """Bring one shard to a known state.

    Args:
        files: the file system.
        names: the shard's four files; the caller holds the shard's lock.
        stamp: named in a record that has to be written.
        clips: where the shard's clip table would lie, if it has one; asked where the record is lost.
        let_go: delete also an original that its record keeps.
        act: False only looks and decides.
        tick: called often; may raise while nothing is being changed.

    Raises:
        DamagedError: when the disk gives back one thing and then another; the original is where it was.
        OSError: when a file cannot be read or a step is refused; run it again.
    """
    record = read_record(files, names.status)
    known = None if isinstance(record, Unreadable) else record
    lets_go = act and (let_go or not (known and known.keeps_backup))
    seen, pair = observe(files, names, record, tick, clips=clips, lets_go=lets_go)
    decision = _explained(decide(seen), pair)
    if act:
        for action in decision.actions:
            proven = pair.digests if pair else None
            known = _act(action, files, names, known, stamp, pair=proven, let_go=let_go, tick=tick)
    return Recovered(seen, decision, known)


def _explained(decision: Decision, pair: Pair | None) -> Decision:
    """Add to a decision what the proof of a pair came to, where there had to be one."""
    if pair is None or (decision.ends is Ends.RED) is (pair.digests is not None):  # what is RED is so for other reasons
        return decision
    return replace(decision, why=f"{decision.why}: {pair.told}" if decision.why else pair.told)


def observe(
    files: Files,
    names: ShardFiles,
    record: Record | Unreadable | None,
    tick: Tick = _no_tick,
    *,
    clips: Path | None = None,
    lets_go: bool = True,
) -> tuple[Observation, Pair | None]:
    """Look at a shard's files without changing anything; return also what was found of a pair without a record.

    Where an original may be let go for what is seen (``lets_go``), a record stands for no content: A is read again.
    """
    known = record if isinstance(record, Record) else None
    folder = files.facts(names.folder.resolve())
    a, b, t = (files.facts(path) for path in (names.audio, names.backup, names.temporary))
    same_file = a is not None and b is not None and a.is_file and a.identity == b.identity

    def thing(path: Path, facts: Facts | None, links: int = 1) -> Thing:
        if facts is None:
            return Thing.ABSENT
        if (
            not facts.is_file
            or facts.links > links
            or folder is None
            or facts.identity.device != folder.identity.device
        ):
            return Thing.REFUSED
        return _thing(examine(files, path, tick), is_temporary=path == names.temporary)

    trusted = known is not None and a is not None and _stands_for(known, known.audio_identity, a)
    kept = known is not None and b is not None and not same_file and _stands_for(known, known.backup_identity, b)
    audio = Thing.RESULT if trusted else thing(names.audio, a, links=2 if same_file else 1)
    backup = Thing.ORIGINAL if kept else (audio if same_file else thing(names.backup, b))
    seen = Observation(
        audio=audio,
        backup=backup,
        temporary=thing(names.temporary, t),
        record=known.state if known else None,
        record_there=record is not None,
        same_file=same_file,
    )
    if seen.backup is not Thing.ORIGINAL or same_file or audio not in (Thing.RESULT, Thing.DAMAGED):
        return seen, None
    if known is None:
        pair = _pair(files, names, clips, tick) if audio is Thing.RESULT else None
        return replace(seen, pair_matches=pair is not None and pair.digests is not None), pair
    return replace(
        seen,
        audio_as_recorded=(trusted and not lets_go) or digest(files, names.audio, tick) == known.result,
        backup_as_recorded=kept or digest(files, names.backup, tick) == known.original,
    ), None


def _thing(contents: Contents, *, is_temporary: bool) -> Thing:
    """Say what a tar is to the table.

    A power cut leaves zeros where data never came to the disk, and zeros are how a tar ends: one that was torn so reads
    as a whole tar without members or, where it began with text, without clips.
    """
    if contents.kind is Kind.SILENT and contents.index is not None and (is_temporary or not contents.index.members):
        return Thing.DAMAGED
    return THING_OF_KIND[contents.kind]


def _stands_for(record: Record, identity: Identity | None, facts: Facts) -> bool:
    """Tell whether a record may stand for a file's content: proven when it was written, unchanged since."""
    return record.state is SwapState.SWAPPED and facts.is_file and identity == facts.identity


def _pair(files: Files, names: ShardFiles, clips: Path | None, tick: Tick) -> Pair:
    """Find out whether A is the conversion of B, and return the hashes of both where it is.

    Hashing comes first: it drops the cached pages, so that the proof is one of what the disk holds.
    """
    digests = digest(files, names.backup, tick), digest(files, names.audio, tick)
    try:
        return Pair(digests, prove(files, names.backup, names.audio, clips, tick))
    except InputError as error:
        fault = error.fault
        return Pair(None, f"{printable(fault.member)}: {fault.problem}" if fault.member else fault.problem)


def _act(
    action: Action,
    files: Files,
    names: ShardFiles,
    record: Record | None,
    stamp: Stamp,
    *,
    pair: tuple[TarDigest, TarDigest] | None,
    let_go: bool,
    tick: Tick,
) -> Record | None:
    """Do one thing that the table asks for; return the shard's record as it is then."""
    match action:
        case Action.DROP_TEMPORARY:
            files.unlink(names.temporary)
            files.sync_folder(names.folder)
        case Action.DROP_SECOND_NAME:
            files.unlink(names.backup)
            files.sync_folder(names.folder)
        case Action.RESTORE_BACKUP:
            restore_backup(files, names)
        case Action.RETURN_BACKUP:
            files.move(names.backup, names.audio)
            files.sync_folder(names.folder)
        case Action.FINISH:
            files.sync_file(names.audio)
            files.sync_folder(names.folder)
            promise = record or _record_of(files, names, stamp, names.backup, tick)
            if record is None and (promise.original, promise.result) != pair:
                problem = "the disk gives back other bytes than it gave for the proof; the original stays where it is"
                raise DamagedError(Fault(problem, file=names.audio.name, way_out="check this disk before going on"))
            return finish(files, names, promise, let_go=let_go)
        case Action.ADOPT:
            found, audio = _record_of(files, names, stamp, None, tick), files.facts(names.audio)
            identity = audio and audio.identity
            adopted = msgspec.structs.replace(found, state=SwapState.SWAPPED, adopted=True, audio_identity=identity)
            write_record(files, names, adopted)
            return adopted
    return record


def _record_of(files: Files, names: ShardFiles, stamp: Stamp, original: Path | None, tick: Tick) -> Record:
    """Write down what is there, where the record that a swap had made is lost."""
    return Record(
        state=SwapState.SWAPPING,
        tool=stamp.tool,
        run=stamp.run,
        time=now(),
        original=digest(files, original, tick) if original else None,
        result=digest(files, names.audio, tick),
        keeps_backup=stamp.keeps_backup and original is not None,
    )
