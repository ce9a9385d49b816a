"""A run of ``window``: one step after the other, each a run of its own, until all are done or one is in the way."""

from __future__ import annotations

import asyncio
import os
import time

import msgspec

from engine.checklist.around import Around
from engine.errors import GonogoError
from engine.jobs.gates import pass_bound
from engine.jobs.registry import Order, job_kind
from engine.jobs.start import outcome_of, run_step
from engine.jobs.window.course import Fate, course, left_out
from engine.jobs.window.earlier import Earlier, find_earlier
from engine.jobs.window.ending import summary_of, why_of
from engine.jobs.window.events import (
    StepEnded,
    StepSettled,
    StepsExpected,
    StepStarted,
    StepState,
    WindowSummary,
)
from engine.jobs.window.forecast import expect
from engine.jobs.window.known import read_known
from engine.jobs.window.plan import Plan, Step
from engine.jobs.window.reading import open_plan, order_of
from engine.jobs.window.snapshot import WindowSnapshot, between_steps, of_step
from engine.jobs.window.verifying import verify, why_not
from engine.jobs.window.view import WindowView
from engine.run.desk import Desk, Job
from engine.run.events import Event, Stopping
from engine.run.log import rfc3339, utc_now
from engine.run.outcome import Outcome

_STOPPED = (Outcome.INTERRUPTED, Outcome.TERMINATED)
_MEASURING = ("inventory", "sweep")
"""Jobs after which more is known of those that follow."""


class _TimeOf(msgspec.Struct):
    time: str


