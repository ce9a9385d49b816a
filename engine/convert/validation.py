"""Validating one shard without touching it: what it holds now, and whether that is what its record and table promise.

All headers are read, of the tar and of every clip; some clips are decoded by libsndfile, which shares no code with the
converter. Whether a shard is done is decided as everywhere, by the recovery table, which here only looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import xxhash

from engine.audio.check import demand_decodable
from engine.audio.formats import SOURCE_RATE_HZ, TARGET_RATE_HZ, ClipInfo, output_frames
from engine.convert.inspection import STATE_OF_KIND
from engine.convert.shard import has_traces, red, told
from engine.convert.shown import shown
from engine.convert.tasks import Recovery, Result, Validate
from engine.convert.validation_facts import Before, ClipKind, Spare, Validation, in_classes
from engine.crew.answers import State
from engine.crew.pulse import Pulse
from engine.crew.wire import from_wire, path_from_wire
from engine.errors import Fault, InputError, printable
from engine.shards.clips import DAMAGED_TABLE, ClipRow, read_clip_table
from engine.shards.compare import spread
from engine.shards.contents import Contents, Kind, judge, probe_clips
from engine.shards.digest import digest
from engine.shards.files import Facts, Files, Reader
from engine.shards.names import ShardFiles
from engine.shards.record import Record, SwapState, Tally
from engine.shards.recovery import Stamp, recover
from engine.shards.states import Ends
from engine.shards.tar import Member, read_index

NAMED_MOST = 20
"""Differences of one kind that a shard names; a wholly damaged one would fill the report."""
_ROUNDING_S = 1e-6
"""What summing durations in another order may change, for any shard."""
_WAY_OUT = "the shard is not what its conversion left: restore it from another copy, or make it again from the source"


@dataclass(frozen=True, slots=True)
class _Standing:
    """What a shard is by its files' names, identities and record."""

    state: State
    recovery: Recovery | None
    record: Record | None


def validate_shard(files: Files, task: Validate, pulse: Pulse) -> Result:
    """Tell what one shard holds, and where that is not what it should be.

    Raises:
        OSError: when it cannot be read.
        StopRequestedError: when the worker is to stop.
    """
    names = task.shard.files
    pulse.enter("validate")
    standing = _standing(files, names, path_from_wire(task.clips), pulse)
    backup, leftovers = _spares(files, task, standing)
    seen = Validation(backup=backup, leftovers=leftovers)
    facts = files.facts(names.audio)
    if facts is None or not facts.is_file:
        read = "nothing" if facts is None else "a link, a folder or a device"
        fault = Fault("the tar cannot be read", file=names.audio_name, read=read, wanted="a plain file")
        return _result(task, standing, State.QUARANTINED if facts else standing.state, seen, fault)
    seen = msgspec.structs.replace(seen, identity=facts.identity)
    with files.open(names.audio) as reader:
        try:
            index = read_index(reader.read_at, reader.size_bytes, pulse.tick)
            seen = msgspec.structs.replace(seen, members=len(index.members))
            clips = probe_clips(reader.read_at, index, pulse.tick)
        except InputError as error:
            return _damaged(task, standing, seen, error.within(file=names.audio_name).fault)
        kind, foreign = judge(index.members, clips)
        contents = Contents(kind, index, clips, foreign)
        return _Look(files, task, pulse, standing, reader, contents).judged(seen)


def _standing(files: Files, names: ShardFiles, clips: Path | None, pulse: Pulse) -> _Standing:
    if not has_traces(files, names):
        return _Standing(State.PENDING, None, None)
    recovered = recover(files, names, Stamp("", ""), clips=clips, act=False, tick=pulse.tick)
    state = State.PENDING
    if recovered.decision.ends is Ends.RED:
        state = State.QUARANTINED
    elif recovered.decision.actions and not recovered.is_over:
        state = State.RECOVERING
    elif recovered.decision.ends is Ends.DONE:
        state = State.DONE
    return _Standing(state, told(recovered), recovered.record)


def _is_kept(record: Record | None, backup: Facts | None) -> bool:
    """Tell whether an original lies beside its shard because it was asked for."""
    return (
        record is not None
        and record.keeps_backup
        and record.state is SwapState.SWAPPED
        and backup is not None
        and record.backup_identity == backup.identity
    )


def _spares(files: Files, task: Validate, standing: _Standing) -> tuple[Spare | None, tuple[Spare, ...]]:
    """Find what lies beside the tar and takes room: the kept original, and what was left over."""
    names = task.shard.files
    if task.shard.lone:
        found = {names.backup_name, names.temporary_name, f"{names.status_name}.tmp"}
    else:
        found = {path.name for path in names.folder.iterdir() if path.suffix in (".bak", ".tmp")}
    kept, others = None, []
    for name in sorted(found):
        facts = files.facts(names.folder / name)
        if facts is None:
            continue
        spare = Spare(printable(name), facts.identity.size_bytes)
        if name == names.backup_name and _is_kept(standing.record, facts):
            kept = spare
        else:
            others.append(spare)
    return kept, tuple(others)


