import asyncio
import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from engine.errors import GonogoError
from engine.run.limits import WorkerLimits
from engine.run.owner import DONE, FAIL, RETRY, PoolOwner, Verdict, requeue_and_pause
from engine.run.pool import START_FAILURES_MAX, Pool, WorkersFailError
from engine.run.queue import Policy, Task
from engine.run.supervise import WorkerEnd
from tests.engine.run.conftest import environment, is_running, program, until

QUICK = Policy(retries=2, poison=2, backoff_s=0.01)


class Recorder(PoolOwner):
    """A job that writes down what it is told."""

    def __init__(self) -> None:
        self.results: list[tuple[str, str]] = []
        self.result_pids: list[int] = []
        self.parked: dict[str, tuple[WorkerEnd, ...]] = {}
        self.handed: Counter[str] = Counter()
        self.told: list[str] = []
        self.pids: list[int] = []
        self.ends: list[WorkerEnd] = []
        self.progress: list[bytes] = []
        self.verdicts: dict[str, list[Verdict]] = {}
        self.hold: str | None = None

    def on_result(self, task: Task, line: bytes) -> Verdict:
        result = msgspec.json.decode(line)
        self.results.append((task.id, result["said"]))
        self.result_pids.append(result["pid"])
        planned = self.verdicts.get(task.id)
        return planned.pop(0) if planned else DONE

    def may_start(self, task: Task) -> str | None:
        return self.hold

    def on_handed_out(self, task: Task, worker: int) -> None:
        self.handed[task.id] += 1

    def on_progress(self, task: Task, line: bytes) -> None:
        self.progress.append(line)

    def on_parked(self, task: Task, ends: tuple[WorkerEnd, ...]) -> None:
        self.parked[task.id] = ends

    def on_retried(self, task: Task, end: WorkerEnd | None) -> None:
        self.told.append(f"retried {task.id}")

    def on_waiting(self, reason: str | None) -> None:
        self.told.append(f"waiting: {reason}")

    def on_worker_started(self, worker: int, pid: int) -> None:
        self.pids.append(pid)

    def on_worker_ended(self, worker: int, pid: int, end: WorkerEnd) -> None:
        self.ends.append(end)

    def on_paused(self, why: str, detail: str) -> None:
        self.told.append(f"paused {why}: {detail}")

    def on_resumed(self, why: str) -> None:
        self.told.append(f"resumed {why}")

    def on_workers_changed(self, count: int) -> None:
        self.told.append(f"workers {count}")


def pool_of(
    owner: PoolOwner,
    workers: int = 2,
    *,
    argv: list[str] | None = None,
    limits: WorkerLimits | None = None,
    recycle_after: int | None = None,
    policy: Policy = QUICK,
) -> Pool:
    return Pool(
        argv or program("worker"),
        owner,
        env=environment(),
        limits=limits or WorkerLimits(),
        workers=workers,
        policy=policy,
        recycle_after=recycle_after,
    )


def task(name: str, do: str = "echo", path: Path | str = "") -> Task:
    return Task(name, msgspec.json.encode({"do": do, "path": str(path)}), name)


@asynccontextmanager
async def running(pool: Pool, tasks: Iterable[Task]) -> AsyncIterator[asyncio.Task[tuple[Task, ...]]]:
    run = asyncio.create_task(pool.run(tasks))
    try:
        yield run
        async with asyncio.timeout(20):
            await run
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


def runs_in(folder: Path) -> list[int]:
    """How often each task that counts itself was run."""
    return [path.stat().st_size for path in folder.iterdir()]


def all_gone(owner: Recorder) -> bool:
    return not any(is_running(pid) for pid in owner.pids)


async def test_every_task_is_done_exactly_once(tmp_path: Path, no_descriptors_leak: None) -> None:
    owner = Recorder()
    left = await pool_of(owner, 3).run([task(str(number), "count", tmp_path / str(number)) for number in range(40)])
    assert left == ()
    assert runs_in(tmp_path) == [1] * len(owner.results) == [1] * 40
    assert len(owner.pids) <= 3
    assert all_gone(owner)
    assert {end.how for end in owner.ends} == {"exited"}


async def test_no_tasks_start_no_worker() -> None:
    owner = Recorder()
    assert await pool_of(owner).run([]) == ()
    assert owner.pids == []


