import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from engine.errors import GonogoError
from engine.run.child import EXIT_ORPHANED
from engine.run.limits import WORKER_VARIABLE, WorkerLimits, with_orders
from engine.run.supervise import STDERR_TAIL_BYTES, WorkerProcess
from tests.engine.run.conftest import environment, is_running, program, until, until_now

READY = b'{"type":"ready"}'


@asynccontextmanager
async def started(argv: list[str], limits: WorkerLimits | None = None) -> AsyncIterator[WorkerProcess]:
    worker = await WorkerProcess.start(argv, limits=limits or WorkerLimits(), env=environment())
    try:
        yield worker
    finally:
        worker.kill("the test ends")
        await worker.wait()


def task(do: str, path: str = "") -> bytes:
    return msgspec.json.encode({"task": "1", "do": do, "path": path})


async def answer(worker: WorkerProcess, do: str) -> str:
    assert await worker.next_line(30) == READY
    worker.send(task(do))
    line = await worker.next_line(30)
    assert line is not None
    return str(msgspec.json.decode(line)["said"])


async def test_a_worker_answers_and_leaves_when_its_input_ends(no_descriptors_leak: None) -> None:
    async with started(program("worker")) as worker:
        assert await answer(worker, "echo") == "echo"
        end = await worker.finish()
    assert (end.how, end.code, end.signal) == ("exited", 0, "")
    assert not is_running(worker.pid)


async def test_what_a_library_prints_never_breaks_the_protocol() -> None:
    async with started(program("worker")) as worker:
        assert await answer(worker, "print") == "print"
        end = await worker.finish()
    assert end.stderr == "a library's banner\na child's banner"


async def test_a_library_that_reads_standard_input_takes_no_task_away() -> None:
    async with started(program("worker")) as worker:
        assert await answer(worker, "read-stdin") == ""
        worker.send(task("echo"))
        assert await worker.next_line(30) is not None


async def test_a_worker_keeps_its_limits() -> None:
    limits = WorkerLimits(nice=7, oom_score_adj=600, memory_bytes=1 << 30)
    async with started(program("worker"), limits) as worker:
        report = await answer(worker, "report")
    assert f"nice={os.nice(0) + 7}\n" in report
    assert "oom=600\n" in report
    assert "session=True\n" in report
    rows = {row[:26].strip(): row[26:].split() for row in report.splitlines()}
    assert rows["Max core file size"][:2] == ["0", "0"]
    assert rows["Max address space"][:2] == [str(1 << 30)] * 2


async def test_a_worker_inherits_no_descriptor_of_ours() -> None:
    leaky = os.open("/", os.O_RDONLY)
    os.set_inheritable(leaky, True)
    try:
        async with started(program("worker")) as worker:
            report = await answer(worker, "report")
    finally:
        os.close(leaky)
    # standard streams, the two private pipes, the two ends of the wake-up pipe, and the listing itself
    assert "fds=8\n" in report


async def test_memory_beyond_the_limit_ends_the_worker_not_the_machine() -> None:
    async with started(program("worker"), WorkerLimits(memory_bytes=1 << 30)) as worker:
        assert await worker.next_line(30) == READY
        worker.send(task("allocate"))
        assert await worker.next_line(30) is None
        end = await worker.wait()
    assert end.code == 1
    assert "MemoryError" in end.detail


async def test_a_message_that_is_too_long_is_refused_before_it_is_sent() -> None:
    async with started(program("worker")) as worker:
        assert await worker.next_line(30) == READY
        worker.send(task("too-long"))
        assert await worker.next_line(30) is None
        assert GonogoError.__name__ in (await worker.wait()).detail


async def test_a_killed_worker_names_its_signal() -> None:
    async with started(program("worker")) as worker:
        assert await worker.next_line(30) == READY
        worker.send(task("die"))
        assert [line async for line in worker.lines()] == []
        end = await worker.wait()
    assert (end.how, end.code, end.detail) == ("killed", None, "SIGKILL")


async def test_a_failing_worker_leaves_its_exit_code_and_last_words() -> None:
    async with started(program("worker")) as worker:
        assert await worker.next_line(30) == READY
        worker.send(task("complain-and-exit"))
        assert await worker.next_line(30) is None
        end = await worker.wait()
    assert end.detail == "exit code 3; it said: the disk is on fire"


async def test_a_silent_worker_is_killed() -> None:
    async with started(program("worker"), WorkerLimits(silence_s=0.3)) as worker:
        assert await worker.next_line(30) == READY
        worker.send(task("be-silent"))
        assert [line async for line in worker.lines()] == []
        end = await worker.wait()
    assert (end.how, end.signal, end.reason) == ("silent", "SIGKILL", "said nothing for 0.3 s")
    assert not is_running(worker.pid)


async def test_heartbeats_keep_a_slow_worker_alive() -> None:
    async with started(program("worker"), WorkerLimits(silence_s=0.5)) as worker:
        assert await worker.next_line(30) == READY
        worker.send(task("wait", "/nowhere"))
        beats = 0
        async for line in worker.lines():
            assert line == b'{"type":"beat"}'
            beats += 1
            if beats == 20:  # a beat every 0.05 s: twice the silence that would be its end
                break


async def test_a_stalled_engine_does_not_blame_its_workers() -> None:
    async with started(program("worker"), WorkerLimits(silence_s=0.4)) as worker:
        assert await worker.next_line(30) == READY
        worker.send(task("wait", "/nowhere"))
        assert await worker.next_line(0.4) is not None
        subprocess.run(["sleep", "0.8"], check=True)  # noqa: ASYNC221 (the stall is the point)
        for _ in range(30):
            assert await worker.next_line(0.4) == b'{"type":"beat"}'