def _result(
    task: Validate,
    standing: _Standing,
    state: State,
    seen: Validation,
    fault: Fault | None = None,
    *,
    note: str = "",
) -> Result:
    if state is State.QUARANTINED and fault is None and standing.recovery is not None:
        fault = red(standing.recovery)
    tally = standing.record.tally if standing.record else None
    return Result(
        task=task.task,
        state=state,
        seconds=0,
        fault=fault,
        note=note,
        flags=tally.flags if tally and state is State.DONE else (),
        recovery=standing.recovery,
        validation=seen,
    )


def _damaged(task: Validate, standing: _Standing, seen: Validation, fault: Fault) -> Result:
    """Say of a tar that it cannot be read to its end; what is on record of its original still counts as before."""
    record = standing.record
    if record is not None and record.state is SwapState.SWAPPED:
        seen = msgspec.structs.replace(seen, before=_before(record, None))
        fault = msgspec.structs.replace(fault, way_out=fault.way_out or _WAY_OUT)
    return _result(task, standing, State.QUARANTINED, seen, fault)


@dataclass(slots=True)
class _Look:
    """One shard whose tar is whole, under validation."""

    files: Files
    task: Validate
    pulse: Pulse
    standing: _Standing
    reader: Reader
    contents: Contents

    @property
    def _members(self) -> tuple[Member, ...]:
        assert self.contents.index is not None
        return self.contents.index.members

    def judged(self, seen: Validation) -> Result:
        """Count what is there; hold a converted shard against what is on record of it."""
        clips = self.contents.clips
        spot = spread(list(clips), self.task.spot_checks)
        seen = msgspec.structs.replace(
            seen,
            readable=True,
            clips=len(clips),
            kinds=_kinds(list(clips.values())),
            durations=in_classes(clip.duration_s for clip in clips.values()),
            spot_decoded=len(spot),
            spot_faults=tuple(fault for at in sorted(spot) if (fault := self._decode(at)) is not None),
        )
        state, note, fault = self.standing.state, "", None
        if state is State.DONE:
            seen = self._against_record(seen, spot)
        elif state is State.PENDING:
            state, note = STATE_OF_KIND[self.contents.kind]
            fault = self.contents.fault and InputError(self.contents.fault).within(file=self._file).fault
        return _result(self.task, self.standing, state, seen, fault, note=note)

    @property
    def _file(self) -> str:
        return self.task.shard.files.audio_name

    def _decode(self, at: int) -> Fault | None:
        self.pulse.tick()
        try:
            demand_decodable(self._bytes_of(at), self.contents.clips[at])
        except InputError as error:
            fault = error.within(file=self._file, member=self._members[at].name).fault
            return shown(msgspec.structs.replace(fault, way_out="listen to the clip; restore it from another copy"))
        return None

    def _bytes_of(self, at: int) -> bytes:
        member = self._members[at]
        self.pulse.advance(read=member.size_bytes)
        return self.reader.read_at(member.data_offset, member.size_bytes)

    def _against_record(self, seen: Validation, spot: set[int]) -> Validation:
        record = self.standing.record
        assert record is not None
        rows, faults = self._table()
        names = self.task.shard.files
        whole, hashed = True, False
        if self.task.full or record.audio_identity != self.reader.facts.identity:
            hashed = True
            found = digest(self.files, names.audio, self.pulse.tick)
            whole = found == record.result
            if not whole:
                read = f"XXH3-128 {found.xxh3_128}, {found.size_bytes:,} bytes"
                wanted = f"{record.result.xxh3_128}, {record.result.size_bytes:,} bytes"
                faults.append(self._fault("the converted tar's bytes are not those on record", read, wanted))
        if self.task.full and seen.backup is not None and record.original is not None:
            kept = digest(self.files, names.backup, self.pulse.tick)
            if kept != record.original:
                read, wanted = f"XXH3-128 {kept.xxh3_128}", record.original.xxh3_128
                problem = "the kept original's bytes are not those on record"
                faults.append(msgspec.structs.replace(self._fault(problem, read, wanted), file=names.backup_name))
        if self.contents.kind is not Kind.RESULT and self.contents.clips:
            faults.append(self._fault("a converted shard is not 16 kHz mono", self.contents.kind, Kind.RESULT))
        faults += self._against_tally(record)
        if rows is not None:
            faults += self._against_table(rows, spot if whole else set(self.contents.clips))
        return msgspec.structs.replace(
            seen,
            before=_before(record, rows),
            saturated_samples=record.tally.saturated_samples if record.tally else sum(_saturated(rows)),
            saturated_clips=sum(count > 0 for count in _saturated(rows)),
            cancelled_clips=record.tally.cancelled_clips if record.tally else sum(row.cancelled for row in rows or ()),
            energy_lost_clips=record.tally.energy_lost_clips if record.tally else 0,
            hashed=hashed,
            clip_table=rows is not None,
            mismatches=tuple(shown(fault) for fault in faults),
        )

    def _fault(self, problem: str, read: object, wanted: object, member: str = "") -> Fault:
        return Fault(problem, file=self._file, member=member, read=str(read), wanted=str(wanted), way_out=_WAY_OUT)

    def _table(self) -> tuple[list[ClipRow] | None, list[Fault]]:
        """Read the shard's clip table; None where there is none."""
        if self.task.clips is None:
            return None, []
        path = from_wire(self.task.clips)
        try:
            return list(read_clip_table(path)), []
        except FileNotFoundError:
            return None, []
        except DAMAGED_TABLE as error:
            way_out = "delete the table: the report then rests on the shard's record alone"
            return None, [Fault("the clip table cannot be read", file=path.name, read=str(error), way_out=way_out)]

    def _against_tally(self, record: Record) -> list[Fault]:
        tally, clips = record.tally, self.contents.clips
        if tally is None:
            return []
        faults = []
        if (found := (len(self._members), len(clips))) != (tally.members, tally.clips):
            read, wanted = (f"{members:,} members, {count:,} clips" for members, count in (found, _counted(tally)))
            faults.append(self._fault("the converted tar does not hold what is on record", read, wanted))
        longer_s = self.contents.seconds_of_audio - tally.seconds_of_audio
        if not -_ROUNDING_S <= longer_s <= len(clips) / TARGET_RATE_HZ + _ROUNDING_S:
            read, wanted = f"{self.contents.seconds_of_audio:,.6f} s", f"{tally.seconds_of_audio:,.6f} s"
            faults.append(self._fault("the converted tar plays for another time than its original", read, wanted))
        return faults

    def _against_table(self, rows: list[ClipRow], to_hash: set[int]) -> list[Fault]:
        """Hold every clip's place and length, and the bytes of some, against the table."""
        positions = list(self.contents.clips)
        if len(rows) != len(positions):
            read, wanted = f"{len(positions):,} clips", f"{len(rows):,} as the clip table has them"
            return [self._fault("the converted tar does not hold the clips of its table", read, wanted)]
        faults: list[Fault] = []
        for at, row in zip(positions, rows, strict=True):
            self.pulse.tick()
            fault = self._clip_against(at, row, self._bytes_of if at in to_hash else None)
            if fault is not None:
                faults.append(fault)
        if len(faults) > NAMED_MOST:
            more = f"{len(faults) - NAMED_MOST:,} further clips are not those of the clip table"
            faults[NAMED_MOST:] = [Fault(more, file=self._file)]
        return faults

    def _clip_against(self, at: int, row: ClipRow, read: Callable[[int], bytes] | None) -> Fault | None:
        member, clip = self._members[at], self.contents.clips[at]
        name = printable(member.name)
        if name != row.member:
            return self._fault("another clip stands here than in the clip table", name, row.member, name)
        place = (member.data_offset, member.size_bytes)
        if place != (row.offset_bytes, row.size_bytes):
            read_at, wanted = (f"{size:,} bytes at {offset:,}" for offset, size in (place, _place(row)))
            return self._fault("a clip lies elsewhere than the clip table says", read_at, wanted, name)
        lengths = {clip.frames, row.frames, output_frames(row.original_frames)}
        if len(lengths) > 1:
            wanted = f"{output_frames(row.original_frames):,} for {row.original_frames:,} at {SOURCE_RATE_HZ:,} Hz"
            return self._fault("a clip has another length than its original", f"{clip.frames:,} frames", wanted, name)
        if read is None or (found := xxhash.xxh3_128_hexdigest(read(at))) == row.xxh3_128:
            return None
        return self._fault("a clip's bytes are not those of the clip table", found, row.xxh3_128, name)


