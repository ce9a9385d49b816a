"""The conversion of a corpus: shards to workers under the disk guard, results to events, and what it all came to."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.config import Settings
from engine.convert.ends import event_of, summary_of
from engine.convert.events import (
    ConvertSummary,
    FoundShard,
    ShardDone,
    ShardFailed,
    ShardRecovered,
    ShardsFound,
    ShardStarted,
)
from engine.convert.events import Planned as PlannedEvent
from engine.convert.guard import InHand, reserve_for, still_to_write, why_not
from engine.convert.plan import Planned, plan, spread_over, to_release
from engine.convert.releasing import Releases
from engine.convert.scratch import clear_scratch, scratch_of
from engine.convert.staffing import Staffed
from engine.convert.tasks import Conversion as Converted
from engine.convert.tasks import Convert, Result
from engine.convert.volumes import Volumes
from engine.crew.answers import State, Trouble
from engine.crew.crew import deaths, is_blameless
from engine.crew.wire import ShardRef, to_wire
from engine.errors import Fault, UsageError
from engine.run.desk import Desk
from engine.run.events import Warned
from engine.run.owner import DONE, FAIL, RETRY, Verdict, requeue_and_pause
from engine.run.queue import Task
from engine.run.supervise import WorkerEnd
from engine.shards.clips import clip_table
from engine.shards.files import RealFiles
from engine.shards.layout import find_shards
from engine.shards.record import now

_LOOK_EVERY_S = 0.5
_FOUND_A_LINE = 200
"""Shards told of in one line of the log: some 10 KB."""
_FULL_DISK_PAUSE_S = 5.0
"""After a write was refused for want of space, so long at least nothing new starts: space comes back in steps."""
_FULL_DISK_TRIES = 3
"""A shard whose writes are refused so often while the volume reports room meets a quota, not a full disk."""


class Conversion(Staffed):
    """A run of ``convert``.

    Args:
        corpus: the corpus.
        settings: as resolved.
        desk: where the run works.
        dry_run: try so many shards in scratch and change none; None converts.
    """

    job = "convert"

    def __init__(self, corpus: Path, settings: Settings, desk: Desk, *, dry_run: int | None = None) -> None:
        super().__init__(desk, settings)
        self.corpus = corpus
        self.dry_run = dry_run
        self._files = RealFiles()
        self._volumes = Volumes(settings.convert.floor_bytes)
        self._counts: Counter[State] = Counter()
        self._converted: list[Converted] = []
        self._last_fault: dict[str, Fault] = {}
        self._refused: Counter[str] = Counter()
        self._full_since: float | None = None
        self._idle_since: float | None = None
        self._in_hand = InHand()
        self._safety: str = ""
        self._kept: list[Planned] = []
        self._scratch = scratch_of(desk)
        self._releases = Releases(desk, self.limits)

    async def run(self) -> ConvertSummary:
        """Convert (or try) what there is to convert.

        Raises:
            UsageError: when there is no shard.
            WorkersFailError: when workers do not start.
        """
        shards = await self._plan()
        to_do = [shard for shard in shards if shard.state is not State.DONE]
        self._kept = [shard for shard in shards if shard.kept_since]
        watch = asyncio.create_task(self._watch())
        try:
            if self.dry_run is None:
                await self.pool.run([self._order(shard) for shard in to_do])
            else:
                await self._try(spread_over(to_do, self.dry_run), self.dry_run)
        finally:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
            await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)
        await self._release_old_backups()
        return self._summary(len(shards))

    async def _plan(self) -> tuple[Planned, ...]:
        found = await asyncio.to_thread(find_shards, self.corpus, self.settings.layout)
        self.warn(found.warnings)
        if not found.shards:
            audio, lone = self.settings.layout.audio, self.settings.layout.lone
            wanted = f"folders with {audio}, or {lone}, in a folder of the corpus"
            raise UsageError(f"{self.corpus}: no shard was found: wanted {wanted}; see [layout] in gonogo.toml")
        await asyncio.to_thread(clear_scratch, self.desk.state)
        shards = await asyncio.to_thread(plan, self._files, found.shards)
        await self._volumes.add({self.desk.state, *(shard.place.files.folder for shard in shards)})
        await self._try_links(shards)
        done = sum(shard.state is State.DONE for shard in shards)
        self._counts[State.DONE] = done
        for batch in _batched(shards, _FOUND_A_LINE):
            told = tuple(FoundShard(shard.place.id, shard.state, shard.size_bytes) for shard in batch)
            self.desk.log.append(ShardsFound(shards=told))
        first = next((shard.place for shard in shards if shard.state is not State.DONE), None)
        await self.staff(first, steerable=self.dry_run is None)
        self.desk.log.append(
            PlannedEvent(
                shards=len(shards),
                done=done,
                to_do=len(shards) - done,
                bytes_to_do=sum(shard.size_bytes for shard in shards if shard.state is not State.DONE),
                workers=self.workers,
                dry_run=self.dry_run,
                auto=self.auto,
                workers_why=self.workers_why,
            )
        )
        return shards

    async def _try_links(self, shards: Sequence[Planned]) -> None:
        """Find out, before the first swap, on which volumes it has to go by renames, and say so."""
        if self.dry_run is not None:
            return
        to_do = [shard.place.files.folder for shard in shards if shard.state is not State.DONE]
        for folder in await self._volumes.try_links([self.desk.state, *to_do]):  # the state's own, before a shard's
            problem = "no hard links on this volume: audio.tar is absent for an instant in each swap"
            way_out = "let nothing else work on these shards; after a kill, the next run or recover gives it back"
            self.warn([Fault(problem, file=str(folder), way_out=way_out)])

    def _order(self, shard: Planned) -> Task:
        place = shard.place
        order = Convert(
            shard=ShardRef.of(place, self.desk.state / "locks"),
            run=self.desk.run_id,
            tool=self.desk.tool,
            aliases=self.settings.metadata.aliases(),
            spot_checks=self.settings.convert.spot_checks,
            keep_backup=self.settings.convert.keep_backups > 0,
            links=self._volumes.links(place.files.folder),
            scratch=None if self.dry_run is None else to_wire(self._scratch),
            clips=None if self.dry_run is not None else to_wire(clip_table(self.desk.state, place.source, place.shard)),
        )
        return self.enlist(place, shard.size_bytes, order)

    async def _try(self, shards: list[Planned], count: int) -> None:
        """Try shards until ``count`` of them were converted in scratch; those of 16 kHz do not count."""
        await asyncio.to_thread(self._scratch.mkdir, parents=True, exist_ok=True)
        waiting = list(shards)
        while waiting and len(self._converted) < count and not self.pool.stopping:
            missing = count - len(self._converted)
            batch, waiting = waiting[:missing], waiting[missing:]
            await self.pool.run([self._order(shard) for shard in batch])

    # The disk guard.

    def may_start(self, task: Task) -> str | None:
        """Hold a shard back while its volume has no room for it beside what the running workers still write."""
        folder = self._folder_written(task.id)
        device = self._volumes.device(folder)
        running = sum(
            still_to_write(reserve_for(self.sizes[shard]), progress)
            for shard, progress in self._in_hand
            if self._volumes.device(self._folder_written(shard)) == device
        )
        return why_not(self._volumes.room(folder), running, reserve_for(self.sizes[task.id]))

    def _folder_written(self, shard: str) -> Path:
        return self.desk.state if self.dry_run is not None else self.places[shard].files.folder

    def tightest(self) -> tuple[int | None, int | None]:
        """See :class:`Crew`."""
        room = self._volumes.tightest()
        return (None, None) if room is None else (room.free_bytes, room.floor_bytes)

    async def _watch(self) -> None:
        """Keep the volumes' figures fresh; end a pause for want of space, or, after a while, the run."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                views = [view.task.id for view in self.pool.workers() if view.task is not None]
                answered = self._in_hand.look({shard: self.newest.get(shard) for shard in views})
                await self._volumes.look()
                answered()
            except OSError as error:
                self._stop_for_safety(f"a volume of the corpus does not answer any more: {error}")
                return
            await self._release_old_backups()
            self._end_pause()
            self.steer()
            self._give_up_waiting()

    def _end_pause(self) -> None:
        if "disk" not in self.pool.pauses or self._full_since is None:
            return
        room = self._volumes.tightest()
        rested = time.monotonic() - self._full_since > _FULL_DISK_PAUSE_S
        if rested and room is not None and room.free_bytes >= room.floor_bytes:
            self._full_since = None
            self.pool.resume("disk")

    def _give_up_waiting(self) -> None:
        held = self.pool.waiting or self.pool.pauses.get("disk")
        if not held or any(view.task for view in self.pool.workers()):
            self._idle_since = None
            return
        self._idle_since = self._idle_since or time.monotonic()
        waited = time.monotonic() - self._idle_since
        if waited >= self.settings.convert.floor_wait_s and not self.pool.stopping:
            self._stop_for_safety(f"the disk had no room for another shard for {waited:.0f} s: {held}")

    def _stop_for_safety(self, why: str) -> None:
        self._safety = self._safety or why
        self.pool.stop()

    # What workers answer.

    def on_handed_out(self, task: Task, worker: int) -> None:
        """See :class:`PoolOwner`."""
        super().on_handed_out(task, worker)
        self._in_hand.take(task.id)
        self.desk.log.append(ShardStarted(shard=task.label, worker=worker, bytes_in=self.sizes[task.id]))

    def on_result(self, task: Task, line: bytes) -> Verdict:
        """See :class:`PoolOwner`."""
        result = self.read_result(task, line)
        self.note_end(task, result)
        if result.recovery is not None and self.dry_run is None:
            told = result.recovery
            self.desk.log.append(
                ShardRecovered(shard=task.label, row=told.row, ends=told.ends, actions=told.actions, why=told.why)
            )
        if result.interrupted:
            return RETRY
        if result.state is State.FAILED:
            return self._failed(task, result)
        self._record(task, result)
        self.settle(task)
        return DONE

    def _record(self, task: Task, result: Result) -> None:
        event = event_of(task.label, self.places[task.id].source, result, dry_run=self.dry_run is not None)
        if event is not None:
            self.desk.log.append(event, durable=isinstance(event, ShardDone))
        made = result.conversion
        if made is not None:
            self._converted.append(made)
            if self.dry_run is None and made.backup_kept:
                self._kept.append(Planned(self.places[task.id], State.DONE, self.sizes[task.id], kept_since=now()))
        self._counts[result.state] += 1

    def _failed(self, task: Task, result: Result) -> Verdict:
        fault = result.fault or Fault("the worker did not say why")
        self._last_fault[task.id] = fault
        if is_blameless(result) and self._refused[task.id] < _FULL_DISK_TRIES:
            self._refused[task.id] += 1
            self._full_since = time.monotonic()
            return requeue_and_pause("disk", str(fault))
        if result.trouble is Trouble.DISK:
            self._stop_for_safety(str(fault))
        elif not is_blameless(result):
            self._tell_failed(task, fault, final=False)
            return RETRY
        self._tell_failed(task, fault, final=True)
        return FAIL

    def on_retried(self, task: Task, end: WorkerEnd | None) -> None:
        """See :class:`PoolOwner`."""
        super().on_retried(task, end)
        if end is not None:
            problem = f"a worker died on this shard: {end.detail}"
            self._tell_failed(task, Fault(problem, way_out="it is tried again"), final=False)

    def on_parked(self, task: Task, ends: tuple[WorkerEnd, ...]) -> None:
        """See :class:`PoolOwner`."""
        self.newest.pop(task.id, None)
        self.note_death(task)
        self._tell_failed(task, deaths(ends) if ends else self._last_fault[task.id], final=True)

    def _tell_failed(self, task: Task, fault: Fault, *, final: bool) -> None:
        source = self.places[task.id].source
        self.desk.log.append(ShardFailed(shard=task.label, source=source, fault=fault, final=final))
        if final:
            self._counts[State.FAILED] += 1
            self.settle(task)

    # Kept originals, and the end.

    async def _release_old_backups(self) -> None:
        """Let the oldest kept originals go that are more than the number that is to be kept; none where that is 0."""
        keep = self.settings.convert.keep_backups
        if self.dry_run is not None or keep == 0 or self.stopped:
            return
        over = to_release(self._kept, keep)
        if not over:
            return
        stays = await self._releases.let_go([shard.place for shard in over])
        self._kept = [shard for shard in self._kept if shard not in over]
        for name, fault in stays.items():
            self.desk.log.append(Warned(problem=f"{name}: its kept original stays: {fault}"))

    def stop(self, now: bool) -> None:
        """See :class:`Crew`."""
        super().stop(now)
        if now:
            self._releases.pool.stop_now()
        else:
            self._releases.pool.stop()

    def _summary(self, shards: int) -> ConvertSummary:
        return summary_of(
            self._counts,
            self._converted,
            job=self.job,
            seconds=time.monotonic() - self.began,
            shards=shards,
            dry_run=self.dry_run is not None,
            backups_kept=len(self._kept),
            safety=self._safety,
        )


def _batched(shards: Sequence[Planned], size: int) -> Iterator[Sequence[Planned]]:
    for at in range(0, len(shards), size):
        yield shards[at : at + size]
