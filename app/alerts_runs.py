"""What of one run wants a person: held, killed, stopped for safety, shut out, let in against its checklist. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from app.alerts import Concern
from engine.convert.view import AnySummary, Level
from engine.jobs.window.shape import Timetable
from engine.run.events import Event, GateOpened, Paused, Resumed, Stopping, WorkerEnded
from engine.run.outcome import Outcome
from engine.units import counted

RUN_EVENTS = GateOpened | Paused | Resumed | Stopping | WorkerEnded | AnySummary
"""What is read of a run's log for it."""
_LIST: Final = re.compile(r"the checklist '([^']+)'")
_EXAMPLES: Final = 20
_WITH_SHARDS: Final = frozenset({"convert", "inventory", "recover", "validate", "sweep", "window"})
"""Jobs whose red is told shard by shard, or step by step."""


@dataclass(frozen=True, slots=True)
class About:
    """A run, as far as it is known without its log."""

    run: str
    job: str
    corpus: str
    created: str
    is_step: bool = False
    """It is a step of a window, which tells how it ended."""

    @property
    def again(self) -> str:
        """The command that goes on after it."""
        return f"gonogo {self.job} {shlex.quote(self.corpus)}".strip() if self.corpus else f"gonogo {self.job}"

    @property
    def kind(self) -> str:
        """Which screen shows it."""
        return "window" if self.job == "window" else "run"


