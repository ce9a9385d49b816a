"""A pool of worker children: each keeps one task at a time, and one that dies costs that task a try and nothing else.

The protocol, JSON Lines on the worker's standard streams: the worker says ``{"type":"ready"}`` once; the pool sends
``{"task": id, …}``; the worker sends any number of ``{"type":"progress",…}`` and ``{"type":"beat"}`` and then one
``{"type":"result",…}``. A line that carries ``task`` must carry the id of the task in hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from engine.errors import GonogoError
from engine.run.limits import WorkerLimits
from engine.run.owner import PoolOwner, Verdict
from engine.run.queue import Fate, Policy, Task, TaskQueue
from engine.run.supervise import WorkerEnd, WorkerProcess
from engine.run.wire import encode, join_objects
from engine.run.work_clock import WorkClock

MAY_START_POLL_S = 0.5
START_FAILURES_MAX = 3
"""So many workers in a row that die before they are ready: the program is at fault, and more will not help."""
_RESPAWN_DELAY_S = 0.2


class WorkersFailError(GonogoError):
    """Raised when worker after worker dies before it is ready; carries what the last one said."""

    def __init__(self, argv: Sequence[str], detail: str) -> None:
        super().__init__(f"workers do not start ({' '.join(argv)}): {detail}")


class WorkerView(msgspec.Struct, frozen=True):
    """One worker at this moment, for snapshots."""

    worker: int
    """Its number, from 1; a replacement keeps the number."""
    pid: int | None
    """None while it has no process: it starts with its first task."""
    task: Task | None
    progress: bytes
    """The newest progress line of the task in hand; empty before the first."""
    since: float | None
    """When the task was handed out, on this process' monotonic clock."""


class _Said(msgspec.Struct, frozen=True):
    type: str
    task: str | None = None


class _TaskHead(msgspec.Struct, frozen=True):
    task: str


@dataclass
class _Slot:
    number: int
    process: WorkerProcess | None = None
    handed: int = 0
    task: Task | None = None
    progress: bytes = b""
    since: float | None = None


