"""Looking at one shard without touching it: what it holds, what it needs, and whether its own words agree.

All tar headers are read, and the clip headers of a spread sample. The other clips are held against their sidecar rows
by bytes per second: one that has three times too few for its duration is opened too, so that a few strays of another
rate are found without reading every clip.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.audio.formats import ClipInfo
from engine.convert.evidence import demand_agreement, find_sidecar, plays_as_told
from engine.convert.pulse import Pulse
from engine.convert.shard import demand_plain, demand_status, has_traces, red, told
from engine.convert.tasks import Inspect, Inspection, Recovery, Result, State
from engine.errors import InputError
from engine.shards.compare import spread
from engine.shards.contents import Contents, Kind, is_clip, judge, probe_member
from engine.shards.files import Files
from engine.shards.recovery import Stamp, recover
from engine.shards.sidecar import Match, Sidecar, match_rows
from engine.shards.states import Ends
from engine.shards.tar import Member, ReadAt, read_index

STATE_OF_KIND = {
    Kind.ORIGINAL: (State.PENDING, ""),
    Kind.RESULT: (State.SKIPPED, "16 kHz mono already"),
    Kind.WIDE: (State.SKIPPED, "16 kHz already, but not mono"),
    Kind.SILENT: (State.SKIPPED, "no audio in it"),
    Kind.FOREIGN: (State.QUARANTINED, ""),
}
"""What a shard without traces of a swap is, and the note beside it."""


@dataclass(frozen=True, slots=True)
class _Look:
    """A sample of a tar: all its members, the headers of some of its clips."""

    contents: Contents
    clips: tuple[int, ...]
    """Positions of all clips."""
    sidecar: Sidecar | None
    match: Match | None
    flags: tuple[str, ...]


def inspect_shard(files: Files, task: Inspect, pulse: Pulse) -> Result:
    """Tell what one shard is.

    Raises:
        OSError: when it cannot be read.
        StopRequestedError: when the worker is to stop.
    """
    names = task.shard.files
    state, recovery = State.PENDING, None
    pulse.enter("inspect")
    demand_status(files, names)
    if has_traces(files, names):
        recovered = recover(files, names, Stamp("", ""), act=False, tick=pulse.tick)
        recovery = told(recovered)
        if recovered.decision.ends is Ends.RED:
            return Result(task=task.task, state=State.QUARANTINED, seconds=0, fault=red(recovery), recovery=recovery)
        if recovered.decision.actions and not recovered.is_over:
            state = State.RECOVERING
        elif recovered.decision.ends is Ends.DONE:
            state = State.DONE
    if files.facts(names.audio) is None:
        return Result(task=task.task, state=state, seconds=0, recovery=recovery)
    try:
        demand_plain(files, names)
    except InputError as error:
        return Result(task=task.task, state=State.QUARANTINED, seconds=0, fault=error.fault, recovery=recovery)
    with files.open(names.audio) as reader:
        try:
            look = _look(reader.read_at, reader.size_bytes, task, pulse)
        except InputError as error:
            fault = error.within(file=names.audio_name).fault
            return Result(task=task.task, state=State.QUARANTINED, seconds=0, fault=fault, recovery=recovery)
    return _judged(task, look, state, recovery)


def _judged(task: Inspect, look: _Look, state: State, recovery: Recovery | None) -> Result:
    assert look.contents.index is not None
    kind, fault = judge(look.contents.index.members, look.contents.clips)
    note = ""
    if state is State.PENDING:
        state, note = STATE_OF_KIND[kind]
        if look.sidecar is not None and look.match is not None and kind in (Kind.ORIGINAL, Kind.RESULT):
            try:
                demand_agreement(look.sidecar, look.match, look.contents)
            except InputError as error:
                state, fault = State.QUARANTINED, error.fault
    return Result(
        task=task.task,
        state=state,
        seconds=0,
        fault=fault,
        note=note,
        flags=look.flags,
        recovery=recovery,
        inspection=_inspection(look),
    )


def _look(read_at: ReadAt, size_bytes: int, task: Inspect, pulse: Pulse) -> _Look:
    index = read_index(read_at, size_bytes, pulse.tick)
    clips = tuple(at for at, member in enumerate(index.members) if is_clip(read_at, member))
    chosen = sorted(spread(clips, task.probes))
    probed = {at: probe_member(read_at, index.members[at]) for at in chosen}
    contents = Contents(Kind.ORIGINAL, index, probed)
    sidecar, flags = find_sidecar(task.shard, read_at, index, clips, task.aliases)
    if sidecar is None:
        return _Look(contents, clips, None, None, flags)
    match = match_rows(sidecar, [index.members[at].name for at in clips])
    for at in _odd(index.members, clips, probed, sidecar, match):
        pulse.tick()
        probed[at] = probe_member(read_at, index.members[at])
    told_off = (
        (f"{len(match.clips_without_row):,} clips have no row in the sidecar", match.clips_without_row),
        (f"{len(match.rows_without_clip):,} rows of the sidecar have no clip", match.rows_without_clip),
        (f"{len(match.doubled):,} rows of the sidecar name a clip again", match.doubled),
    )
    flags = (*flags, *(text for text, found in told_off if found), *(str(fault) for fault in sidecar.problems))
    return _Look(contents, clips, sidecar, match, flags)


def _odd(
    members: tuple[Member, ...],
    clips: tuple[int, ...],
    probed: dict[int, ClipInfo],
    sidecar: Sidecar,
    match: Match,
) -> list[int]:
    """Find the clips whose bytes per second do not fit their shard's: candidates for another rate."""
    rates = [
        members[at].size_bytes / clip.duration_s for at, clip in probed.items() if clip.frames and clip.codec == "wav"
    ]
    if not rates:
        return []
    bytes_per_s = sorted(rates)[len(rates) // 2]
    odd = []
    for at in clips:
        row = match.row_of.get(members[at].name)
        told_s = sidecar.rows[row].duration_s if row is not None else None
        if at not in probed and told_s and not plays_as_told(members[at].size_bytes / bytes_per_s, told_s):
            odd.append(at)
    return odd


def _inspection(look: _Look) -> Inspection:
    contents = look.contents
    assert contents.index is not None
    members = contents.index.members
    probed_bytes = sum(members[at].size_bytes for at in contents.clips)
    rest_bytes = sum(members[at].size_bytes for at in look.clips) - probed_bytes
    seconds = contents.seconds_of_audio
    kinds = {
        (clip.codec, clip.sample_format, clip.sample_rate_hz, clip.channels): clip for clip in contents.clips.values()
    }
    return Inspection(
        members=len(members),
        clips=len(look.clips),
        probed=len(contents.clips),
        seconds_of_audio=seconds + (rest_bytes * seconds / probed_bytes if probed_bytes else 0.0),
        seconds_are_exact=len(contents.clips) == len(look.clips),
        audio=tuple(kinds.values()),
        sidecar_format=look.sidecar.format if look.sidecar else "",
        rows=len(look.sidecar.rows) if look.sidecar else 0,
        clips_without_row=len(look.match.clips_without_row) if look.match else 0,
        rows_without_clip=len(look.match.rows_without_clip) if look.match else 0,
        fields=tuple(sorted(look.sidecar.mapping)) if look.sidecar else (),
    )
