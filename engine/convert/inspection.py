"""Looking at one shard without touching it: what it holds, what it needs, and whether its own words agree."""

from __future__ import annotations

from engine.convert.evidence import demand_agreement
from engine.convert.look import Look, look_at_tar
from engine.convert.shard import demand_plain, demand_status, has_traces, red, told
from engine.convert.tasks import Inspect, Inspection, Recovery, Result
from engine.crew.answers import State
from engine.crew.pulse import Pulse
from engine.errors import InputError
from engine.shards.contents import Kind, judge
from engine.shards.files import Files
from engine.shards.recovery import Stamp, recover
from engine.shards.states import Ends

STATE_OF_KIND = {
    Kind.ORIGINAL: (State.PENDING, ""),
    Kind.RESULT: (State.SKIPPED, "16 kHz mono already"),
    Kind.WIDE: (State.SKIPPED, "16 kHz already, but not mono"),
    Kind.SILENT: (State.SKIPPED, "no audio in it"),
    Kind.FOREIGN: (State.QUARANTINED, ""),
}
"""What a shard without traces of a swap is, and the note beside it."""


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
            look = look_at_tar(reader, task, pulse)
        except InputError as error:
            fault = error.within(file=names.audio_name).fault
            return Result(task=task.task, state=State.QUARANTINED, seconds=0, fault=fault, recovery=recovery)
    return _judged(task, look, state, recovery)


def _judged(task: Inspect, look: Look, state: State, recovery: Recovery | None) -> Result:
    kind, fault = judge(look.members, look.contents.clips)
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


def _inspection(look: Look) -> Inspection:
    contents, members, scale = look.contents, look.members, 1 / (look.share or 1.0)
    probed_bytes = sum(members[at].size_bytes for at in contents.clips)
    rest_bytes = sum(members[at].size_bytes for at in look.clips) - probed_bytes
    seconds = contents.seconds_of_audio
    kinds = {
        (clip.codec, clip.sample_format, clip.sample_rate_hz, clip.channels): clip for clip in contents.clips.values()
    }
    return Inspection(
        members=round(len(members) * scale),
        clips=round(len(look.clips) * scale),
        members_are_exact=look.share is None,
        probed=len(contents.clips),
        seconds_of_audio=(seconds + (rest_bytes * seconds / probed_bytes if probed_bytes else 0.0)) * scale,
        seconds_are_exact=look.share is None and len(contents.clips) == len(look.clips),
        audio=tuple(kinds.values()),
        sidecar_format=look.sidecar.format if look.sidecar else "",
        rows=look.rows,
        clips_without_row=len(look.match.clips_without_row) if look.match else 0,
        rows_without_clip=len(look.match.rows_without_clip) if look.match and look.share is None else 0,
        fields=tuple(sorted(look.sidecar.mapping)) if look.sidecar else (),
    )
