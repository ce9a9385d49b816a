"""The workers of a job on shards: one pool, its events in the log, its controls, its snapshot."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Generic, Literal, cast

import msgspec

from engine.config import Settings
from engine.crew.answers import Answer, Progress, Trouble
from engine.crew.limits import Moment
from engine.crew.program import Program, R
from engine.crew.usage import Usage
from engine.errors import Fault, GonogoError
from engine.run.desk import Desk
from engine.run.events import Paused, Resumed, Stopping, Warned, WorkerEnded, WorkersChanged, WorkerStarted
from engine.run.limits import WorkerLimits
from engine.run.owner import PoolOwner
from engine.run.pool import Pool, WorkerView
from engine.run.queue import Policy, Task
from engine.run.supervise import WorkerEnd
from engine.shards.layout import ShardPlace

RECYCLE_AFTER = 200
"""Shards a worker does before a fresh one takes its place: what a library leaks never grows past this."""

_Why = Literal["operator", "disk", "fault"]


class WorkerNow(msgspec.Struct, frozen=True, kw_only=True):
    """One worker in a snapshot."""

    worker: int
    pid: int | None
    shard: str = ""
    stage: str = ""
    read_bytes: int = 0
    of_bytes: int = 0
    written_bytes: int = 0
    seconds: float = 0.0
    """Since the shard was taken in hand."""
    memory_bytes: int = 0
    """What its process holds in RAM, at most a second ago; 0 where that is not known."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A job at this moment: what its events cannot tell, because it changes all the time."""

    run: str
    job: str
    elapsed_s: float
    """Since the run began, pauses included."""
    workers_wanted: int
    workers: tuple[WorkerNow, ...]
    pauses: dict[str, str]
    """Why nothing is handed out: reason to detail."""
    stopping: bool
    settled: int
    """Shards, or other pieces of work, that this run has done with."""
    to_do: int
    bytes_done: int
    bytes_to_do: int
    free_bytes: int | None = None
    """Of the tightest volume."""
    floor_bytes: int | None = None
    auto: bool = False
    """The run chooses the number of workers itself."""
    workers_why: str = ""
    """Why there are to be so many."""
    stage: str = ""
    """What the run is at, where that is the corpus as a whole and no shard; "" elsewhere."""
    limit: str = ""
    """What limits the run now: ``cpu``, ``disk``, ``guard``, ``operator``, ``fault``, ``workers``, ``end``; "" where
    that is not known (:mod:`engine.crew.limits`)."""
    limit_why: str = ""
    """Why one thinks so."""
    worked_s: float | None = None
    """Of ``elapsed_s``, in which at least one worker had a shard; None where that is not counted."""
    pieces: str = "shards"
    """What ``settled`` and ``to_do`` count: a sweep tries the same shards many times."""

    @property
    def at_work_s(self) -> float:
        """What the pace is reckoned over: a pause, in which nothing is done, is no part of it."""
        return self.elapsed_s if self.worked_s is None else self.worked_s

    @property
    def pace(self) -> float | None:
        """Bytes a second while at work; None before anything is done."""
        return self.bytes_done / self.at_work_s if self.bytes_done and self.at_work_s else None

    @property
    def eta_s(self) -> float | None:
        """Seconds of work until the end at the pace so far; None before anything is done."""
        return None if self.pace is None else (self.bytes_to_do - self.bytes_done) / self.pace