async def test_a_killed_worker_costs_only_its_own_task(tmp_path: Path) -> None:
    owner = Recorder()
    tasks = [task("bad", "die"), *(task(str(number), "count", tmp_path / str(number)) for number in range(20))]
    assert await pool_of(owner).run(tasks) == ()
    assert list(owner.parked) == ["bad"]
    assert [end.signal for end in owner.parked["bad"]] == ["SIGKILL", "SIGKILL"]
    assert runs_in(tmp_path) == [1] * 20
    assert len(owner.results) == 20
    assert owner.handed["bad"] == 2


async def test_a_task_whose_worker_died_by_bad_luck_is_done_at_the_second_try(tmp_path: Path) -> None:
    owner = Recorder()
    await pool_of(owner).run([task("unlucky", "die-once", tmp_path / "tries"), task("other")])
    assert dict(owner.results) == {"unlucky": "die-once", "other": "echo"}
    assert owner.told == ["retried unlucky"]
    assert owner.parked == {}


@pytest.mark.parametrize(
    ("do", "how"),
    [
        ("be-silent", "silent"),
        ("write-one-endless-line", "flooded"),
        ("complain-and-exit", "exited"),
        ("write-nonsense", "killed"),
        ("answer-another", "killed"),
    ],
)
async def test_every_way_to_fail_costs_only_its_own_task(do: str, how: str) -> None:
    owner = Recorder()
    await pool_of(owner, limits=WorkerLimits(silence_s=0.3)).run([task("bad", do), *map(task, "abcd")])
    assert [end.how for end in owner.parked["bad"]] == [how, how]
    assert sorted(owner.results) == [(name, "echo") for name in "abcd"]


async def test_random_kills_lose_no_task_and_repeat_no_answer() -> None:
    class Killing(Recorder):
        """Kills a worker now and then while it works: the kill races with its result."""

        def on_progress(self, task: Task, line: bytes) -> None:
            if chance.random() < 0.1:
                (pid,) = [view.pid for view in pool.workers() if view.task is task]
                assert pid is not None
                with contextlib.suppress(ProcessLookupError):  # its last lines may outlive it
                    os.kill(pid, signal.SIGKILL)

    chance = random.Random(7)
    owner = Killing()
    patient = Policy(retries=99, poison=99, backoff_s=0.001)
    pool = Pool(program("worker"), owner, env=environment(), limits=WorkerLimits(), workers=2, policy=patient)
    await pool.run([task(str(number), "progress") for number in range(60)])
    assert sorted(name for name, _ in owner.results) == sorted(map(str, range(60)))
    assert sum(end.how == "killed" for end in owner.ends) > 5
    assert owner.handed.total() > 60
    assert all_gone(owner)


async def test_a_worker_killed_while_idle_is_replaced_and_costs_no_try(tmp_path: Path) -> None:
    owner = Recorder()
    pool = pool_of(owner, 2)
    async with running(pool, [task("short"), task("long", "wait", tmp_path / "go"), task("next")]):
        await until(lambda: len(owner.results) == 2)
        pool.pause("operator")
        idle = next(view for view in pool.workers() if view.task is None)
        assert idle.pid is not None
        os.kill(idle.pid, signal.SIGKILL)
        await until(lambda: owner.ends, "the news of its end")
        (tmp_path / "go").touch()
        pool.resume("operator")
    assert owner.parked == {}
    assert owner.told == ["paused operator: ", "resumed operator"]


async def test_a_result_that_asks_for_another_try_gets_it_until_it_had_all() -> None:
    owner = Recorder()
    owner.verdicts = {"once": [RETRY], "always": [RETRY] * 9, "never": [FAIL]}
    await pool_of(owner).run(map(task, ["once", "always", "never"]))
    assert owner.handed == {"once": 2, "always": 3, "never": 1}
    assert owner.parked == {"always": ()}


async def test_a_blameless_task_waits_for_the_pause_and_goes_first() -> None:
    owner = Recorder()
    owner.verdicts = {"a": [requeue_and_pause("disk", "2 GB free")] * 5}
    pool = pool_of(owner, 1)
    async with running(pool, map(task, "ab")):
        for turn in range(1, 6):
            await until(lambda: "disk" in pool.pauses)
            assert owner.handed == {"a": turn}
            pool.resume("disk")
    assert owner.results == [("a", "echo")] * 6 + [("b", "echo")]
    assert owner.told[:2] == ["paused disk: 2 GB free", "resumed disk"]