async def test_a_line_without_an_end_is_a_flood() -> None:
    async with started(program("worker")) as worker:
        assert await worker.next_line(30) == READY
        worker.send(task("write-one-endless-line"))
        assert [line async for line in worker.lines()] == []
        end = await worker.wait()
    assert (end.how, end.reason) == ("flooded", "wrote a line of more than 64 KiB")


async def test_a_torrent_on_standard_error_blocks_nobody_and_only_its_tail_is_kept() -> None:
    async with started(program("stubborn", "flood-stderr")) as worker:
        assert await worker.next_line(30) == READY
        end = await worker.wait()
    assert end.stderr.endswith("warning 19999")
    assert len(end.stderr) <= STDERR_TAIL_BYTES


async def test_a_worker_that_talks_faster_than_we_listen_waits_and_loses_no_line() -> None:
    async with started(program("stubborn", "torrent")) as worker:
        assert await worker.next_line(30) == b"0"
        stdout = worker._transport.get_pipe_transport(1)
        assert isinstance(stdout, asyncio.ReadTransport)
        await until(lambda: not stdout.is_reading(), "the pause")
        waiting = len(worker._pipes._lines)
        rest = [int(line) async for line in worker.lines()]
    assert waiting < 30_000  # what one read of a pipe can hold
    assert rest == list(range(1, 200_000))


async def test_a_torn_last_line_is_no_line() -> None:
    async with started(program("stubborn", "torn-last-line")) as worker:
        assert [line async for line in worker.lines()] == [b"whole"]
        assert (await worker.wait()).how == "exited"


async def test_a_grandchild_that_keeps_the_pipes_does_not_keep_us(no_descriptors_leak: None) -> None:
    async with started(program("stubborn", "leave-grandchild")) as worker:
        line = await worker.next_line(None)
        assert line is not None
        assert await worker.next_line(None) is None
        assert (await worker.wait()).how == "exited"
    os.kill(int(line), signal.SIGKILL)


async def test_a_worker_that_does_not_leave_is_killed_with_its_group() -> None:
    async with started(program("stubborn", "ignore-the-end"), WorkerLimits(leave_s=0.2)) as worker:
        assert await worker.next_line(30) == b"here"
        end = await worker.finish()
    assert end.how == "killed"
    assert end.reason == "did not leave within 0.2 s of the end of its input"


async def test_an_idle_worker_leaves_at_sigterm() -> None:
    async with started(program("worker")) as worker:
        assert await worker.next_line(30) == READY
        worker.terminate()
        end = await worker.wait()
    assert (end.how, end.code) == ("exited", 0)


async def test_a_working_worker_comes_to_a_safe_point_at_sigterm_and_ignores_sigint() -> None:
    async with started(program("worker")) as worker:
        assert await worker.next_line(30) == READY
        worker.send(task("wait", "/nowhere"))
        assert await worker.next_line(30) == b'{"type":"beat"}'
        os.kill(worker.pid, signal.SIGINT)
        assert await worker.next_line(30) == b'{"type":"beat"}'
        worker.terminate()
        said = [line async for line in worker.lines()]
        end = await worker.wait()
    assert b'"said":"stopped"' in said[-1]
    assert (end.how, end.code) == ("exited", 0)


async def test_sigusr1_shows_where_a_worker_is_and_hurts_nothing() -> None:
    async with started(program("worker")) as worker:
        assert await worker.next_line(30) == READY
        os.kill(worker.pid, signal.SIGUSR1)
        worker.send(task("echo"))
        assert await worker.next_line(30) is not None
        end = await worker.finish()
    assert "in tasks" in end.stderr


async def test_a_program_that_is_not_there_is_an_error_at_once() -> None:
    with pytest.raises(FileNotFoundError):
        await WorkerProcess.start(["/nowhere/worker"], limits=WorkerLimits(), env=environment())


def test_a_worker_dies_with_its_parent() -> None:
    with subprocess.Popen(program("parent", *program("worker")), stdout=subprocess.PIPE, env=environment()) as engine:
        assert engine.stdout is not None
        worker = int(engine.stdout.readline())
        assert is_running(worker)
        engine.kill()
    until_now(lambda: not is_running(worker), "the worker's end")


def test_a_worker_whose_parent_died_before_it_could_ask_leaves() -> None:
    """An orphan writer would go on writing to the corpus beside the next run."""
    orders = with_orders(environment(), WorkerLimits())
    orders[WORKER_VARIABLE] = orders[WORKER_VARIABLE].replace(str(os.getpid()), "1")
    left = subprocess.run(program("worker"), env=orders, stdin=subprocess.PIPE, capture_output=True, check=False)
    assert left.returncode == EXIT_ORPHANED
    assert left.stdout == b""


def test_a_worker_runs_by_hand() -> None:
    done = subprocess.run(
        program("worker"), env=environment(), input=task("echo") + b"\n", capture_output=True, check=True
    )
    assert [msgspec.json.decode(line)["type"] for line in done.stdout.splitlines()] == ["ready", "result"]


async def test_many_workers_leave_no_process_and_no_descriptor(no_descriptors_leak: None) -> None:
    pids: list[int] = []
    for _ in range(3):
        async with asyncio.TaskGroup() as group:
            ends = [group.create_task(one_life(pids)) for _ in range(4)]
        assert [end.result() for end in ends] == ["killed"] * 4
    await until(lambda: not any(is_running(pid) for pid in pids))


async def one_life(pids: list[int]) -> str:
    async with started(program("worker")) as worker:
        pids.append(worker.pid)
        await worker.next_line(30)
        worker.send(task("die"))
        assert await worker.next_line(30) is None
        return (await worker.wait()).how