@dataclass(slots=True)
class RunFold:
    """One run; feed it every event in order."""

    about: About
    newest: str = ""
    """When its log last grew."""
    pauses: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What holds it, since when, and the detail."""
    lost: list[tuple[str, str]] = field(default_factory=list)
    """When a worker was lost, and how; the newest of them."""
    lost_count: int = 0
    overridden: list[tuple[str, GateOpened]] = field(default_factory=list)
    summary: AnySummary | None = None
    _is_killing: bool = False

    def take(self, time: str, event: Event) -> None:
        """Take one event."""
        self.newest = time
        match event:
            case Paused():
                self.pauses.setdefault(event.why, (time, event.detail))
            case Resumed():
                self.pauses.pop(event.why, None)
            case Stopping():
                self._is_killing = event.now
            case WorkerEnded() if event.how != "exited" and not self._is_killing:
                self.lost_count += 1
                self.lost = [*self.lost[1 - _EXAMPLES :], (time, f"worker {event.worker} {event.how}: {event.detail}")]
            case GateOpened(overridden_by=by) if by:
                self.overridden.append((time, event))
            case AnySummary():
                self.summary = event
                self.pauses.clear()
            case _:
                pass

    def concerns(self, *, alive: bool, is_newest: bool, damage: str = "") -> Iterator[Concern]:
        """Tell what wants a person.

        Args:
            alive: whether its engine is there.
            is_newest: no later run does the same job; what a later one went on after is nobody's concern.
            damage: why its log cannot be read; "" where it can.
        """
        yield from map(self._override, self.overridden)
        if damage and is_newest:
            told = f"its log cannot be read: {damage}"
            yield self._concern(
                "log", Level.UNKNOWN, self.newest, told, advice="the corpus itself is not touched by this"
            )
        if not is_newest:
            return
        if self.lost_count:
            yield self._lost()
        if alive:
            for why, (since, detail) in self.pauses.items():
                if why != "operator":
                    yield self._paused(why, since, detail)
        elif self.about.is_step:
            return
        elif self.summary is not None:
            yield from self._ended(self.summary)
        elif not damage:
            told = "the engine was killed: the run ended without a summary"
            advice = "run it again and it goes on; shards that were in hand are recovered first, no original is lost"
            yield self._concern("killed", Level.RED, self.newest, told, advice=advice, command=self.about.again)

    def _override(self, opened: tuple[str, GateOpened]) -> Concern:
        time, event = opened
        told = f"{event.gate} OVERRIDDEN by {event.overridden_by} against {event.checklist}: {event.reason}"
        advice = "it was opened against its checklist: see what was red, and that whoever answers for it knows"
        corpus = f" --corpus {shlex.quote(self.about.corpus)}" if self.about.corpus else ""
        command = f"gonogo checklist show {event.checklist}{corpus}"
        return self._concern(f"overridden/{event.gate}", Level.RED, time, told, advice=advice, command=command)

    def _lost(self) -> Concern:
        time = self.lost[-1][0]
        told = f"{counted(self.lost_count, 'worker')} lost, the newest: {self.lost[-1][1]}"
        advice = "each costs its own shard only, which is tried again; if it goes on, they may lack memory: use fewer"
        concern = self._concern(
            "lost",
            Level.YELLOW,
            time,
            told.partition("\n")[0],
            advice=advice,
            command=f"gonogo workers N {self.about.run}",
        )
        return _with(concern, self.lost[0][0], self.lost_count, tuple(f"{at}  {how}" for at, how in self.lost))

    def _paused(self, why: str, since: str, detail: str) -> Concern:
        told = f"paused by the guard ({why}): {detail}"
        if why == "disk":
            advice = "make room on this volume: it goes on by itself once there is enough"
            return self._concern(f"paused/{why}", Level.YELLOW, since, told, advice=advice, command="df -h")
        advice = "see to what is told, then let it go on"
        return self._concern(
            f"paused/{why}", Level.YELLOW, since, told, advice=advice, command=f"gonogo resume {self.about.run}"
        )

    def _ended(self, summary: AnySummary) -> Iterator[Concern]:
        detail, _, rest = summary.detail.partition("\n")
        lines = tuple(line.strip() for line in rest.split("\n") if line.strip())
        match summary.outcome:
            case Outcome.GATE_CLOSED:
                yield self._closed(detail, lines)
            case Outcome.SAFETY_STOP:
                told = f"stopped for safety: {detail}"
                advice = "see to the cause first, then run it again and it goes on"
                concern = self._concern(
                    "stopped", Level.RED, self.newest, told, advice=advice, command=self.about.again
                )
                yield _with(concern, self.newest, 1, lines)
            case Outcome.ERROR:
                advice = "see to the cause, then run it again: nothing is lost"
                told = f"ended by an error: {detail}"
                yield self._concern("error", Level.RED, self.newest, told, advice=advice, command=self.about.again)
            case Outcome.TERMINATED:
                told = "somebody or something ended it (SIGTERM)"
                advice = "run it again and it goes on"
                yield self._concern(
                    "terminated", Level.YELLOW, self.newest, told, advice=advice, command=self.about.again
                )
            case Outcome.SOME_FAILED if self.about.job not in _WITH_SHARDS:
                told = f"NO-GO: {detail or 'some of it failed'}"
                yield self._concern(
                    "no-go", Level.RED, self.newest, told, advice="see its report", command=self.about.again
                )
            case _:
                pass

    def _closed(self, detail: str, lines: tuple[str, ...]) -> Concern:
        found = _LIST.search(detail)
        walk = next((line for line in lines if line.startswith("walk it:")), "")
        command = walk.removeprefix("walk it:").strip() or self.about.again
        advice = "walk the checklist: answer, sign, then start again" if found else "see to what is red, start again"
        concern = self._concern("closed", Level.RED, self.newest, detail, advice=advice, command=command)
        kind, ref = ("checklist", found[1]) if found else (concern.kind, concern.ref)
        return _with(concern, self.newest, 1, lines, kind=kind, ref=ref)

    def _concern(self, name: str, level: Level, time: str, what: str, *, advice: str, command: str = "") -> Concern:
        about = self.about
        return Concern(
            key=f"run/{about.run}/{name}",
            level=level,
            since=time or about.created,
            newest=time or about.created,
            where=f"{about.kind} {about.run}",
            what=what,
            advice=advice,
            command=command,
            kind=about.kind,
            ref=about.run,
        )


def unreadable_run(name: str, told: str) -> Concern:
    """Tell of a run of which nothing is known but its folder: its record is damaged."""
    return Concern(
        key=f"run/{name}/record",
        level=Level.UNKNOWN,
        since="",
        newest="",
        where=f"run {name}",
        what=told,
        advice="nobody knows how it ended: see its events.jsonl, or move the folder out of runs/",
    )


def late_window(about: About, table: Timetable, newest: str) -> Concern | None:
    """Tell of a window whose timetable is not green; worse is a new occurrence."""
    if table.level is Level.GREEN:
        return None
    drops = tuple(f"{one.do} {one.step}: {one.words}" for one in table.advice)
    return Concern(
        key=f"run/{about.run}/late",
        level=table.level,
        since=newest,
        newest=newest,
        where=f"window {about.run}",
        what=table.told,
        advice=drops[0] if drops else "see the timetable: what can be dropped or hurried",
        command=f"gonogo status {about.run}",
        kind="window",
        ref=about.run,
        details=drops,
        mark=int(table.level),
    )


def _with(
    concern: Concern, since: str, count: int, details: tuple[str, ...], *, kind: str = "", ref: str = ""
) -> Concern:
    return replace(
        concern,
        since=since or concern.since,
        count=count,
        details=details,
        kind=kind or concern.kind,
        ref=ref or concern.ref,
    )
