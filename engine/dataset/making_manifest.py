"""The manifest as tasks: a fragment for each shard, then all fragments into one table."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from engine.audio.formats import SOURCE_RATE_HZ, TARGET_RATE_HZ
from engine.crew.answers import State
from engine.crew.artifacts import write_whole
from engine.crew.pulse import Pulse
from engine.crew.wire import from_wire
from engine.dataset.attended import attended
from engine.dataset.manifest.fragment import (
    FragmentInputs,
    about_of,
    inputs_of,
    is_current,
    open_fragment,
    problems_of,
    write_fragment,
)
from engine.dataset.manifest.groups import find_groups
from engine.dataset.manifest.inputs import manifest_inputs, read_manifest_inputs
from engine.dataset.manifest.markdown import markdown
from engine.dataset.manifest.merge import PROBLEMS, REPORT, merge
from engine.dataset.manifest.report import ManifestReport
from engine.dataset.manifest.rows import ShardRows, list_shard
from engine.dataset.manifest.schema import ProblemKind
from engine.dataset.places import MANIFEST, Places, places_of
from engine.dataset.tasks import CLIPS, PROBLEMS_FOUND, SHARD_STATE, ListShard, Made, MergeManifest
from engine.errors import Fault, printable
from engine.shards.files import Files, RealFiles
from engine.shards.names import ShardFiles
from engine.shards.recovery import Stamp, recover
from engine.shards.states import Ends
from engine.units import counted

_PAGE: Final = "manifest.md"
_UNREADABLE: Final = (ProblemKind.SHARD, ProblemKind.HEADER, ProblemKind.BYTES)
"""What leaves clips without a row, or rows without their figures."""


def list_one(task: ListShard, pulse: Pulse) -> Made:
    """Write one shard's fragment, unless the one that is there is of the same files.

    Raises:
        OSError: when the disk refuses the fragment.
        StopRequestedError: when the worker is to stop.
    """
    files, names, fragment = RealFiles(), task.shard.files, from_wire(task.fragment)
    pulse.enter("list")
    inputs = inputs_of(
        files,
        names,
        source=task.source,
        shard=task.name,
        tar=task.tar,
        sidecar=task.shard.sidecar_path,
        clip_table=from_wire(task.clips),
        state=task.state,
        aliases=task.aliases,
    )
    if is_current(fragment, inputs):
        return _listed_before(fragment)
    state = _recovered(files, names, pulse) if task.state == State.RECOVERING else State(task.state)
    rows = list_shard(
        files,
        names,
        source=task.source,
        shard=task.name,
        tar=task.tar,
        sidecar=task.shard.sidecar_path,
        clip_table=from_wire(task.clips),
        state=state,
        aliases=task.aliases,
        tick=pulse.tick,
    )
    rows = msgspec.structs.replace(rows, state=standing_of(rows))
    write_fragment(fragment, rows, inputs)
    faults = [problem for problem in rows.problems if problem.kind is ProblemKind.SHARD]
    fault = Fault(faults[0].detail) if faults else None
    return _listed(State(rows.state), len(rows.rows), len(rows.problems), fault)


def _recovered(files: Files, names: ShardFiles, pulse: Pulse) -> State:
    """Say what a shard is whose files are not those of its record: the recovery table decides, by content.

    It only looks. In a corpus that was copied or restored, every converted shard is such a one.
    """
    pulse.enter("recovery", may_stop=True)
    found = recover(files, names, Stamp("", ""), act=False, tick=pulse.tick)
    if found.decision.ends is Ends.RED:
        return State.QUARANTINED
    if found.decision.actions and not found.is_over:
        return State.RECOVERING
    return State.DONE if found.decision.ends is Ends.DONE else State.PENDING


def standing_of(rows: ShardRows) -> State:
    """Say what a shard is that no record speaks of: as its clips are; of others, what is on record."""
    if rows.state != State.PENDING:
        return State(rows.state)
    if any(problem.kind in (ProblemKind.SHARD, ProblemKind.HEADER) for problem in rows.problems):
        return State.QUARANTINED
    rates = {row.sample_rate_hz for row in rows.rows}
    if rates <= {TARGET_RATE_HZ}:
        return State.SKIPPED
    return State.PENDING if rates == {SOURCE_RATE_HZ} else State.QUARANTINED


def _listed_before(fragment: Path) -> Made:
    with open_fragment(fragment) as file:
        problems = problems_of(file, fragment)
        clips, state = file.metadata.num_rows, about_of(file, fragment).state
    faults = [problem for problem in problems if problem.kind is ProblemKind.SHARD]
    fault = Fault(faults[0].detail) if faults else None
    return msgspec.structs.replace(_listed(State(state), clips, len(problems), fault), current=True)


def _listed(state: State, clips: int, problems: int, fault: Fault | None) -> Made:
    figures: dict[str, int | float | str] = {CLIPS: clips, PROBLEMS_FOUND: problems, SHARD_STATE: str(state)}
    return Made(task="", state=State.DONE, seconds=0, well=fault is None, figures=figures, fault=fault)


def merge_all(task: MergeManifest, pulse: Pulse) -> Made:
    """Make the manifest of all fragments; one that is current is left as it is.

    Raises:
        DamagedError: when a fragment cannot be read.
        OSError: when the disk refuses.
        StoppedError: when the worker is to stop.
    """
    places = places_of(task)
    names = msgspec.json.decode(from_wire(task.order).read_bytes(), type=list[str])
    fragments = [from_wire(name) for name in names]
    manifest = places(MANIFEST)
    pulse.enter("inputs", of_bytes=len(fragments))
    with attended(pulse) as stop:
        inputs = manifest_inputs(map(_inputs_of, fragments), tool=task.tool, common_videos=task.common_videos)
        if read_manifest_inputs(manifest) == inputs and (report := _old_report(places)) is not None:
            return _made(places, report, current=True)
        pulse.enter("groups")
        groups = find_groups(fragments, places.state, common_videos=task.common_videos, stop=stop)
        pulse.enter("merge")
        report = merge(fragments, manifest, groups, inputs, stop=stop)
        write_whole(places(_PAGE), markdown(report).encode())
    return _made(places, report, current=False)


def _inputs_of(fragment: Path) -> FragmentInputs:
    with open_fragment(fragment) as file:
        return about_of(file, fragment).inputs


def _old_report(places: Places) -> ManifestReport | None:
    try:
        return msgspec.json.decode(places(REPORT).read_bytes(), type=ManifestReport)
    except (OSError, msgspec.DecodeError):
        return None


def _made(places: Places, report: ManifestReport, *, current: bool) -> Made:
    unreadable = sum(each.count for each in report.problems if each.kind in _UNREADABLE)
    figures: dict[str, int | float | str] = {
        "clips": report.rows,
        "shards": report.shards,
        "hours": round(report.hours, 4),
        "without_text": report.without_text,
        "without_metadata": report.without_metadata,
        "unreadable": unreadable,
    }
    told = [f"{counted(report.rows, 'clip')} of {counted(report.shards, 'shard')}, {report.hours:,.2f} h"]
    told += [
        f"{part.source}: {counted(part.clips, 'clip')} of {counted(part.shards, 'shard')} {part.state}, "
        f"{part.hours:,.2f} h"
        for part in report.parts
    ]
    cautions = [f"{each.kind}: {each.count:,} in {counted(each.shards, 'shard')}" for each in report.problems]
    if report.without_text:
        cautions.append(f"{counted(report.without_text, 'clip')} with an empty transcript")
    names = (MANIFEST, REPORT, _PAGE, PROBLEMS)
    return Made(
        task="",
        state=State.DONE,
        seconds=0,
        well=not unreadable,
        current=current,
        told=tuple(told),
        cautions=tuple(cautions),
        figures=figures,
        files=tuple(printable(str(places(name))) for name in names),
    )