class Crew(PoolOwner, Generic[R]):
    """A job that hands shards to workers; a subclass makes the orders and judges the results."""

    job = ""
    pieces = "shards"
    """What is handed to workers, one at a time."""

    def __init__(
        self,
        desk: Desk,
        settings: Settings,
        program: Program[R],
        *,
        tell_workers: bool = True,
        workers: int | None = None,
    ) -> None:
        self.desk = desk
        self.settings = settings
        self.began = time.monotonic()
        self.places: dict[str, ShardPlace] = {}
        self.sizes: dict[str, int] = {}
        self.settled: set[str] = set()
        self.newest: dict[str, Progress] = {}
        """The last progress of each shard in a worker's hands."""
        self.stopped = False
        self.auto = False
        self.workers_why = ""
        self._tell_workers = tell_workers
        asked = settings.convert.workers
        self.workers = workers or (desk.cpus if asked == "auto" else int(asked))
        self._bytes_settled = 0
        self._usage = Usage(desk.cpus)
        self._progress = msgspec.json.Decoder(Progress)
        self._result = msgspec.json.Decoder(program.answer)
        self.limits = WorkerLimits(
            silence_s=settings.convert.silence_s, memory_bytes=settings.convert.worker_memory_bytes
        )
        self.pool = Pool(
            program.argv,
            self,
            env=desk.worker_env,
            limits=self.limits,
            workers=self.workers,
            policy=Policy(retries=settings.convert.retries),
            recycle_after=RECYCLE_AFTER,
        )

    def enlist(self, place: ShardPlace, size_bytes: int, order: msgspec.Struct, task_id: str = "") -> Task:
        """Turn an order for one shard into a task of the pool; one that is worked on often needs an id each time."""
        task_id = task_id or place.id
        self.places[task_id] = place
        self.sizes[task_id] = size_bytes
        return Task(task_id, msgspec.json.encode(order), label=place.id)

    def read_result(self, task: Task, line: bytes) -> R:
        """Read a worker's answer; the shard is out of its hands."""
        self.newest.pop(task.id, None)
        return self._result.decode(line)

    def settle(self, task: Task) -> None:
        """Count a shard as done with."""
        if task.id not in self.settled:
            self.settled.add(task.id)
            self._bytes_settled += self.sizes[task.id]

    # What the pool tells.

    def on_progress(self, task: Task, line: bytes) -> None:
        """See :class:`PoolOwner`."""
        self.newest[task.id] = self._progress.decode(line)

    def on_worker_started(self, worker: int, pid: int) -> None:
        """See :class:`PoolOwner`."""
        if self._tell_workers:
            self.desk.log.append(WorkerStarted(worker=worker, pid=pid))

    def on_worker_ended(self, worker: int, pid: int, end: WorkerEnd) -> None:
        """See :class:`PoolOwner`."""
        if self._tell_workers:
            self.desk.log.append(WorkerEnded(worker=worker, pid=pid, how=end.how, detail=end.detail))

    def on_retried(self, task: Task, end: WorkerEnd | None) -> None:
        """See :class:`PoolOwner`."""
        self.newest.pop(task.id, None)

    def on_waiting(self, reason: str | None) -> None:
        """Tell that the disk guard holds shards back, or no longer does."""
        if reason is None:
            self.desk.log.append(Resumed(why="disk"))
        else:
            self.desk.log.append(Paused(why="disk", detail=reason))

    def on_paused(self, why: str, detail: str) -> None:
        """See :class:`PoolOwner`."""
        self.desk.log.append(Paused(why=cast("_Why", why), detail=detail))

    def on_resumed(self, why: str) -> None:
        """See :class:`PoolOwner`."""
        self.desk.log.append(Resumed(why=cast("_Why", why)))

    def on_workers_changed(self, count: int) -> None:
        """See :class:`PoolOwner`."""
        self.desk.log.append(WorkersChanged(count=count, why=self.workers_why, auto=self.auto))

    # What an operator asks.

    def pause(self) -> None:
        """Hand out no more shards until :meth:`resume`; those in hand go on."""
        self.pool.pause("operator", "asked for")

    def resume(self) -> None:
        """Take the operator's pause back."""
        self.pool.resume("operator")

    def set_workers(self, count: int) -> None:
        """Have this many workers from now on."""
        self.pool.set_workers(count)

    def choose_workers(self) -> None:
        """Refuse: a job that nobody measures cannot choose.

        Raises:
            GonogoError: always.
        """
        raise GonogoError(f"{self.job} chooses no number of workers itself: only a conversion does; ask for a number")

    def stop(self, now: bool) -> None:
        """Bring every shard to a safe point and end; ``now`` kills the workers, which recovery makes safe too."""
        self.stopped = True
        self.desk.log.append(Stopping(why="told to stop at once" if now else "told to stop", now=now))
        if now:
            self.pool.stop_now()
        else:
            self.pool.stop()

    def snapshot(self) -> bytes:
        """Return the encoded :class:`Snapshot` of this moment."""
        return msgspec.json.encode(self.look())

    def look(self) -> Snapshot:
        """Return this moment."""
        at = time.monotonic()
        views = self.pool.workers()
        pauses = dict(self.pool.pauses)
        if self.pool.waiting:
            pauses.setdefault("disk", self.pool.waiting)
        free, floor = self.tightest()
        limit, why = self._limit(views, pauses)
        return Snapshot(
            run=self.desk.run_id,
            job=self.job,
            elapsed_s=at - self.began,
            workers_wanted=self.pool.wanted_workers,
            workers=tuple(
                self._worker(view.worker, view.pid, view.task, at - view.since if view.since else 0.0) for view in views
            ),
            pauses=pauses,
            stopping=self.pool.stopping,
            settled=len(self.settled),
            to_do=len(self.sizes),
            bytes_done=self._bytes_settled + sum(view.read_bytes for view in self.newest.values()),
            bytes_to_do=sum(self.sizes.values()),
            free_bytes=free,
            floor_bytes=floor,
            auto=self.auto,
            workers_why=self.workers_why,
            limit=limit,
            limit_why=why,
            worked_s=self.pool.worked_s,
            pieces=self.pieces,
        )

    def _limit(self, views: tuple[WorkerView, ...], pauses: Mapping[str, str]) -> tuple[str, str]:
        """Return what limits the run now, and why one thinks so."""
        self._usage.look({view.pid: view.task is not None for view in views if view.pid is not None})
        now = Moment(
            pauses=pauses,
            stopping=self.pool.stopping,
            busy=sum(view.task is not None for view in views),
            wanted=self.pool.wanted_workers,
            left=len(self.sizes) - len(self.settled),
            cpus=self.desk.cpus,
            moves_bytes=any(progress.of_bytes for progress in self.newest.values()),
            work=self._usage.work(),
        )
        return self._usage.limit(now)

    def tightest(self) -> tuple[int | None, int | None]:
        """Return the free bytes and the floor of the volume with the least room; unknown where none is watched."""
        return None, None

    def _worker(self, worker: int, pid: int | None, task: Task | None, seconds: float) -> WorkerNow:
        memory_bytes = self._usage.resident_bytes(pid)
        if task is None:
            return WorkerNow(worker=worker, pid=pid, memory_bytes=memory_bytes)
        progress = self.newest.get(task.id)
        if progress is None:
            return WorkerNow(worker=worker, pid=pid, shard=task.label, seconds=seconds, memory_bytes=memory_bytes)
        return WorkerNow(
            worker=worker,
            pid=pid,
            shard=task.label,
            stage=progress.stage,
            read_bytes=progress.read_bytes,
            of_bytes=progress.of_bytes,
            written_bytes=progress.written_bytes,
            seconds=seconds,
            memory_bytes=memory_bytes,
        )

    def warn(self, faults: Iterable[Fault]) -> None:
        """Tell what a person should know of the corpus as a whole."""
        for fault in faults:
            self.desk.log.append(Warned(problem=str(fault), file=fault.file))


def deaths(ends: tuple[WorkerEnd, ...]) -> Fault:
    """Say of a shard that it is parked because workers died on it."""
    how = "; ".join(dict.fromkeys(end.detail for end in ends))
    return Fault(
        f"{len(ends)} workers died on this shard",
        read=how,
        way_out="its original is intact; a new run tries it again",
    )


def is_blameless(result: Answer) -> bool:
    """Tell whether a failure says nothing about its shard: the disk was full."""
    return result.trouble is Trouble.SPACE
