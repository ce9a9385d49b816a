"""A window that is steered, stopped, terminated or killed: it reaches the step under way, and goes on there."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.crew.crew import Snapshot
from engine.jobs.registry import JOBS, JobKind, Order
from engine.jobs.start import run_job
from engine.jobs.window.events import StepState
from engine.jobs.window.running import Window
from engine.jobs.window.snapshot import WindowSnapshot
from engine.run.client import ControlClient, RefusedError, ask
from engine.run.control import Request
from engine.run.desk import Desk
from engine.run.events import Summary
from engine.run.outcome import Outcome
from tests.app.corpora import assert_is_conversion, leftovers, tars
from tests.app.program import events_of, until
from tests.engine.jobs.window.windows import Ended, make, order, run, runs_of, start, step

pytestmark = pytest.mark.usefixtures("user_folders")

SHORT = (step("recover"), step("convert"))


class Slow:
    """A job that waits until it is told to stop: what is asked of a window finds it under way, on any machine."""

    job = "slow"

    def __init__(self, desk: Desk) -> None:
        self.stopped = False
        self.asked: list[str] = []
        self._desk = desk
        self._end = asyncio.Event()

    async def run(self) -> Summary:
        await self._end.wait()
        return Summary(job="slow", outcome=Outcome.OK, seconds=0)

    def snapshot(self) -> bytes:
        now = Snapshot(
            run="x",
            job="slow",
            elapsed_s=60,
            workers_wanted=1,
            workers=(),
            pauses={},
            stopping=False,
            settled=1,
            to_do=4,
            bytes_done=1000,
            bytes_to_do=4000,
        )
        return msgspec.json.encode(now)

    def pause(self) -> None:
        self.asked.append("pause")

    def resume(self) -> None:
        self.asked.append("resume")

    def set_workers(self, count: int) -> None:
        self.asked.append(f"workers {count}")

    def choose_workers(self) -> None:
        self.asked.append("auto")

    def stop(self, now: bool) -> None:
        self.stopped = True
        self.asked.append(f"stop {now}")
        self._end.set()


class Slows:
    """The slow jobs that were made, and how to wait for one."""

    def __init__(self) -> None:
        self.made: list[Slow] = []
        self.there = asyncio.Event()

    def make(self, _: Order, desk: Desk) -> Slow:
        self.made.append(Slow(desk))
        asyncio.get_running_loop().call_soon(self.there.set)  # once the window has it
        return self.made[-1]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slows:
    slows = Slows()
    monkeypatch.setitem(JOBS, "slow", JobKind(make=slows.make, changes_corpus=lambda _: False))
    return slows


async def test_what_is_asked_of_a_window_reaches_the_step_under_way(tmp_path: Path, slow: Slows) -> None:
    corpus = make(tmp_path, step("slow"), step("inventory"))
    told: list[WindowSnapshot] = []

    async def steer(job: Any) -> None:
        await slow.there.wait()
        window_run = job.look().run
        for request in (
            Request("pause"),
            Request("resume"),
            Request("workers", count=3),
            Request("workers", auto=True),
        ):
            await asyncio.to_thread(ask, window_run, request)
        answer = await asyncio.to_thread(ask, window_run, Request("snapshot"))
        told.append(msgspec.json.decode(answer, type=WindowSnapshot))
        await asyncio.to_thread(ask, window_run, Request("stop"))

    lines: list[dict[str, Any]] = []
    summary = await run_job(order(corpus), corpus / ".gonogo", lambda _, line: lines.append(json.loads(line)), steer)
    ended = Ended(corpus, lines)
    assert slow.made[0].asked == ["pause", "resume", "workers 3", "auto", "stop False"]
    assert summary.outcome is Outcome.INTERRUPTED
    assert list(ended.states().values()) == [StepState.STOPPED, StepState.WAITING]
    (now,) = told
    assert (now.job, now.run, now.step, now.step_run) == (
        "window",
        ended.run,
        "slow",
        ended.of_type("step_started")[0]["step_run"],
    )
    assert now.progress is not None
    assert (now.progress.done, now.progress.to_do, now.progress.worked_s) == (1000, 4000, 60)


async def test_a_stop_of_the_step_itself_stops_the_window_after_it(tmp_path: Path, slow: Slows) -> None:
    corpus = make(tmp_path, step("slow"), step("inventory"))

    async def stop_step(job: Window) -> None:
        await slow.there.wait()
        await asyncio.to_thread(ask, job.look().step_run, Request("stop"))

    summary = await run_job(order(corpus), corpus / ".gonogo", lambda *_: None, stop_step)  # type: ignore[arg-type]  # it is a window
    assert summary.outcome is Outcome.INTERRUPTED
    assert runs_of(corpus, "inventory") == []


async def test_control_of_a_window_is_control_of_its_step_and_no_order_goes_round_it(
    tmp_path: Path, slow: Slows
) -> None:
    corpus = make(tmp_path, step("slow"), step("inventory"))
    refused: list[str] = []

    def steer(window_run: str, step_run: str) -> None:
        with ControlClient(window_run) as anna, ControlClient(step_run) as anna_too, ControlClient(step_run) as bert:
            assert anna.hello("anna@here pts/3", "a").has_control
            assert anna_too.hello("anna@here pts/3", "a").has_control
            assert bert.hello("bert@here pts/1", "b").controller == "anna@here pts/3"
            with pytest.raises(RefusedError) as refusal:
                bert.ask(Request("stop"))
            refused.append(str(refusal.value))
            anna_too.ask(Request("pause"))
            bert.ask(Request("take"))
            with pytest.raises(RefusedError) as refusal:
                anna.ask(Request("resume"))
            refused.append(str(refusal.value))
            bert.ask(Request("stop"))

    async def watch(job: Window) -> None:
        await slow.there.wait()
        now = job.look()
        await asyncio.to_thread(steer, now.run, now.step_run)

    summary = await run_job(order(corpus), corpus / ".gonogo", lambda *_: None, watch)  # type: ignore[arg-type]  # it is a window
    assert ["anna@here" in refused[0], "bert@here" in refused[1]] == [True, True]
    assert slow.made[0].asked == ["pause", "stop False"]
    assert summary.outcome is Outcome.INTERRUPTED


def until_shard_done(process: Any, corpus: Path) -> list[dict[str, Any]]:
    """Read a window's events until its conversion has done a shard; its own log tells."""
    read = []
    for event in events_of(process):
        read.append(event)
        if event["type"] == "step_started" and event["step"] == "convert":
            break
    log = corpus / ".gonogo" / "runs" / read[-1].get("step_run", "") / "events.jsonl"
    until(lambda: b'"shard_done"' in log.read_bytes(), "a shard that is done")
    return read