def _counted(tally: Tally) -> tuple[int, int]:
    return tally.members, tally.clips


def _place(row: ClipRow) -> tuple[int, int]:
    return row.offset_bytes, row.size_bytes


def _saturated(rows: list[ClipRow] | None) -> list[int]:
    return [row.saturated_samples for row in rows or ()]


def _before(record: Record, rows: list[ClipRow] | None) -> Before:
    """Gather what is on record of the original; the clip table is exact, the tally is a rounded sum."""
    duration_s = record.tally.seconds_of_audio if record.tally else None
    if rows is not None:
        duration_s = sum(row.original_frames for row in rows) / SOURCE_RATE_HZ
    return Before(
        size_bytes=record.original.size_bytes if record.original else None,
        duration_s=duration_s,
        clips_by_channels=dict(Counter(row.original_channels for row in rows or () if row.original_channels)),
    )


def _kinds(clips: list[ClipInfo]) -> tuple[ClipKind, ...]:
    counts: Counter[ClipInfo] = Counter()
    frames: Counter[ClipInfo] = Counter()
    for clip in clips:
        kind = msgspec.structs.replace(clip, frames=0)
        counts[kind] += 1
        frames[kind] += clip.frames
    return tuple(
        ClipKind(
            codec=kind.codec,
            sample_format=kind.sample_format,
            sample_rate_hz=kind.sample_rate_hz,
            channels=kind.channels,
            clips=count,
            frames=frames[kind],
        )
        for kind, count in counts.items()
    )
