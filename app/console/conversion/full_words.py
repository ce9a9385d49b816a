"""One shard in full, in lines: before and after, the swap's steps, the evidence, the reasons, the log. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from app.console.conversion.facts import ROLES, ShardFacts
from app.console.conversion.fitting import cut, cut_left
from app.console.conversion.noting import in_a_line
from app.console.conversion.states import SIGNS, shown
from app.console.conversion.steps import MARKS, Mark, Traces, steps
from app.console.conversion.trail import MOST, told
from app.console.look import inks
from app.console.pane import Part
from app.moments import read_moment
from engine.convert.events import ShardDone
from engine.convert.validation_events import ShardValidated
from engine.convert.view import Level, RunView
from engine.crew.crew import Snapshot, WorkerNow
from engine.errors import Fault, printable
from engine.shards.clips import ClipRow
from engine.shards.record import Record, Tally, TarDigest, Unreadable
from engine.units import counted, show_bytes, show_seconds

Line = list[Part]
_LETTERS: Final = {"audio": "A", "backup": "B", "temporary": "T", "status": "S"}
_WIDE_LABEL: Final = 12
_FRAMES: Final = 21
_WHEN_COLUMNS: Final = len("2026-01-31 09:30:00")


def status(view: RunView, shard: str) -> tuple[Level, str]:
    """Say how a shard is, in the first line."""
    kind = shown(view, shard)
    level = Level.RED if SIGNS[kind].ink == inks.BAD else Level.YELLOW if SIGNS[kind].ink == inks.WARN else Level.GREEN
    worker = view.in_hand.get(shard)
    word = SIGNS[kind].word if worker is None else f"in hand: worker {worker}"
    rest = in_a_line(view, shard)
    return level, f"{word}{': ' if rest else ''}{rest}"


def in_full(facts: ShardFacts, view: RunView, now: Snapshot | None, clock: datetime, width: int) -> list[Line]:
    """Say all of it.

    Args:
        facts: what its files tell.
        view: what the run tells.
        now: this moment; None where there is no engine.
        clock: the operator's time; all times are told as it shows them.
        width: columns; long lines go on in the next.
    """
    sections = (
        ("reasons and the way out", _reasons(facts, view)),
        ("in hand", _in_hand(facts.shard, now)),
        ("before and after", _tars(facts, view)),
        ("the swap", _steps(facts, view, now)),
        ("evidence", _evidence(facts, view)),
        (f"log, the newest first ({clock:%Z})", _log(facts, clock)),
    )
    lines: list[Line] = []
    for heading, section in sections:
        found = list(section)
        if found:
            lines += [[("", "")]] if lines else []
            lines.append([(heading, inks.STRONG)])
            lines += [part for line in found for part in _wrapped(line, width)]
    return lines


def _wrapped(line: Line, width: int) -> Iterator[Line]:
    """Break a line that is too long; only its last part goes on, below where it began."""
    *head, (text, ink) = line
    indent = min(width // 2, sum(len(part) for part, _ in head))
    broken = textwrap.wrap(text, max(8, width - indent), break_on_hyphens=False) or [""]
    yield [*head, (broken[0], ink)]
    for more in broken[1:]:
        yield [(" " * indent, ""), (more, ink)]


def _row(label: str, text: str, ink: str = "") -> Line:
    return [(f"  {label:<{_WIDE_LABEL}}", inks.QUIET), (printable(text), ink)]


def _reasons(facts: ShardFacts, view: RunView) -> Iterator[Line]:
    fault = getattr(view.last.get(facts.shard), "fault", None)
    reason = view.reasons.get(facts.shard)
    if isinstance(fault, Fault) and reason is not None:
        yield from _fault(fault)
    elif reason is not None:
        yield _row("reason", reason, inks.BAD)
    if isinstance(event := view.last.get(facts.shard), ShardValidated):
        for mismatch in (*event.validation.mismatches, *event.validation.spot_faults):
            yield _row("mismatch", str(mismatch), inks.BAD)
    for problem in facts.problems:
        yield _row("not read", problem, inks.WARN)


def _fault(fault: Fault) -> Iterator[Line]:
    yield _row("what", fault.problem, inks.BAD)
    told_of = (
        ("file", fault.file),
        ("member", fault.member),
        ("at byte", "" if fault.offset_bytes is None else f"{fault.offset_bytes:,}"),
        ("read", fault.read),
        ("wanted", fault.wanted),
    )
    yield from (_row(label, text) for label, text in told_of if text)
    if fault.way_out:
        yield _row("way out", fault.way_out, inks.STRONG)


def _worker(shard: str, now: Snapshot | None) -> WorkerNow | None:
    return next((worker for worker in now.workers if worker.shard == shard), None) if now is not None else None


def _in_hand(shard: str, now: Snapshot | None) -> Iterator[Line]:
    worker = _worker(shard, now)
    if worker is not None:
        share = (
            f" {worker.read_bytes / worker.of_bytes:.0%} of {show_bytes(worker.of_bytes)}" if worker.of_bytes else ""
        )
        yield _row(f"worker {worker.worker}", f"{worker.stage}{share}, {show_seconds(worker.seconds)}", inks.ACTIVE)


def _tars(facts: ShardFacts, view: RunView) -> Iterator[Line]:
    before, after = _digests(facts, view)
    if before is not None:
        yield _row("before", _digest(before))
    elif facts.shard in view.sizes:
        yield _row("before", f"{show_bytes(view.sizes[facts.shard])} at the start of this run")
    if after is not None:
        yield _row("after", _digest(after))
    if before is not None and after is not None and before.size_bytes:
        yield _row("ratio", f"{after.size_bytes / before.size_bytes:.1%} of the original's bytes")
    if facts.files is None:
        yield _row("files", "this run names no corpus: they cannot be looked at")
        return
    yield _row("folder", str(facts.files.folder))
    for role in ROLES:
        found = facts.seen.get(role)
        name = getattr(facts.files, f"{role}_name")
        told_of = "not there" if found is None else f"{found.identity.size_bytes:,} bytes, {_names(found.links)}"
        yield _row(_LETTERS[role], f"{name}: {told_of}", "" if found is not None else inks.QUIET)


def _names(links: int) -> str:
    return counted(links, "name")


def _digest(tar: TarDigest) -> str:
    return f"{tar.size_bytes:,} bytes ({show_bytes(tar.size_bytes)}), XXH3-128 {tar.xxh3_128}"


def _digests(facts: ShardFacts, view: RunView) -> tuple[TarDigest | None, TarDigest | None]:
    """Return both tars' contents: as the record has them, else as the run told."""
    if isinstance(facts.record, Record):
        return facts.record.original, facts.record.result
    event = view.last.get(facts.shard)
    return getattr(event, "original", None), getattr(event, "result", None)