class Pool:
    """Runs tasks on worker children until all are settled or it is stopped.

    Args:
        argv: the worker program.
        owner: the job that judges results and learns what happens.
        env: the workers' whole environment.
        limits: of each worker.
        workers: how many at a time.
        policy: how often a task is tried.
        recycle_after: a worker leaves and is replaced after so many tasks, for libraries that leak; None for never.
    """

    def __init__(
        self,
        argv: Sequence[str],
        owner: PoolOwner,
        *,
        env: Mapping[str, str],
        limits: WorkerLimits,
        workers: int,
        policy: Policy | None = None,
        recycle_after: int | None = None,
    ) -> None:
        self._argv = tuple(argv)
        self._owner = owner
        self._env = dict(env)
        self._limits = limits
        self._wanted = workers
        self._policy = policy if policy is not None else Policy()
        self._recycle_after = recycle_after
        self._queue = TaskQueue((), self._policy)
        self._slots: dict[int, _Slot] = {}
        self._tenders: dict[int, asyncio.Task[None]] = {}
        self._pauses: dict[str, str] = {}
        self._waiting: str | None = None
        self._stopping = False
        self._killing = False
        self._start_failures = 0
        self._wake = asyncio.Event()
        self._said = msgspec.json.Decoder(_Said)
        self._clock = WorkClock()

    async def run(self, tasks: Iterable[Task]) -> tuple[Task, ...]:
        """Work through the tasks; return those left unfinished, which is none unless the pool was stopped.

        Whatever ends this, cancellation too, no worker is left when it returns.

        Raises:
            WorkersFailError: when workers do not start.
        """
        self._queue = TaskQueue(tasks, self._policy)
        try:
            while self._staff():
                await self._next_change()
        finally:
            for tender in self._tenders.values():
                tender.cancel()
            await asyncio.gather(*self._tenders.values(), return_exceptions=True)
            self._tenders.clear()
        return self._queue.unfinished()

    @property
    def wanted_workers(self) -> int:
        """How many workers there shall be."""
        return self._wanted

    @property
    def pauses(self) -> Mapping[str, str]:
        """The reasons that hold the pool now, each with its detail."""
        return dict(self._pauses)

    @property
    def waiting(self) -> str | None:
        """Why the next task may not start yet; None where nothing but workers is missing."""
        return self._waiting

    @property
    def stopping(self) -> bool:
        """True once nothing more is handed out for good."""
        return self._stopping

    @property
    def worked_s(self) -> float:
        """Seconds in which at least one worker had a task."""
        return self._clock.seconds

    def workers(self) -> tuple[WorkerView, ...]:
        """Return the workers of this moment, by number."""
        return tuple(
            WorkerView(slot.number, slot.process.pid if slot.process else None, slot.task, slot.progress, slot.since)
            for _, slot in sorted(self._slots.items())
        )

    def pause(self, why: str, detail: str = "") -> None:
        """Hand out nothing more until :meth:`resume` with the same reason; tasks in hand go on."""
        if why not in self._pauses:
            self._pauses[why] = detail
            self._owner.on_paused(why, detail)

    def resume(self, why: str) -> None:
        """Take one reason back; the pool goes on when none is left."""
        if self._pauses.pop(why, None) is not None:
            self._owner.on_resumed(why)
            self._changed()

    def set_workers(self, count: int) -> None:
        """Have this many workers: new ones start at once, superfluous ones leave after their task.

        Raises:
            GonogoError: when ``count`` is less than 1; that is a pause.
        """
        if count < 1:
            raise GonogoError(f"{count} workers: wanted at least 1; pause the run instead")
        if count != self._wanted:
            self._wanted = count
            self._owner.on_workers_changed(count)
            self._changed()

    def stop(self) -> None:
        """Hand out nothing more, and ask every worker to come to a safe point and answer."""
        self._stopping = True
        for slot in self._slots.values():
            if slot.process is not None:
                slot.process.terminate()
        self._changed()

    def stop_now(self) -> None:
        """Kill every worker."""
        self._stopping = self._killing = True
        for slot in self._slots.values():
            if slot.process is not None:
                slot.process.kill("told to stop at once")
        self._changed()

    def _changed(self) -> None:
        """Wake everybody who waits for a change; they look again at everything."""
        self._wake.set()
        self._wake = asyncio.Event()

    def _staff(self) -> bool:
        """See that each wanted worker is tended; false when there is nobody left and nothing to do."""
        for number, tender in list(self._tenders.items()):
            if tender.done():
                del self._tenders[number]
                tender.result()
        if not self._stopping and not self._queue.finished:
            for number in range(1, self._wanted + 1):
                if number not in self._tenders:
                    slot = self._slots[number] = _Slot(number)
                    self._tenders[number] = asyncio.create_task(self._tend(slot))
        return bool(self._tenders)

    async def _next_change(self) -> None:
        wake = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait([wake, *self._tenders.values()], return_when=asyncio.FIRST_COMPLETED)
        finally:
            wake.cancel()

    async def _tend(self, slot: _Slot) -> None:
        """Give one worker task after task, for as long as it is wanted."""
        try:
            while (task := await self._next_task(slot)) is not None:
                process = await self._ready_process(slot)
                if process is None or self._pauses or not self._wants(slot):
                    self._queue.give_back(task)
                    self._changed()
                else:
                    await self._work(slot, process, task)
            if slot.process is not None:
                await self._bury(slot, slot.process.finish())
        finally:
            if slot.process is not None:
                slot.process.kill("the run ends")
                await self._bury(slot, slot.process.wait())
            del self._slots[slot.number]

    def _wants(self, slot: _Slot) -> bool:
        return not self._stopping and slot.number <= self._wanted

    async def _next_task(self, slot: _Slot) -> Task | None:
        """Wait for a task that may go out; None when this worker is no longer wanted."""
        while self._wants(slot) and not self._queue.finished:
            if slot.process is not None and slot.process.exited.is_set():
                await self._bury(slot, slot.process.wait())
                continue
            wake = self._wake
            if not self._pauses and self._head_may_start():
                return self._queue.take(time.monotonic())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience_s()):
                    await wake.wait()
        return None

    def _head_may_start(self) -> bool:
        head = self._queue.peek(time.monotonic())
        reason = None if head is None else self._owner.may_start(head)
        told, self._waiting = self._waiting, reason
        if (told is None) != (reason is None):
            self._owner.on_waiting(reason)
        return head is not None and reason is None

    def _patience_s(self) -> float | None:
        """Return how long nothing can change by itself."""
        if self._pauses:
            return None
        if self._waiting is not None:
            return MAY_START_POLL_S
        due = self._queue.next_due()
        return None if due is None else max(0.0, due - time.monotonic())

    async def _ready_process(self, slot: _Slot) -> WorkerProcess | None:
        """Return the slot's worker, started where it has none or had its tasks; None when it died before it was ready.

        Raises:
            WorkersFailError: when that happened too often in a row.
        """
        if slot.process is not None and self._recycle_after is not None and slot.handed >= self._recycle_after:
            await self._bury(slot, slot.process.finish())
        if slot.process is not None:
            return slot.process
        try:
            process = await WorkerProcess.start(self._argv, limits=self._limits, env=self._env, on_exit=self._changed)
        except OSError as fault:
            raise WorkersFailError(self._argv, str(fault)) from fault
        slot.process, slot.handed = process, 0
        if self._killing:
            process.kill("told to stop at once")
        while (line := await process.next_line(self._limits.start_s)) is not None:
            if self._kind_of(line, None) == "ready":
                self._start_failures = 0
                self._owner.on_worker_started(slot.number, process.pid)
                return process
        end = await self._bury(slot, process.wait())
        if not self._stopping:
            self._start_failures += 1
            if self._start_failures >= START_FAILURES_MAX:
                raise WorkersFailError(self._argv, end.detail)
            await asyncio.sleep(_RESPAWN_DELAY_S)
        return None

    async def _work(self, slot: _Slot, process: WorkerProcess, task: Task) -> None:
        slot.task, slot.progress, slot.since = task, b"", time.monotonic()
        slot.handed += 1
        self._owner.on_handed_out(task, slot.number)
        head = join_objects(encode(_TaskHead(task.id)), self._owner.particulars(task))
        process.send(join_objects(head, task.payload))
        try:
            with self._clock.working():
                await self._listen(slot, process, task)
        finally:
            slot.task, slot.progress, slot.since = None, b"", None
            self._changed()

    async def _listen(self, slot: _Slot, process: WorkerProcess, task: Task) -> None:
        """Read what the worker says of this task until its result, or its end."""
        async for line in process.lines():
            match self._kind_of(line, task):
                case "result":
                    self._apply(task, self._owner.on_result(task, line))
                    return
                case "progress":
                    slot.progress = line
                    self._owner.on_progress(task, line)
                case "":
                    process.kill(f"wrote what is no message of this task: {line[:80].decode('utf-8', 'replace')}")
                case _:
                    pass  # a sign of life
        end = await self._bury(slot, process.wait())
        if self._stopping:
            self._queue.give_back(task)
        else:
            self._follow(task, self._queue.lost_worker(task, end, time.monotonic()), end)

    def _kind_of(self, line: bytes, task: Task | None) -> str:
        """Return a line's type; empty when it is no message, or one of another task."""
        try:
            said = self._said.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return ""
        return said.type if said.task is None or (task is not None and said.task == task.id) else ""

    def _apply(self, task: Task, verdict: Verdict) -> None:
        match verdict.then:
            case "done" | "fail":
                self._queue.settle(task)
            case "retry" if not self._stopping:
                self._follow(task, self._queue.try_again(task, time.monotonic()), None)
            case "retry":
                self._queue.give_back(task)
            case "requeue":
                self._queue.give_back(task)
                self.pause(verdict.pause, verdict.detail)

    def _follow(self, task: Task, fate: Fate, end: WorkerEnd | None) -> None:
        if fate is Fate.PARKED:
            self._owner.on_parked(task, self._queue.ends_of(task))
        else:
            self._owner.on_retried(task, end)

    async def _bury(self, slot: _Slot, ending: Coroutine[object, None, WorkerEnd]) -> WorkerEnd:
        """Wait for a worker's end and tell it; the slot is without a process from then on."""
        process = slot.process
        assert process is not None
        end = await ending
        slot.process = None
        self._owner.on_worker_ended(slot.number, process.pid, end)
        return end
