"""What the console says: pure, from a watched run to lines; a state is a word and a glyph first, then a colour."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from app.wording import verdict
from engine.convert.events import ShardDone, ShardSkipped, ShardTried
from engine.convert.view import Level, RunView, health
from engine.crew.answers import State
from engine.crew.crew import Snapshot, WorkerNow
from engine.errors import printable
from engine.units import show_bytes, show_seconds

GLYPHS = {
    State.PENDING: "·",
    State.DONE: "✓",
    State.SKIPPED: "-",
    State.RECOVERING: "~",
    State.QUARANTINED: "!",
    State.FAILED: "x",
}
COLOURS = {
    State.DONE: "green",
    State.SKIPPED: "cyan",
    State.RECOVERING: "yellow",
    State.QUARANTINED: "bold red",
    State.FAILED: "bold red",
}
LEVEL_GLYPHS = {Level.GREEN: "●", Level.YELLOW: "▲", Level.RED: "■", Level.UNKNOWN: "?"}
LEVEL_COLOURS = {
    Level.GREEN: "bold green",
    Level.YELLOW: "bold yellow",
    Level.RED: "bold red",
    Level.UNKNOWN: "bold magenta",
}


def level_line(level: Level, why: str) -> Text:
    """Say a level: its sign and word in its colour, then why."""
    line = Text(f"{LEVEL_GLYPHS[level]} {level.name} ", style=LEVEL_COLOURS[level])
    return line.append(printable(why.partition("\n")[0]), style="default")


@dataclass(frozen=True, slots=True)
class Status:
    """The first line: how it is, at a glance."""

    level: Level
    text: str


def status(view: RunView, *, alive: bool, problem: str = "") -> Status:
    """Say how the run is doing."""
    if problem:
        return Status(Level.UNKNOWN, problem)
    level, why = health(view, alive=alive)
    if view.summary is not None:
        why = f"{verdict(view.summary.outcome)} {view.summary.detail}".strip()
    elif view.stopping:
        why = "stopping: shards in hand come to a safe point"
    return Status(level, why)


def progress_line(view: RunView, now: Snapshot | None, budget_s: float | None, width: int) -> str:
    """Draw the bar and say how far and how fast; of what has no measure, say what it is at."""
    if now is not None and now.stage:
        return f"at {now.stage}"
    total, done = (now.bytes_to_do, now.bytes_done) if now else (1, 1 if view.summary else 0)
    share = min(1.0, done / total) if total else 1.0
    words = [f"{share:4.0%}"]
    if now is not None:
        words.append(f"{now.settled:,}/{now.to_do:,} shards")
        words.append(f"{show_bytes(now.bytes_done / now.elapsed_s)}/s" if now.elapsed_s else "")
        left = "?" if now.eta_s is None else show_seconds(now.eta_s)
        words.append(f"{left} left" + (f" of {show_seconds(budget_s)}" if budget_s else ""))
    text = "  ".join(word for word in words if word)
    bar = max(8, width - len(text) - 2)
    filled = round(bar * share)
    return "█" * filled + "░" * (bar - filled) + "  " + text


def counts_line(view: RunView) -> str:
    """Say how many shards are in which state."""
    counts = view.counts
    shown = [State.DONE, State.SKIPPED, State.QUARANTINED, State.FAILED, State.PENDING]
    return "  ".join(f"{GLYPHS[state]} {counts.get(state, 0):,} {state}" for state in shown)


def room_line(view: RunView, now: Snapshot | None) -> str:
    """Say what holds the run, or how much room it has and how long it is under way."""
    pauses = now.pauses if now is not None else view.pauses
    if pauses:
        return "PAUSED " + "; ".join(f"({why}) {detail}" for why, detail in pauses.items())
    if now is None:
        came = f"{show_bytes(view.bytes_in)} -> {show_bytes(view.bytes_out)} by this run"
        return came if view.bytes_in else f"began {view.began}, ended {view.newest}"
    words = [f"{show_seconds(now.elapsed_s)} under way"]
    if now.free_bytes is not None and now.floor_bytes is not None:
        words.append(f"{show_bytes(now.free_bytes)} free over a floor of {show_bytes(now.floor_bytes)}")
    return ", ".join(words)


def workers_line(now: Snapshot) -> str:
    """Say how many workers are at work, and, where the run chooses their number, what it last measured."""
    busy = sum(bool(worker.shard) for worker in now.workers)
    why = f" (auto: {now.workers_why})" if now.auto else ""
    return f"workers: {busy} busy of {now.workers_wanted}{why}"


def worker_line(worker: WorkerNow) -> str:
    """Say what one worker is at."""
    if not worker.shard:
        return f"{worker.worker:>3} idle"
    share = f"{worker.read_bytes / worker.of_bytes:4.0%}" if worker.of_bytes else "    "
    return f"{worker.worker:>3} {worker.stage:<8}{share} {worker.shard}"


def shard_note(view: RunView, shard: str) -> str:
    """Say what there is to say about one shard."""
    if shard in view.reasons:
        return view.reasons[shard]
    event = view.last.get(shard)
    match event:
        case ShardDone(original=original, result=result, tally=tally) if original and result and tally:
            told = [f"{show_bytes(original.size_bytes)} -> {show_bytes(result.size_bytes)}", f"{tally.clips:,} clips"]
            told += [f"{tally.saturated_samples:,} saturated"] if tally.saturated_samples else []
            return ", ".join((*told, *tally.flags))
        case ShardTried():
            return f"tried: {show_bytes(event.original.size_bytes)} -> {show_bytes(event.result.size_bytes)}"
        case ShardSkipped():
            return event.note
    size = view.sizes.get(shard)
    return "" if size is None else show_bytes(size)