def _steps(facts: ShardFacts, view: RunView, now: Snapshot | None) -> Iterator[Line]:
    if facts.files is None:
        return
    worker = _worker(facts.shard, now)
    done = next((each.time for each in facts.log if isinstance(each.event, ShardDone)), "")
    traces = Traces(
        record=facts.record,
        audio=facts.seen.get("audio"),
        backup=facts.seen.get("backup"),
        temporary=facts.seen.get("temporary"),
        stage=worker.stage if worker is not None else "",
        done_at=done,
    )
    if isinstance(facts.record, Unreadable):
        yield _row("record", f"cannot be read: {facts.record.why}", inks.BAD)
    if isinstance(facts.record, Record):
        yield _row("record", f"{facts.record.state} at {facts.record.time} by {facts.record.tool}, {facts.record.run}")
        unchanged = _is_unchanged(facts, facts.record)
        if unchanged is not None:
            told_of = "is the very file that was recorded" if unchanged else "is another file than was recorded"
            yield _row("audio", told_of, inks.GOOD if unchanged else inks.WARN)
    taken = steps(traces)
    if all(step.mark is Mark.NOT_YET for step in taken):
        yield _row("steps", "none of the twelve was taken: the original is as it was")
        return
    for step in taken:
        glyph, ink = MARKS[step.mark]
        told_of = step.what + (f": {step.told}" if step.told else "")
        yield [(f"  {step.number:>2} {glyph} {step.mark:<10}", ink), (printable(told_of), "")]


