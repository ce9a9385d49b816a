"""A run of ``sweep``: some shards tried in scratch, then the same ones with 1, 2, 4, … workers, each count measured.

Nothing in the corpus is written to. :mod:`engine.convert.sweep_rounds` lays the trials out; their medians are judged
by :mod:`engine.convert.sweep_findings`.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from pathlib import Path

import msgspec

from engine.config import Settings
from engine.convert.auto_advice import SWEEP_REPORT
from engine.convert.guard import reserve_for, still_to_write, why_not
from engine.convert.listening import PAIRS, clear_listening, listening_folder
from engine.convert.plan import Planned, plan, spread_over
from engine.convert.program import CONVERTERS
from engine.convert.scratch import clear_scratch, scratch_of
from engine.convert.sweep_events import SweepPlanned, SweepSummary, SweepTrial
from engine.convert.sweep_findings import judge
from engine.convert.sweep_rounds import (
    ROUNDS,
    ROUNDS_MOST,
    Trial,
    TrialSet,
    enough,
    in_the_race,
    is_over,
    trial_of,
    trial_set,
    turns,
)
from engine.convert.sweep_set import Group, group, sample, share_out
from engine.convert.sweep_trial import Stint, weigh
from engine.convert.sweep_tried import Tried
from engine.convert.sweep_verdict import counts_up_to
from engine.convert.tasks import Inspect, Measure, Result
from engine.convert.volumes import Volumes
from engine.crew.answers import State, Trouble
from engine.crew.artifacts import artifact, write_whole
from engine.crew.crew import Crew, deaths
from engine.crew.wire import ShardRef, to_wire
from engine.errors import Fault, GonogoError, UsageError
from engine.run.desk import Desk
from engine.run.outcome import Outcome
from engine.run.owner import DONE, FAIL, RETRY, Verdict
from engine.run.queue import Task
from engine.run.supervise import WorkerEnd
from engine.shards.files import RealFiles
from engine.shards.layout import find_shards

SHARDS = 3
"""Tried where nobody says how many."""

_SAMPLED_A_SOURCE = 3
_PROBES = 4
_SURE_ROUNDS = range(1, ROUNDS + 1)
"""Laid out before the first, so that whoever watches sees how much there is to do at least."""
_LOOK_EVERY_S = 0.5
_PATIENCE_S = 5.0
"""Without room for a single shard for so long, the sweep ends: one that waits for room measures nothing."""


class Sweeping(Crew[Result]):
    """A run of ``sweep``.

    Args:
        corpus: the corpus.
        settings: as resolved.
        desk: where the run works.
        shards: how many are tried first.
        counts: the numbers of workers; none for :func:`counts_up_to` the usable CPUs.
    """

    job = "sweep"
    pieces = "tries"

    def __init__(
        self, corpus: Path, settings: Settings, desk: Desk, *, shards: int | None = None, counts: tuple[int, ...] = ()
    ) -> None:
        super().__init__(desk, settings, CONVERTERS, tell_workers=False)
        self.corpus = corpus
        self._shards = shards or SHARDS
        self._asked = counts or counts_up_to(desk.cpus)
        self._volumes = Volumes(settings.convert.floor_bytes)
        self._scratch = scratch_of(desk)
        self._worker_of: dict[str, int] = {}
        self._looked_at: dict[str, Result] = {}
        self._tried = Tried(desk.log)
        self._trial: Trial | None = None
        self._trials: list[SweepTrial] = []
        self._safety = ""
        self._idle_since = time.monotonic()
        self._notes: list[str] = []

    async def run(self) -> SweepSummary:
        """Try, measure, judge; write the report.

        Raises:
            UsageError: when there is no shard.
            WorkersFailError: when workers do not start.
        """
        pending = await self._plan()
        watch = asyncio.create_task(self._watch())
        try:
            groups = await self._groups(pending)
            await self._try(groups)
            await self._volumes.look()  # the last one may have seen what the dry run wrote and has deleted since
            sets = self._sets(groups)
            await self._measure(sets)
        finally:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
            await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)
        summary = self._summary(sets)
        if summary.report:
            content = msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n"
            await asyncio.to_thread(write_whole, Path(summary.report), content)
        return summary

    async def _plan(self) -> list[Planned]:
        """Find the shards of which no record says that they are done, and that no swap has left traces beside."""
        found = await asyncio.to_thread(find_shards, self.corpus, self.settings.layout)
        self.warn(found.warnings)
        if not found.shards:
            raise UsageError(f"{self.corpus}: no shard was found; see [layout] in gonogo.toml")
        await asyncio.to_thread(clear_scratch, self.desk.state)
        await asyncio.to_thread(clear_listening, self.desk.state)
        shards = await asyncio.to_thread(plan, RealFiles(), found.shards)
        await asyncio.to_thread(self._scratch.mkdir, parents=True, exist_ok=True)
        await self._volumes.add({self._scratch, *(shard.place.files.folder for shard in shards)})
        pending = [shard for shard in shards if shard.state is State.PENDING]
        if not pending:
            self._notes.append("no shard is left to be converted")
        folders = {shard.place.files.folder for shard in pending}
        if any(self._volumes.device(folder) != self._volumes.device(self._scratch) for folder in folders):
            problem = "scratch is on another volume than the shards: the disk that is written to here is not theirs"
            self.warn([Fault(problem, file=str(self._scratch), way_out="choose --state on the shards' volume")])
        return pending

    async def _groups(self, pending: list[Planned]) -> tuple[Group, ...]:
        """Look at a few shards of each source: which codec, and whether there is anything to convert."""
        chosen = sample(pending, _SAMPLED_A_SOURCE)
        await self.pool.run([self._look_order(shard) for shard in chosen])
        groups = group(pending, self._looked_at)
        if pending and not groups and not self.stopped:
            self._notes.append("no shard that was looked at needs a conversion")
        return groups

    def _look_order(self, shard: Planned) -> Task:
        order = Inspect(
            shard=ShardRef.of(shard.place, self.desk.state / "locks"),
            probes=_PROBES,
            aliases=self.settings.metadata.aliases(),
        )
        return self.enlist(shard.place, 0, order, f"look {shard.place.id}")

    async def _try(self, groups: tuple[Group, ...]) -> None:
        """Convert shards of each group in scratch, until enough of them were, or there are no more."""
        for one, wanted in zip(groups, share_out(groups, self._shards), strict=True):
            waiting = spread_over(list(one.shards), wanted)
            made = 0
            while waiting and made < wanted and not self.pool.stopping:
                batch, waiting = waiting[: wanted - made], waiting[wanted - made :]
                await self.pool.run([self._order(shard, "try") for shard in batch])
                made += sum(shard.place.id in self._tried.measured for shard in batch)

    def _order(self, shard: Planned, why: str, threads: int = 1) -> Task:
        order = Measure(
            shard=ShardRef.of(shard.place, self.desk.state / "locks"),
            aliases=self.settings.metadata.aliases(),
            scratch=to_wire(self._scratch),
            spot_checks=self.settings.convert.spot_checks,
            listen=to_wire(listening_folder(self.desk.state, shard.place.id)) if why == "try" else "",
            listen_clips=-(-PAIRS // self._shards),
            threads=threads,
        )
        return self.enlist(shard.place, shard.size_bytes, order, f"{why} {shard.place.id}")

    # The trials.

    def _sets(self, groups: tuple[Group, ...]) -> list[TrialSet]:
        """Choose what the trials of each group work on."""
        return [] if self.pool.stopping else [made for one in groups if (made := self._set(one)) is not None]

    def _set(self, one: Group) -> TrialSet | None:
        room = self._volumes.room(self._scratch)
        made = trial_set(one, self._tried.measured, self._tried.left_out, self._asked, room)
        if made is None:
            return None
        if made.shortfall:
            self._notes.append(made.shortfall)
        if not made.counts:
            self._stop_for_safety(made.shortfall)
            return None
        self.desk.log.append(
            SweepPlanned(
                codec=made.group.codec,
                shards=tuple(shard.place.id for shard in made.shards),
                counts=made.counts,
                rounds=ROUNDS,
                shards_a_worker=made.a_worker,
            )
        )
        return made

    async def _measure(self, sets: list[TrialSet]) -> None:
        """Run round after round of trials, one trial at a time, until each codec's recommendation stands."""
        laid_out = {number: {one.group.codec: self._lay_out(one, number) for one in sets} for number in _SURE_ROUNDS}
        for number in range(1, ROUNDS_MOST + 1):
            for one in sets:
                if not is_over(number, self._trials_of(one)):
                    known = laid_out.get(number, {}).get(one.group.codec)
                    await self._round(one, known or self._lay_out(one, number))

    def _lay_out(self, one: TrialSet, number: int) -> list[Trial]:
        codec = one.group.codec
        return [trial_of(one, number, count, self.desk.cpus, self._order) for count in turns(codec, number, one.counts)]

    async def _round(self, one: TrialSet, trials: list[Trial]) -> None:
        """Let the numbers of workers take their turns that are still in the race."""
        for trial in trials:
            if self.pool.stopping:
                return
            if trial.workers in in_the_race(one.counts, self._trials_of(one)):
                await self._run(trial)
            else:
                for task in trial.tasks:
                    self.settle(task)

    async def _run(self, trial: Trial) -> None:
        tasks = enough(trial, self._tried.left_out, self.sizes, self._trials)
        chosen = {task.id for task in tasks}
        for task in trial.tasks:
            if task.id not in chosen:
                self.settle(task)
        self._trial = trial
        self.pool.set_workers(trial.workers)
        await self.pool.run(tasks)
        self._trial = None
        self._weigh(trial)

    def _trials_of(self, one: TrialSet) -> list[SweepTrial]:
        return [trial for trial in self._trials if trial.codec == one.group.codec]

    def _weigh(self, trial: Trial) -> None:
        if self.pool.stopping:
            return
        if trial.disturbed or not trial.stints:
            problem = f"a trial of {trial.workers} workers was disturbed and does not count"
            self.warn([Fault(problem, way_out="leave a sweep alone while it measures")])
            return
        event = SweepTrial(
            codec=trial.codec, round=trial.round, figures=weigh(trial.stints, trial.workers, trial.threads)
        )
        self._trials.append(event)
        self.desk.log.append(event)

    # The disk guard.

    def may_start(self, task: Task) -> str | None:
        """Hold a shard back while there is no room for what it makes; see :class:`Conversion`."""
        running = sum(
            still_to_write(reserve_for(self.sizes[view.task.id]), self.newest.get(view.task.id))
            for view in self.pool.workers()
            if view.task is not None
        )
        return why_not(self._volumes.room(self._scratch), running, reserve_for(self.sizes[task.id]))

    def on_waiting(self, reason: str | None) -> None:
        """See :class:`Crew`. The trial under way does not count."""
        if self._trial is not None and not self.pool.stopping:
            self._trial.disturbed = True
        super().on_waiting(reason)

    def tightest(self) -> tuple[int | None, int | None]:
        """See :class:`Crew`."""
        room = self._volumes.tightest()
        return (None, None) if room is None else (room.free_bytes, room.floor_bytes)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            await self._volumes.look()
            if not self.pool.waiting or any(view.task for view in self.pool.workers()):
                self._idle_since = time.monotonic()
            elif time.monotonic() - self._idle_since > _PATIENCE_S and not self.pool.stopping:
                self._stop_for_safety(f"the disk has no room for a shard: {self.pool.waiting}")

    def _stop_for_safety(self, why: str) -> None:
        self._safety = self._safety or why
        self.pool.stop()

    # What workers answer.

    def on_handed_out(self, task: Task, worker: int) -> None:
        """See :class:`PoolOwner`."""
        self._worker_of[task.id] = worker

    def on_result(self, task: Task, line: bytes) -> Verdict:
        """See :class:`PoolOwner`."""
        ended = time.monotonic()
        result = self.read_result(task, line)
        if result.interrupted:
            return RETRY
        self.settle(task)
        if result.inspection is not None or task.id.startswith("look "):
            self._looked_at[task.label] = result
        elif result.state is State.FAILED:
            return self._failed(task, result)
        elif result.measured is None:
            self._tried.unfit(task.label, self.places[task.id].source, result)
        else:
            self._took(task, result, ended)
        return DONE

    def _took(self, task: Task, result: Result, ended: float) -> None:
        assert result.measured is not None
        if self._trial is not None:
            worker, size = self._worker_of[task.id], self.sizes[task.id]
            started = ended - result.measured.seconds
            self._trial.stints.append(Stint(worker, started, ended, size, result.measured))
        else:
            self._tried.converted(task.label, self.places[task.id].source, result)

    def _failed(self, task: Task, result: Result) -> Verdict:
        fault = result.fault or Fault("the worker did not say why")
        if result.trouble is not Trouble.SHARD:
            self._stop_for_safety(str(fault))
        self._tell_failed(task, fault)
        return FAIL

    def on_retried(self, task: Task, end: WorkerEnd | None) -> None:
        """See :class:`PoolOwner`."""
        super().on_retried(task, end)
        if self._trial is not None:
            self._trial.disturbed = True

    def on_parked(self, task: Task, ends: tuple[WorkerEnd, ...]) -> None:
        """See :class:`PoolOwner`."""
        self.newest.pop(task.id, None)
        self.settle(task)
        self._tell_failed(task, deaths(ends))

    def _tell_failed(self, task: Task, fault: Fault) -> None:
        if self._trial is not None:
            self._trial.disturbed = True
        self._tried.failed(task.label, self.places[task.id].source, fault)

    # What an operator asks.

    def on_workers_changed(self, count: int) -> None:
        """See :class:`PoolOwner`. Each trial tells its own count."""

    def set_workers(self, count: int) -> None:
        """Refuse: the number of workers is what is measured.

        Raises:
            GonogoError: always.
        """
        raise GonogoError(f"{count} workers: a sweep chooses them itself; end it with gonogo stop")

    def pause(self) -> None:
        """See :class:`Crew`. The trial under way does not count."""
        if self._trial is not None:
            self._trial.disturbed = True
        super().pause()

    # The end.

    def _summary(self, sets: list[TrialSet]) -> SweepSummary:
        whole = not self.stopped and not self._safety
        groups = judge(sets, self._trials, self.desk.cpus, self._volumes) if whole else ()
        counts = self._tried.counts
        red = counts[State.QUARANTINED] + counts[State.FAILED]
        first = groups[0] if groups else None
        outcome = Outcome.SOME_FAILED if red else Outcome.OK
        return SweepSummary(
            job=self.job,
            outcome=Outcome.SAFETY_STOP if self._safety else outcome,
            seconds=round(time.monotonic() - self.began, 3),
            counts={str(state): counts[state] for state in State if counts[state]},
            tried=len(self._tried.measured),
            usable_cpus=self.desk.cpus,
            recommended_workers=first.recommended_workers if first else None,
            limited_by=first.limited_by if first else None,
            estimate_s=round(sum(one.estimate_s for one in groups), 3) if groups else None,
            codecs=groups,
            trials=tuple(self._trials),
            report=str(artifact(self.desk.state, SWEEP_REPORT)) if groups else "",
            listen=str(listening_folder(self.desk.state)) if self._tried.measured else "",
            detail=self._safety or "; ".join(self._notes),
        )