class Window:
    """A run of ``window``.

    Args:
        order: the plan, what is dropped, and where it begins.
        desk: where the run works.
    """

    job = "window"

    def __init__(self, order: Order, desk: Desk) -> None:
        self.stopped = False
        self.view = WindowView()
        self._order = order
        self._desk = desk
        self._began = time.monotonic()
        self._now = False
        self._paused = False
        self._step: tuple[str, str, Job] | None = None
        """The step under way: its name, its run and its job."""
        desk.log.listeners.append(self._note)

    def _note(self, event: Event, line: bytes) -> None:
        self.view.apply(msgspec.json.decode(line, type=_TimeOf).time, event)

    async def run(self) -> WindowSummary:
        """Go through the steps.

        Raises:
            UsageError: when there is no such plan or step, or one that may not be dropped is to be.
            ConfigError: when the plan's file is wrong.
        """
        order = self._order
        plan = await asyncio.to_thread(open_plan, order.plan, order.corpus)
        earlier = None if order.anew else await asyncio.to_thread(self._earlier, plan)
        lots = course(plan, earlier.view if earlier else None, order.drop, order.from_step)
        self._tell_plan(plan, earlier)
        for lot in lots:
            if (told := left_out(lot, order.from_step)) is not None:
                self._desk.log.append(told)
        await self._tell_expected()
        outcomes = [lot.before.outcome for lot in lots if lot.before is not None]
        for lot in lots:
            if lot.fate is not Fate.RUN or self.stopped:
                continue
            outcome = await self._run(lot.step)
            outcomes.append(outcome)
            if self.view.tracks[lot.step.name].state is not StepState.DONE:
                return self._summary(outcome)
        some_failed = any(outcome is not Outcome.OK for outcome in outcomes)
        return self._summary(Outcome.SOME_FAILED if some_failed else Outcome.OK)

    def _earlier(self, plan: Plan) -> Earlier | None:
        return find_earlier(self._desk.state, plan.id, but=self._desk.run_id)

    def _tell_plan(self, plan: Plan, earlier: Earlier | None) -> None:
        if earlier is None or earlier.view.planned is None:
            self._desk.log.append(plan.told(rfc3339(utc_now())))
        else:
            self._desk.log.append(plan.told(earlier.view.planned.began, earlier.run))

    async def _tell_expected(self) -> None:
        known = await asyncio.to_thread(read_known, self._desk.state)
        assert self.view.planned is not None
        asked = self._order.settings.convert.workers
        workers = asked if isinstance(asked, int) else None
        self._desk.log.append(StepsExpected(steps=expect(self.view.planned.steps, known, workers)))

    # One step.

    async def _run(self, step: Step) -> Outcome:
        """Run a step and settle it; return what it came to, a red verification included."""
        ended = await self._job(step)
        self._desk.log.append(ended)
        if ended.outcome in _STOPPED:
            self._settle(step, StepState.STOPPED, ended.detail or "told to stop")
            return ended.outcome
        if ended.outcome is not Outcome.OK and not (ended.outcome is Outcome.SOME_FAILED and step.red == "go on"):
            self._settle(step, StepState.FAILED, ended.detail or f"it ended {ended.outcome}")
            return ended.outcome
        red = await self._verify(step)
        if red:
            self._settle(step, StepState.FAILED, red)
            return Outcome.SOME_FAILED
        self._settle(step, StepState.DONE, ended.detail)
        if step.job in _MEASURING:
            await self._tell_expected()
        return ended.outcome

    async def _job(self, step: Step) -> StepEnded:
        """Run a step's job under its own name; what ends it early is its end, not the window's."""
        since = time.monotonic()
        order = order_of(step, self._order)
        try:
            await self._pass_gate(step, order)
            summary = await run_step(order, self._desk.state, lambda run, job: self._take_up(step, run, job))
            outcome, detail = summary.outcome, why_of(summary)
        except GonogoError as error:
            outcome, detail = outcome_of(error), str(error)
        finally:
            self._step = None
        run, seconds = self.view.tracks[step.name].run, round(time.monotonic() - since, 3)
        return StepEnded(step=step.name, step_run=run, outcome=outcome, seconds=seconds, detail=detail)

    async def _pass_gate(self, step: Step, order: Order) -> None:
        """Ask the gate that the plan sets before a step whose job has none of its own."""
        if step.gate and job_kind(step.job).gate is None:
            await pass_bound(step.gate, order, self._desk.state, self._desk.worker_env, self._desk.log)

    def _take_up(self, step: Step, run: str, job: Job) -> None:
        """Learn that a step's run exists; what was asked of the window meanwhile is asked of it."""
        self._step = (step.name, run, job)
        self._desk.log.append(StepStarted(step=step.name, job=step.job, step_run=run))
        if self._paused:
            job.pause()
        if self.stopped:
            job.stop(self._now)

    async def _verify(self, step: Step) -> str:
        """Hold what a step left behind against the plan's checks; return what is red."""
        order, desk = self._order, self._desk
        around = Around(order.corpus, desk.state, order.settings, os.environ, desk.worker_env)
        checks = await verify(step, around)
        for check in checks:
            desk.log.append(check)
        return why_not(checks)

    def _settle(self, step: Step, state: StepState, why: str) -> None:
        self._desk.log.append(StepSettled(step=step.name, state=state, why=why), durable=True)

    def _summary(self, outcome: Outcome) -> WindowSummary:
        return summary_of(self.view, utc_now(), outcome, round(time.monotonic() - self._began, 3))

    # What an operator asks: it reaches the step under way.

    def snapshot(self) -> bytes:
        """Return the encoded :class:`WindowSnapshot` of this moment."""
        return msgspec.json.encode(self.look())

    def look(self) -> WindowSnapshot:
        """Return this moment."""
        if self._step is None:
            passed_s = time.monotonic() - self._began
            return between_steps(self._desk.run_id, passed_s, paused=self._paused, stopping=self.stopped)
        name, run, job = self._step
        return of_step(self._desk.run_id, name, run, job.snapshot())

    def pause(self) -> None:
        """Have the step under way, and those after it, hand out no more work until :meth:`resume`."""
        self._paused = True
        if self._step is not None:
            self._step[2].pause()

    def resume(self) -> None:
        """Take the operator's pause back."""
        self._paused = False
        if self._step is not None:
            self._step[2].resume()

    def set_workers(self, count: int) -> None:
        """Have the step under way work with so many workers.

        Raises:
            GonogoError: when none is under way, or it takes no number.
        """
        self._under_way().set_workers(count)

    def choose_workers(self) -> None:
        """Let the step under way choose its number of workers.

        Raises:
            GonogoError: when none is under way, or it chooses none.
        """
        self._under_way().choose_workers()

    def _under_way(self) -> Job:
        if self._step is None:
            raise GonogoError("no step of the window is under way just now; ask again when the next one is")
        return self._step[2]

    def stop(self, now: bool) -> None:
        """Bring the step under way to a safe point and end; ``now`` has it kill its workers."""
        self.stopped, self._now = True, now
        self._desk.log.append(Stopping(why="told to stop at once" if now else "told to stop", now=now))
        if self._step is not None:
            self._step[2].stop(now)