async def test_a_pause_for_two_reasons_ends_with_the_second() -> None:
    owner = Recorder()
    pool = pool_of(owner)
    pool.pause("operator")
    pool.pause("disk", "2 GB free")
    pool.pause("disk", "1 GB free")
    async with running(pool, map(task, "ab")):
        pool.resume("operator")
        pool.resume("operator")
        assert pool.pauses == {"disk": "2 GB free"}
        await asyncio.sleep(0)
        assert owner.handed == {}
        pool.resume("disk")
    assert len(owner.results) == 2
    assert owner.told == ["paused operator: ", "paused disk: 2 GB free", "resumed operator", "resumed disk"]


async def test_a_pause_lets_the_task_in_hand_finish(tmp_path: Path) -> None:
    owner = Recorder()
    pool = pool_of(owner, 1)
    async with running(pool, [task("a", "wait", tmp_path / "go"), task("b")]):
        await until(lambda: owner.handed["a"])
        pool.pause("operator")
        (tmp_path / "go").touch()
        await until(lambda: owner.results)
        assert owner.handed["b"] == 0
        pool.resume("operator")
    assert owner.results == [("a", "found"), ("b", "echo")]


async def test_a_task_that_may_not_start_waits_and_says_why() -> None:
    owner = Recorder()
    owner.hold = "3 GB free, wanted 10 GB"
    pool = pool_of(owner)
    async with running(pool, map(task, "abc")):
        await until(lambda: pool.waiting)
        assert pool.waiting == owner.hold
        assert owner.handed == {}
        owner.hold = None
    assert owner.told == ["waiting: 3 GB free, wanted 10 GB", "waiting: None"]
    assert len(owner.results) == 3


async def test_a_worker_is_recycled_after_its_tasks() -> None:
    owner = Recorder()
    await pool_of(owner, 1, recycle_after=3).run(map(task, "abcdefg"))
    assert list(Counter(owner.result_pids).values()) == [3, 3, 1]
    assert {end.detail for end in owner.ends} == {"exit code 0"}


async def test_more_workers_start_at_once_and_fewer_leave_after_their_task(tmp_path: Path) -> None:
    owner = Recorder()
    pool = pool_of(owner, 1)
    gates = {name: tmp_path / name for name in "abcdef"}
    async with running(pool, [task(name, "wait", gate) for name, gate in gates.items()]):
        await until(lambda: owner.handed.total() == 1)
        pool.set_workers(3)
        await until(lambda: owner.handed.total() == 3)
        pool.set_workers(1)
        assert [view.task.id for view in pool.workers() if view.task] == ["a", "b", "c"]
        for name in "bc":
            gates[name].touch()
        await until(lambda: len(pool.workers()) == 1)
        assert owner.handed.total() == 3
        assert {end.how for end in owner.ends} == {"exited"}
        pool.set_workers(2)
        await until(lambda: owner.handed.total() == 4)
        for gate in gates.values():
            gate.touch()
    assert sorted(owner.results) == [(name, "found") for name in "abcdef"]
    assert owner.told == ["workers 3", "workers 1", "workers 2"]


def test_no_workers_at_all_is_refused() -> None:
    with pytest.raises(GonogoError, match="pause the run instead"):
        pool_of(Recorder()).set_workers(0)


async def test_stop_lets_workers_come_to_a_safe_point_and_hands_out_nothing_more(no_descriptors_leak: None) -> None:
    owner = Recorder()
    pool = pool_of(owner)
    async with running(pool, [task(name, "wait", "/nowhere") for name in "abcd"]) as run:
        await until(lambda: owner.handed.total() == 2)
        pool.stop()
        left = await run
    assert sorted(owner.results) == [("a", "stopped"), ("b", "stopped")]
    assert [task.id for task in left] == ["c", "d"]
    assert {end.how for end in owner.ends} == {"exited"}
    assert all_gone(owner)