def test_a_window_whose_engine_was_killed_goes_on_at_its_step(tmp_path: Path) -> None:
    corpus = make(tmp_path, *SHORT, shards=40)
    before = tars(corpus)
    process = start(corpus)
    read = until_shard_done(process, corpus)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert read[0]["type"] == "version"
    killed = Ended(corpus, read)
    assert killed.view.summary is None
    assert killed.states() == {"recover": StepState.DONE, "convert": StepState.UNDER_WAY}

    gone_on = asyncio.run(run(corpus))

    assert gone_on.summary is not None
    assert gone_on.summary.outcome is Outcome.OK
    assert gone_on.started() == ["convert"]
    assert (gone_on.planned()["earlier"], gone_on.planned()["began"]) == (killed.run, killed.planned()["began"])
    for name, original in before.items():
        assert_is_conversion(original, tars(corpus)[name])
    assert leftovers(corpus) == []


def test_a_terminated_window_stops_at_a_safe_point_and_says_so(tmp_path: Path) -> None:
    corpus = make(tmp_path, *SHORT, shards=40)
    process = start(corpus)
    until_shard_done(process, corpus)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    summary = json.loads(out.splitlines()[-1])
    assert (process.returncode, summary["type"], summary["outcome"]) == (143, "summary", "terminated"), err
    assert summary["pending"] > 0
    assert leftovers(corpus) == []