def _is_unchanged(facts: ShardFacts, record: Record) -> bool | None:
    audio = facts.seen.get("audio")
    if record.audio_identity is None or audio is None:
        return None
    return record.audio_identity == audio.identity


def _evidence(facts: ShardFacts, view: RunView) -> Iterator[Line]:
    tally = _tally(facts, view)
    if tally is not None:
        plays = show_seconds(tally.seconds_of_audio)
        clips = f"{counted(tally.members, 'member')}, {counted(tally.clips, 'clip')}, {plays} of audio"
        yield _row("held", clips)
        checks = min(facts.spot_checks, tally.clips)
        if checks:
            yield _row("compared", f"{counted(checks, 'clip')} decoded by libsndfile on both sides, below 7 kHz")
        yield _row("saturated", f"{counted(tally.saturated_samples, 'sample')} held at the format's end")
        changed = tally.energy_lost_clips
        energy = f"{counted(changed, 'compared clip')} with a level below 7 kHz that changed by more than 0.5 dB"
        yield _row("energy", energy, inks.WARN if changed else "")
        yield _row(
            "cancelled", f"{counted(tally.cancelled_clips, 'clip')} whose channels cancel each other in the mean"
        )
        yield from (_row("flag", flag, inks.WARN) for flag in tally.flags)
        yield from _agreement(facts.clips, tally)
    if facts.listen is not None:
        yield _row("to hear", f"clips before and after lie in {facts.listen}")


def _tally(facts: ShardFacts, view: RunView) -> Tally | None:
    if isinstance(facts.record, Record) and facts.record.tally is not None:
        return facts.record.tally
    found = getattr(view.last.get(facts.shard), "tally", None)
    return found if isinstance(found, Tally) else None


def _agreement(clips: tuple[ClipRow, ...], tally: Tally) -> Iterator[Line]:
    """Hold the clip table against the record."""
    if not clips:
        yield _row("clip table", "none in this state folder")
        return
    saturated = sum(clip.saturated_samples for clip in clips)
    if (len(clips), saturated) == (tally.clips, tally.saturated_samples):
        yield _row("clip table", f"{counted(len(clips), 'clip')} with hashes, as the record counts", inks.GOOD)
    else:
        told_of = f"{counted(len(clips), 'clip')}, {saturated:,} saturated samples: not as the record counts"
        yield _row("clip table", f"{told_of}; it is from an attempt that was not finished", inks.WARN)


def _log(facts: ShardFacts, clock: datetime) -> Iterator[Line]:
    for logged in facts.log:
        at = read_moment(logged.time)
        when = " " * _WHEN_COLUMNS if at is None else f"{at.astimezone(clock.tzinfo):%Y-%m-%d %H:%M:%S}"
        yield [(f"  {when}  ", inks.QUIET), (printable(told(logged.event)), "")]
    if len(facts.log) == MOST:
        yield _row("", f"and more: only the newest {MOST} are shown", inks.QUIET)


def clip_heads(width: int) -> str:
    """Name the columns of the members."""
    return cut(f"{'member':<{_name_room(width)}} {'frames 48 → 16 kHz':>{_FRAMES}} {'bytes':>9} {'ch':>2}", width)


def clip_parts(clip: ClipRow, width: int) -> list[Part]:
    """Write one member: 48 kHz before, 16 kHz mono after."""
    room = _name_room(width)
    frames = f"{clip.original_frames:,} → {clip.frames:,}"
    flags: Iterable[str] = (
        f"{clip.saturated_samples:,} saturated" if clip.saturated_samples else "",
        "channels cancel" if clip.cancelled else "",
        *(f"without {chunk}" for chunk in clip.dropped_chunks),
    )
    notes = "  ".join(printable(flag) for flag in flags if flag)
    figures = f"{frames:>{_FRAMES}} {show_bytes(clip.size_bytes):>9} {clip.original_channels or '?':>2}"
    return [
        (f"{cut_left(printable(clip.member), room):<{room}} {figures}", ""),
        (f"  {notes}" if notes else "", inks.WARN),
    ]


def _name_room(width: int) -> int:
    return max(12, min(40, width - _FRAMES - 14))