async def test_stop_while_workers_start_hands_out_nothing() -> None:
    owner = Recorder()
    pool = pool_of(owner)
    async with running(pool, map(task, "abcd")) as run:
        await until(lambda: any(view.pid for view in pool.workers()))
        pool.stop()
        left = await run
    assert len(left) + len(owner.results) == 4
    assert owner.parked == {}


async def test_a_pause_or_a_stop_that_comes_while_a_worker_starts_holds_its_task_back() -> None:
    class Hasty(Recorder):
        def on_worker_started(self, worker: int, pid: int) -> None:
            super().on_worker_started(worker, pid)
            pool.pause("operator")

    owner = Hasty()
    pool = pool_of(owner, 1)
    async with running(pool, map(task, "ab")) as run:
        await until(lambda: pool.pauses)
        await until(lambda: all(view.task is None for view in pool.workers()))
        assert owner.handed == {}
        pool.stop()
        assert [task.id for task in await run] == ["a", "b"]
    assert owner.handed == {}


async def test_stop_ends_a_paused_pool() -> None:
    pool = pool_of(Recorder())
    pool.pause("operator")
    async with running(pool, map(task, "ab")) as run:
        pool.stop()
        assert len(await run) == 2


async def test_stop_now_kills_and_parks_nothing(no_descriptors_leak: None) -> None:
    owner = Recorder()
    pool = pool_of(owner, policy=Policy(retries=0, poison=1))
    async with running(pool, [task(name, "be-silent") for name in "abc"]) as run:
        await until(lambda: owner.handed.total() == 2)
        pool.stop()
        pool.stop_now()
        left = await run
    assert sorted(task.id for task in left) == ["a", "b", "c"]
    assert {end.signal for end in owner.ends} == {"SIGKILL"}
    assert owner.parked == {}
    assert all_gone(owner)


async def test_a_cancelled_run_leaves_no_worker(no_descriptors_leak: None) -> None:
    owner = Recorder()
    run = asyncio.create_task(pool_of(owner).run([task(name, "be-silent") for name in "abc"]))
    await until(lambda: owner.handed.total() == 2)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert all_gone(owner)


async def test_an_owner_that_fails_ends_the_run_and_leaves_no_worker() -> None:
    class Failing(Recorder):
        def on_result(self, task: Task, line: bytes) -> Verdict:
            raise GonogoError("the log cannot be written")

    owner = Failing()
    with pytest.raises(GonogoError, match="the log cannot be written"):
        await pool_of(owner).run([task("a"), task("b", "be-silent")])
    assert all_gone(owner)


async def test_workers_that_never_start_end_the_run_with_their_last_words() -> None:
    owner = Recorder()
    with pytest.raises(WorkersFailError, match="no module named 'numpy'"):
        await pool_of(owner, 1, argv=program("never_ready")).run(map(task, "ab"))
    assert len(owner.ends) == START_FAILURES_MAX
    assert owner.handed == {}


async def test_workers_that_start_at_the_second_try_every_time_end_nothing(tmp_path: Path) -> None:
    owner = Recorder()
    argv = [*program("never_ready", str(tmp_path / "tries"))]
    await pool_of(owner, 1, argv=argv, recycle_after=1).run([task(str(number)) for number in range(START_FAILURES_MAX)])
    assert len(owner.results) == START_FAILURES_MAX
    assert [end.code for end in owner.ends] == [1, 0] * START_FAILURES_MAX


async def test_a_worker_program_that_is_not_there_ends_the_run() -> None:
    with pytest.raises(WorkersFailError, match="No such file"):
        await pool_of(Recorder(), argv=["/nowhere/worker"]).run([task("a")])


async def test_progress_is_told_and_the_newest_is_in_the_view(tmp_path: Path) -> None:
    owner = Recorder()
    pool = pool_of(owner, 1)
    before = time.monotonic()
    async with running(pool, [task("p", "progress"), task("w", "wait", tmp_path / "go")]):
        await until(lambda: owner.handed["w"])
        (view,) = pool.workers()
        assert view.task is not None
        assert (view.worker, view.pid, view.task.id, view.progress) == (1, owner.pids[0], "w", b"")
        assert view.since is not None
        assert before < view.since <= time.monotonic()
        (tmp_path / "go").touch()
    assert owner.progress == [b'{"type":"progress","task":"p","done":%d}' % number for number in range(3)]
