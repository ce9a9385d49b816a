"""A window played with a virtual clock: what its log and its snapshots would be, moment by moment.

The conversion is the simulated one; every other step takes its budget. Nothing here looks at a clock on a wall.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from engine.convert.events import ConvertSummary
from engine.convert.view import AnySummary
from engine.crew.crew import Snapshot
from engine.jobs.window.ending import summary_of, why_of
from engine.jobs.window.events import (
    Expected,
    StepEnded,
    StepSettled,
    StepsExpected,
    StepStarted,
    StepState,
)
from engine.jobs.window.forecast import CONVERT
from engine.jobs.window.plan import Plan, Step
from engine.jobs.window.sim_corpus import Simulated
from engine.jobs.window.simulate import Simulator
from engine.jobs.window.snapshot import WindowSnapshot
from engine.jobs.window.view import WindowView
from engine.run.events import Event, Version
from engine.run.log import rfc3339
from engine.run.outcome import Outcome
from engine.run.reading import Logged

RUN = "simulated"
SNAPSHOT_EVERY_S = 15.0
"""Of the window's clock: what a look at it sees is never older than that, and a console looks four times a second."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happens."""

    at_s: float
    """On the window's clock."""
    window: Logged[Event] | None = None
    """In the window's log."""
    step: Logged[Event] | None = None
    """In the log of the step's own run."""
    snapshot: WindowSnapshot | None = None


class Player:
    """Plays one window; iterate :meth:`moments` once.

    Args:
        plan: its steps.
        corpus: what the conversion works on.
        began: where the clock begins.
    """

    def __init__(self, plan: Plan, corpus: Simulated, began: datetime) -> None:
        self._plan = plan
        self._corpus = corpus
        self._began = began
        self.view = WindowView()
        """The window's events so far, folded."""
        self._at_s = 0.0
        self._ended = Outcome.OK

    def moments(self) -> Iterator[Moment]:
        """Yield what happens, in order."""
        yield self._tell(Version(gonogo=RUN, job="window", corpus=RUN, python="", host=RUN))
        yield self._tell(self._plan.told(rfc3339(self._began)))
        yield self._tell(StepsExpected(steps=tuple(map(self._expected, self._plan.steps))))
        outcome = Outcome.OK
        for step in self._plan.steps:
            yield from self._step(step)
            if self._ended is not Outcome.OK:
                outcome = self._ended
            if self.view.tracks[step.name].state is not StepState.DONE:
                break
        yield self._tell(summary_of(self.view, self._now, outcome, self._at_s))

    @property
    def _now(self) -> datetime:
        return self._began + timedelta(seconds=self._at_s)

    def _logged(self, event: Event) -> Logged[Event]:
        return Logged(rfc3339(self._now), RUN, event)

    def _tell(self, event: Event) -> Moment:
        logged = self._logged(event)
        self.view.apply(logged.time, event)
        return Moment(self._at_s, window=logged)

    def _expected(self, step: Step) -> Expected:
        if step.job != CONVERT:
            return Expected(step.name, step.budget_s, "the plan's budget")
        corpus = self._corpus
        pace = corpus.workers * corpus.worker_bytes_per_s
        pace = pace if corpus.disk_bytes_per_s is None else min(pace, corpus.disk_bytes_per_s)
        return Expected(step.name, corpus.shards * corpus.shard_bytes / pace, str(corpus), is_assumed=False)

    def _step(self, step: Step) -> Iterator[Moment]:
        began_s, run, why = self._at_s, f"{RUN}-{step.name}", ""
        self._ended = Outcome.OK
        yield self._tell(StepStarted(step=step.name, job=step.job, step_run=run))
        if step.job == CONVERT:
            for moment in self._conversion(step, run):
                yield moment
                if moment.step is not None and isinstance(moment.step.event, AnySummary):
                    self._ended, why = moment.step.event.outcome, _why(moment.step.event)
        else:
            yield from self._budget(step, run)
        seconds = round(self._at_s - began_s, 3)
        yield self._tell(StepEnded(step=step.name, step_run=run, outcome=self._ended, seconds=seconds, detail=why))
        is_well = self._ended is Outcome.OK or (self._ended is Outcome.SOME_FAILED and step.red == "go on")
        yield self._tell(StepSettled(step=step.name, state=StepState.DONE if is_well else StepState.FAILED, why=why))

    def _conversion(self, step: Step, run: str) -> Iterator[Moment]:
        began_s = self._at_s
        for at_s, told in Simulator(self._corpus).frames(SNAPSHOT_EVERY_S):
            self._at_s = began_s + at_s
            if isinstance(told, Snapshot):
                yield Moment(self._at_s, snapshot=_named(told, step.name, run))
            elif isinstance(told, ConvertSummary):
                yield Moment(self._at_s, step=self._logged(_as_read(told)))
            else:
                yield Moment(self._at_s, step=self._logged(told))

    def _budget(self, step: Step, run: str) -> Iterator[Moment]:
        """Let a step take its budget, evenly."""
        began_s, elapsed_s = self._at_s, 0.0
        while elapsed_s < step.budget_s:
            yield Moment(self._at_s, snapshot=_even(step, run, elapsed_s))
            elapsed_s = min(step.budget_s, elapsed_s + SNAPSHOT_EVERY_S)
            self._at_s = began_s + elapsed_s


def _why(summary: AnySummary) -> str:
    return why_of(summary)


def _as_read(summary: ConvertSummary) -> AnySummary:
    """Return a summary as whoever reads a log of any job has it."""
    names = AnySummary.__struct_fields__
    return AnySummary(**{name: value for name, value in msgspec.structs.asdict(summary).items() if name in names})


def _named(told: Snapshot, step: str, run: str) -> WindowSnapshot:
    return WindowSnapshot(
        **{**msgspec.structs.asdict(told), "run": RUN, "job": "window", "step": step, "step_run": run}
    )


def _even(step: Step, run: str, elapsed_s: float) -> WindowSnapshot:
    """Return the snapshot of a step of which nothing is known but its budget."""
    return WindowSnapshot(
        run=RUN,
        job="window",
        step=step.name,
        step_run=run,
        elapsed_s=elapsed_s,
        workers_wanted=0,
        workers=(),
        pauses={},
        stopping=False,
        settled=0,
        to_do=1,
        bytes_done=round(elapsed_s),
        bytes_to_do=max(2, round(step.budget_s)),
    )
