"""How a run's events read, one line each: the same words in a log that is tailed and on the screen.

A line is for stdout where it tells what became of a shard, for stderr where it tells how the run is doing.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.clean_wording import clean_lines, cleaned_line, corner_line, left_line
from app.sweep_wording import sweep_lines, trial_line
from app.window_wording import data_line, message_line
from app.window_wording import summary_lines as window_lines
from engine.convert.cleaning_events import CleanSummary, ShardCleaned, ShardLeft, StateCleaned, StateLeft
from engine.convert.events import (
    ConvertSummary,
    InventorySummary,
    Planned,
    RecoverSummary,
    ShardDone,
    ShardFailed,
    ShardQuarantined,
    ShardRecovered,
    ShardSeen,
    ShardSkipped,
    ShardTried,
    WorkersKept,
)
from engine.convert.sweep_events import SweepSummary, SweepTrial
from engine.convert.validation_events import ShardValidated, ValidationSummary
from engine.crew.events import ShardListed
from engine.dataset.events import MadeSummary
from engine.errors import printable
from engine.jobs.ended import EndedEarly
from engine.jobs.window.events import WindowSummary
from engine.run.events import (
    Check,
    Event,
    GateOpened,
    Paused,
    Resumed,
    Stopping,
    Version,
    Warned,
    WorkerEnded,
    WorkersChanged,
)
from engine.run.outcome import Outcome
from engine.shards.record import Tally, TarDigest
from engine.units import counted, show_bytes, show_seconds


@dataclass(frozen=True, slots=True)
class Line:
    """One line, and where it goes."""

    text: str
    is_data: bool = False


def line_for(event: Event) -> Line | None:
    """Put an event into words; None for those that only matter to programs."""
    data = _data(event)
    if data is not None:
        return Line(data, is_data=True)
    message = _message(event)
    return None if message is None else Line(message)


def _data(event: Event) -> str | None:
    match event:
        case ShardDone() | ShardTried() | ShardSkipped() | ShardQuarantined() | ShardFailed(final=True) | ShardSeen():
            return _shard(event)
        case ShardRecovered():
            return _row("recovered", event.shard, _recovered(event))
        case ShardValidated():
            return _validated(event)
        case ConvertSummary() | InventorySummary() | RecoverSummary() | ValidationSummary() | EndedEarly():
            return "\n".join(summary_lines(event))
        case ShardListed():
            return _listed(event)
        case MadeSummary():
            return "\n".join(made_lines(event))
        case ShardCleaned():
            return _row("cleaned" if event.acted else "would go", event.shard, cleaned_line(event))
        case ShardLeft():
            return _row("LEFT", event.shard, left_line(event))
        case StateCleaned() | StateLeft():
            return corner_line(event)
        case CleanSummary():
            return "\n".join(clean_lines(event, verdict(event.outcome)))
        case SweepSummary():
            return "\n".join(sweep_lines(event, verdict(event.outcome)))
        case WindowSummary():
            return "\n".join(window_lines(event, verdict(event.outcome)))
    return data_line(event)


def _message(event: Event) -> str | None:
    match event:
        case Version():
            return f"gonogo {event.gonogo} {event.job} {event.corpus or ''}".rstrip()
        case Check():
            return f"check {event.id}: {event.state.upper()}: {event.read}" + _missed(event)
        case GateOpened():
            return gate_line(event)
        case Planned():
            return _planned(event)
        case SweepTrial():
            return trial_line(event)
        case ShardFailed():
            return f"{event.shard}: attempt failed: {event.fault}"
        case Paused():
            return f"paused ({event.why}): {event.detail}"
        case Resumed():
            return f"goes on ({event.why})"
        case WorkersChanged() | WorkersKept():
            return workers_line(event)
        case Stopping():
            rest = (
                "recovery brings the shards in hand to an end" if event.now else "shards in hand come to a safe point"
            )
            return f"{event.why}: {rest}"
        case Warned():
            return f"warning: {event.problem}"
        case WorkerEnded() if event.how != "exited":
            return f"worker {event.worker} (pid {event.pid}) {event.how}: {event.detail}"
    return message_line(event)


def _shard(event: ShardDone | ShardTried | ShardSkipped | ShardQuarantined | ShardFailed | ShardSeen) -> str:
    match event:
        case ShardDone():
            return _row("done", event.shard, _made(event.original, event.result, event.tally, event.seconds))
        case ShardTried():
            return _row("tried", event.shard, _made(event.original, event.result, event.tally, event.seconds))
        case ShardSkipped():
            return _row("skipped", event.shard, event.note)
        case ShardQuarantined():
            return _row("QUARANTINED", event.shard, str(event.fault))
        case ShardFailed():
            return _row("FAILED", event.shard, str(event.fault))
        case ShardSeen():
            word = event.state.upper() if event.fault else event.state
            return _row(
                word, event.shard, "; ".join(part for part in (_held(event), event.reason, *event.flags) if part)
            )


def _held(event: ShardSeen) -> str:
    """Say what an inventory found in a shard."""
    found = event.inspection
    if found is None:
        return ""
    about = "" if found.seconds_are_exact else "about "
    plays = f"{about}{show_seconds(found.seconds_of_audio)}"
    clips = f"{'' if found.members_are_exact else 'about '}{counted(found.clips, 'clip')}"
    return ", ".join((clips, show_bytes(event.size_bytes), plays, *found.kinds))


def _row(word: str, shard: str, rest: str) -> str:
    return f"{word:<9} {shard:<24} {rest}".rstrip()


def _made(original: TarDigest | None, result: TarDigest | None, tally: Tally | None, seconds: float) -> str:
    if original is None or result is None or tally is None:
        return "converted by an earlier run"
    told = [f"{show_bytes(original.size_bytes)} -> {show_bytes(result.size_bytes)}", counted(tally.clips, "clip")]
    notes = (
        (tally.saturated_samples, "saturated"),
        (tally.cancelled_clips, "with cancelling channels"),
        (tally.energy_lost_clips, "lost energy"),
    )
    told += [f"{count:,} {what}" for count, what in notes if count]
    return ", ".join((*told, *tally.flags, *([show_seconds(seconds)] if seconds >= 1 else [])))


def _recovered(event: ShardRecovered) -> str:
    row = f"row {event.row}" if event.row else "no row"
    did = ", ".join(event.actions) or "nothing to do"
    said = f"{did}; now {event.ends}" if event.acted else f"would be done: {did}; then {event.ends}"
    return f"{row} of the recovery table: {said}" + (f" ({event.why})" if event.why else "")


def _planned(event: Planned) -> str:
    doing = f"{counted(event.to_do, 'shard')} to open ({show_bytes(event.bytes_to_do)})"
    if event.dry_run is not None:
        doing = f"dry run on {counted(event.dry_run, 'shard')}, none is changed"
    workers = counted(event.workers, "worker") + (f" (auto: {event.workers_why})" if event.auto else "")
    return f"{counted(event.shards, 'shard')}: {event.done:,} done already, {doing}; {workers}"


def workers_line(event: WorkersChanged | WorkersKept) -> str:
    """Say how many workers there are to be, who chose so, and why."""
    if isinstance(event, WorkersKept) or event.auto:
        return f"workers (auto): {event.why}"
    return f"workers: {event.count}" + (f" ({event.why})" if event.why else "")


def gate_line(event: GateOpened) -> str:
    """Say by what a gate opened; one that was opened against its checklist never looks like one that was not."""
    if event.overridden_by:
        return printable(f"{event.gate} OVERRIDDEN by {event.overridden_by} against {event.checklist}: {event.reason}")
    return f"{event.gate} opened by {event.checklist}; the ledger ends with {event.ledger_count}:{event.ledger_sha256}"


def _missed(check: Check) -> str:
    return "" if check.state == "pass" else f"; wanted {check.wanted}; {check.way_out}"


def _validated(event: ShardValidated) -> str | None:
    """Tell of a shard that a person has to look at; of the others the report tells."""
    faults = (*event.validation.mismatches, *event.validation.spot_faults)
    reasons = ([event.reason] if event.fault else []) + [str(fault) for fault in faults]
    return (
        _row(event.state.upper() if event.fault else "MISMATCH", event.shard, "; ".join(reasons)) if reasons else None
    )


def _listed(event: ShardListed) -> str | None:
    """Tell of a shard that somebody has to look at; of the others the report tells."""
    if event.fault is not None:
        return _row(event.state.upper(), event.shard, str(event.fault))
    return _row("listed", event.shard, counted(event.problems, "problem")) if event.problems else None


def made_lines(summary: MadeSummary) -> list[str]:
    """Put what was made into words: GO or NO-GO first, then what it came to."""
    head = f"{verdict(summary.outcome)}: {summary.job}" + (": current already" if summary.current else "")
    return [
        f"{head}: {summary.detail}" if summary.detail else head,
        *(f"  {line}" for line in summary.told),
        *(f"note: {caution}" for caution in summary.cautions),
        *(f"report: {path}" for path in (summary.report, *summary.pages) if path),
    ]


Told = ConvertSummary | InventorySummary | RecoverSummary | ValidationSummary | EndedEarly


def summary_lines(summary: Told) -> list[str]:
    """Put the end of a run into words: GO or NO-GO first, then what it rests on."""
    head = f"{verdict(summary.outcome)}: {summary.job}"
    match summary:
        case EndedEarly():
            return [f"{head} ended early: {summary.detail}"]
        case ConvertSummary():
            counts = ", ".join(f"{count:,} {state}" for state, count in summary.counts.items())
            return [f"{head}: {counts}, {summary.pending:,} pending", *_convert_rest(summary)]
        case InventorySummary():
            counts = ", ".join(f"{count:,} {state}" for state, count in summary.counts.items())
            held = f"{show_bytes(summary.size_bytes)}, {show_seconds(summary.seconds_of_audio)} of audio"
            told = f"{counted(summary.shards, 'shard')}: {counts}; {held}"
            return [f"{head}: {told}", *_source_lines(summary), f"table: {summary.table}"]
        case RecoverSummary():
            counts = ", ".join(f"{count:,} {state}" for state, count in summary.counts.items()) or "none"
            looked = f"{summary.looked_at:,} of {counted(summary.shards, 'shard')} had traces of a swap"
            return [f"{head}: {looked}; now: {counts}"]
        case ValidationSummary():
            counts = ", ".join(f"{count:,} {state}" for state, count in summary.counts.items() if count) or "none"
            return [f"{head}: {counted(summary.shards, 'shard')}: {counts}", *_validation_rest(summary)]


def _source_lines(summary: InventorySummary) -> list[str]:
    width = max((len(one.source) for one in summary.sources), default=0)
    return [
        f"  {one.source:<{width}}  {', '.join(f'{count:,} {state}' for state, count in one.counts.items())}; "
        f"{'' if one.clips_are_exact else 'about '}{counted(one.clips, 'clip')}, {show_bytes(one.size_bytes)}, "
        f"{show_seconds(one.seconds_of_audio)}: "
        f"{' + '.join(one.audio) or 'no audio'}"
        for one in summary.sources
    ]


def _convert_rest(summary: ConvertSummary) -> list[str]:
    came = f"{show_bytes(summary.bytes_in)} -> {show_bytes(summary.bytes_out)}"
    hours = f"{show_seconds(summary.seconds_of_audio)} of audio"
    took = f"in {show_seconds(summary.seconds)}"
    told = [f"{summary.converted:,} converted by this run {took}: {came}, {hours}"]
    if summary.tried:
        told = [f"{counted(summary.tried, 'shard')} tried in scratch {took}, none changed: {came}, {hours}"]
    if summary.converted or summary.tried:
        lost = f"{summary.energy_lost_clips:,} that lost energy"
        cancelled = f"{counted(summary.cancelled_clips, 'clip')} with cancelling channels"
        told.append(f"{counted(summary.saturated_samples, 'saturated sample')}, {cancelled}, {lost}")
    if summary.backups_kept:
        told.append(f"{counted(summary.backups_kept, 'original')} kept beside their shards")
    if summary.detail:
        told.append(summary.detail)
    return told


def _validation_rest(summary: ValidationSummary) -> list[str]:
    hours = f"{summary.seconds_before / 3600:,.4f} h -> {summary.seconds_after / 3600:,.4f} h"
    came = f"{show_bytes(summary.bytes_before)} -> {show_bytes(summary.bytes_after)}"
    spot = f"{counted(summary.spot_decoded, 'clip')} decoded, {summary.spot_failed:,} failed"
    told = [
        f"{counted(summary.clips, 'clip')}, {hours}; {came}, {show_bytes(summary.freed_bytes)} freed",
        f"{spot}; {summary.mismatches:,} unlike what is on record",
        *(f"reason: {reason}" for reason in summary.reasons),
        *(f"note: {caution}" for caution in summary.cautions),
    ]
    return told + [f"report: {path}" for path in (summary.report, *summary.pages) if path]


def verdict(outcome: Outcome) -> str:
    """Say GO, or NO-GO and why, in as few words as a glance allows."""
    return {
        Outcome.OK: "GO",
        Outcome.SOME_FAILED: "NO-GO",
        Outcome.GATE_CLOSED: "NO-GO (gate closed)",
        Outcome.SAFETY_STOP: "NO-GO (stopped for safety)",
        Outcome.INTERRUPTED: "STOPPED (run it again and it goes on)",
        Outcome.TERMINATED: "STOPPED (run it again and it goes on)",
        Outcome.ERROR: "NO-GO (error)",
    }[outcome]
