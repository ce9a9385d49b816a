"""A whole window played with a virtual clock: its own log and snapshots, the conversion simulated shard by shard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from engine.crew.crew import Snapshot
from engine.jobs.window.ending import summary_of
from engine.jobs.window.events import Expected, StepEnded, StepSettled, StepsExpected, StepStarted, StepState
from engine.jobs.window.forecast import CONVERT
from engine.jobs.window.plan import Plan, Step
from engine.jobs.window.sim_corpus import Simulated
from engine.jobs.window.simulate import Simulator
from engine.jobs.window.snapshot import WindowSnapshot, of_step
from engine.jobs.window.view import WindowView
from engine.run.events import Event
from engine.run.log import rfc3339
from engine.run.outcome import Outcome

_RUN = "simulated-window"


class WindowSimulator:
    """One simulated window: iterate :meth:`frames` once.

    Args:
        plan: whose steps are played; all but the conversion take :attr:`share` of their budgets.
        corpus: what is converted.
        began: where the window's clock begins.
        share: of its budget that each other step takes.
    """

    def __init__(self, plan: Plan, corpus: Simulated, began: datetime, share: float = 1.0) -> None:
        self.view = WindowView()
        """Its events so far, folded."""
        self.simulator = Simulator(corpus)
        self.began = began
        self._plan = plan
        self._share = share
        self._at_s = 0.0

    def frames(self, snapshot_every_s: float) -> Iterator[tuple[datetime, Event | WindowSnapshot]]:
        """Yield what the log of a real window has, and its snapshots, each with its moment.

        Args:
            snapshot_every_s: how far apart snapshots of the conversion are at least, in virtual seconds.
        """
        corpus = self.simulator.corpus
        pace_s = corpus.shards * corpus.shard_bytes / (corpus.workers * corpus.worker_bytes_per_s)
        expected = tuple(
            Expected(step.name, pace_s, str(corpus), is_assumed=False)
            if step.job == CONVERT
            else Expected(step.name, step.budget_s, "the plan's budget")
            for step in self._plan.steps
        )
        yield self._tell(self._plan.told(rfc3339(self.began)))
        yield self._tell(StepsExpected(steps=expected))
        outcome = Outcome.OK
        for step in self._plan.steps:
            yield self._tell(StepStarted(step=step.name, job=step.job, step_run=f"simulated-{step.name}"))
            since_s = self._at_s
            if step.job == CONVERT:
                yield from self._convert(step, snapshot_every_s)
                outcome = self._outcome()
            else:
                self._at_s += step.budget_s * self._share
            yield from self._end(step, self._at_s - since_s, outcome if step.job == CONVERT else Outcome.OK)
            if outcome is Outcome.SAFETY_STOP:
                break
        seconds = round(self._at_s, 3)
        yield self._tell(summary_of(self.view, self._now(), outcome, seconds))

    def _convert(self, step: Step, every_s: float) -> Iterator[tuple[datetime, Event | WindowSnapshot]]:
        since_s = self._at_s
        for at_s, frame in self.simulator.frames(every_s):
            self._at_s = since_s + at_s
            if isinstance(frame, Snapshot):
                told = of_step(_RUN, step.name, f"simulated-{step.name}", msgspec.json.encode(frame))
                yield self._now(), told

    def _outcome(self) -> Outcome:
        it = self.simulator.result()
        return Outcome.SAFETY_STOP if it.safety else Outcome.SOME_FAILED if it.failed else Outcome.OK

    def _end(self, step: Step, seconds: float, outcome: Outcome) -> Iterator[tuple[datetime, Event]]:
        """Shards that failed stop no simulated window: it shows the whole timetable."""
        why = self.simulator.result().safety if outcome is Outcome.SAFETY_STOP else ""
        run = f"simulated-{step.name}"
        yield self._tell(
            StepEnded(step=step.name, step_run=run, outcome=outcome, seconds=round(seconds, 3), detail=why)
        )
        state = StepState.FAILED if why else StepState.DONE
        yield self._tell(StepSettled(step=step.name, state=state, why=why))

    def _tell(self, event: Event) -> tuple[datetime, Event]:
        now = self._now()
        self.view.apply(rfc3339(now), event)
        return now, event

    def _now(self) -> datetime:
        return self.began + timedelta(seconds=self._at_s)
