"""The real worker program, started by hand as an engine starts it, and killed in the middle of its work."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import msgspec
import pytest

from engine.convert.tasks import Convert, Result
from engine.crew.answers import Progress, State
from engine.crew.wire import ShardRef, to_wire
from engine.shards.contents import Kind, examine
from engine.shards.files import RealFiles
from tests.faults.program import environment

STAGES = ("read", "convert", "verify", "swap")


class Worker:
    """One worker process with one task."""

    def __init__(self, shard: Path, *, keep_backup: bool = False) -> None:
        ref = ShardRef(folder=to_wire(shard), audio_name="audio.tar", lone=False, sidecar=None, lock=None)
        task = Convert(shard=ref, task="7", run="run", tool="test", spot_checks=2, keep_backup=keep_backup)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.convert.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
        )
        assert self.process.stdin is not None
        self.process.stdin.write(msgspec.json.encode(task) + b"\n")
        self.process.stdin.close()

    def messages(self) -> Iterator[Progress | Result]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if json.loads(line)["type"] != "ready":
                yield msgspec.json.decode(line, type=Progress | Result)

    def result(self) -> Result:
        *_, last = self.messages()
        assert isinstance(last, Result)
        assert self.process.wait() == 0
        return last

    def comes_to(self, stage: str) -> None:
        for message in self.messages():
            if isinstance(message, Result) or message.stage == stage:
                return

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


Start = Callable[..., Worker]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start workers that are gone when the test is over."""
    started: list[Worker] = []

    def begin(shard: Path, *, keep_backup: bool = False) -> Worker:
        started.append(Worker(shard, keep_backup=keep_backup))
        return started[-1]

    yield begin
    for worker in started:
        worker.kill()
        assert worker.process.stdout is not None
        worker.process.stdout.close()


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, bytes]:
    """The bytes that a worker makes which nobody kills, kept for all tests of this module."""
    return {}


def converted(made: dict[str, bytes], make: Callable[[str], Path], start: Start) -> bytes:
    if not made:
        shard = make("undisturbed")
        result = start(shard).result()
        assert result.state is State.DONE, result
        made["audio.tar"] = (shard / "audio.tar").read_bytes()
    return made["audio.tar"]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("stage", STAGES)
def test_sigkill_of_a_real_worker_costs_nothing_but_its_time(
    larger_shard: Callable[[str], Path], start: Start, undisturbed: dict[str, bytes], stage: str, seed: int
) -> None:
    wanted = converted(undisturbed, larger_shard, start)
    shard = larger_shard("killed")
    original = (shard / "audio.tar").read_bytes()
    victim = start(shard)
    victim.comes_to(stage)
    time.sleep(Random(f"{stage}{seed}").uniform(0, 0.02))  # a moment somewhere in the stage, any will do
    victim.kill()

    names = [path for path in (shard / "audio.tar", shard / "audio_48k.bak") if path.exists()]
    held = [path.read_bytes() for path in names]
    assert names[0].name == "audio.tar"
    assert original in held or held[0] == wanted

    result = start(shard).result()
    assert result.state is State.DONE, result
    assert (shard / "audio.tar").read_bytes() == wanted
    assert examine(RealFiles(), shard / "audio.tar").kind is Kind.RESULT
    assert sorted(path.name for path in shard.iterdir()) == [
        "audio.tar",
        "metadata.jsonl",
        "shard_conversion_status.json",
    ]


def test_sigkill_of_a_real_worker_again_and_again_still_ends_with_the_right_bytes(
    larger_shard: Callable[[str], Path], start: Start, undisturbed: dict[str, bytes]
) -> None:
    wanted = converted(undisturbed, larger_shard, start)
    shard = larger_shard("hunted")
    original = (shard / "audio.tar").read_bytes()
    for stage in reversed(STAGES):
        victim = start(shard, keep_backup=True)
        victim.comes_to(stage)
        victim.kill()
    result = start(shard, keep_backup=True).result()
    assert result.state is State.DONE, result
    assert (shard / "audio.tar").read_bytes() == wanted
    assert (shard / "audio_48k.bak").read_bytes() == original


def test_a_worker_that_is_killed_lets_go_of_its_shard(larger_shard: Callable[[str], Path], start: Start) -> None:
    shard = larger_shard("held")
    holder = start(shard)
    holder.comes_to("convert")
    holder.process.send_signal(signal.SIGSTOP)
    refused = start(shard).result()
    assert refused.state is State.QUARANTINED
    assert refused.fault is not None
    assert "another process" in refused.fault.problem
    holder.kill()
    assert start(shard).result().state is State.DONE


def test_a_worker_that_is_asked_to_stop_leaves_the_shard_as_it_was(
    larger_shard: Callable[[str], Path], start: Start
) -> None:
    shard = larger_shard("stopped")
    before = {path.name: path.read_bytes() for path in shard.iterdir()}
    worker = start(shard)
    worker.comes_to("convert")
    worker.process.terminate()
    last = worker.result()
    assert (last.state, last.interrupted) == (State.PENDING, True)
    assert {path.name: path.read_bytes() for path in shard.iterdir()} == before
