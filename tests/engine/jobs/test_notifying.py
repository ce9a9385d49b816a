"""Sending in an engine's own process: again where it is refused, never in the run's way."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import msgspec
import pytest

from engine.config import Notify, Settings
from engine.config.addresses import Address
from engine.convert.events import ShardQuarantined
from engine.errors import Fault
from engine.jobs import notices, notifying, sending, start
from engine.jobs.notice import Kind, Notice, Weight
from engine.jobs.notifying import Notifier
from engine.jobs.registry import JobKind, Order
from engine.jobs.sending import Sender
from engine.jobs.start import run_job
from engine.jobs.window.snapshot import between_steps
from engine.run.desk import Desk, Job
from engine.run.events import Event, Summary, Warned
from engine.run.log import EventLog, encode_event, utc_now
from engine.run.outcome import Outcome
from tests.app.receivers import hanging, web
from tests.engine.jobs.window.conftest import user_folders
from tests.engine.jobs.window.tables import planned

__all__ = ["user_folders"]
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # apprise, on Python 3.11

NOTICE = Notice(frozenset({Kind.END}), "GO: convert ended - c", "It took 1 s.", Weight.GOOD)


def address(port: int, path: str = "x?rto=1") -> Address:
    return Address(f"json://127.0.0.1:{port}/{path}")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_AGAIN_S", (0.0, 0.0))


@pytest.mark.usefixtures("at_once")
def test_a_notice_that_a_service_refuses_is_sent_again() -> None:
    failed: list[str] = []
    with web(503, 503, 200) as hook:
        sender = Sender([address(hook.port)], failed.append)
        sender.send(NOTICE)
        assert [hook.next().body["title"] for _ in range(3)] == [NOTICE.title] * 3
        sender.close(10)
    assert not sender.late
    assert not failed


@pytest.mark.usefixtures("at_once")
def test_one_warning_tells_of_an_address_until_it_works_again() -> None:
    failed: list[str] = []
    with web(*[500] * 6, 200, *[500] * 3) as hook:
        sender = Sender([address(hook.port)], failed.append)
        for _ in range(4):
            sender.send(NOTICE)
        for _ in range(10):
            hook.next()
        sender.close(10)
    assert [problem.partition(";")[0] for problem in failed] == [
        f"json://127.0.0.1:{hook.port}/…: a notice was not delivered: it answered 500"
    ] * 2


def test_an_address_that_hangs_keeps_no_other_waiting_and_is_given_up() -> None:
    with hanging() as silent, web() as hook:
        sender = Sender([address(silent.port, "x?rto=60"), address(hook.port)], lambda _: None)
        sender.send(NOTICE)
        assert hook.next().body["message"] == NOTICE.body
        sender.close(0.2)
        assert sender.late == [address(silent.port, "x?rto=60")]


@pytest.mark.parametrize("text", ["{{ run }} {name} %s :title", "<b>&amp;</b> *x* _y_ @here"])
def test_what_a_notice_says_arrives_as_it_is(text: str) -> None:
    with web() as hook:
        sender = Sender([address(hook.port)], lambda _: None)
        sender.send(replace(NOTICE, title=text, body=text))
        body = hook.next().body
        sender.close(10)
    assert (body["title"], body["message"]) == (text, text)


class _Job:
    job = "inventory"
    stopped = False

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act

    async def run(self) -> Summary:
        self._act()
        return Summary(job="inventory", outcome=Outcome.OK, seconds=1.0)


def order(tmp_path: Path, port: int) -> Order:
    return Order("inventory", tmp_path, Settings(notify=Notify(urls=(address(port),))))


def fail(*_: object) -> None:
    raise ZeroDivisionError


def job_that(act: Callable[[], None]) -> JobKind:
    def make(order: Order, desk: Desk) -> Job:
        del order, desk
        return cast("Job", _Job(act))  # nobody pauses it or looks at it

    return JobKind(make, lambda _: False)


@pytest.mark.usefixtures("user_folders")
async def test_an_engine_that_fails_says_so_though_it_leaves_no_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "job_kind", lambda _: job_that(fail))
    with web() as hook:
        with pytest.raises(ZeroDivisionError):
            await run_job(order(tmp_path, hook.port), tmp_path, lambda event, line: None)
        told = hook.rest()
    assert [request.body["title"] for request in told] == [f"RED: inventory broke off - {tmp_path.name}"]


@pytest.mark.usefixtures("user_folders")
async def test_a_notice_that_cannot_be_made_costs_a_warning_but_neither_the_run_nor_the_notice_of_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "job_kind", lambda _: job_that(lambda: None))
    monkeypatch.setattr("engine.jobs.notices.RunNotices.take", fail)
    seen: list[Event] = []
    with web() as hook:
        summary = await run_job(order(tmp_path, hook.port), tmp_path, lambda event, line: seen.append(event))
        told = hook.rest()
    assert summary.outcome is Outcome.OK
    assert [event.type_name() for event in seen] == ["version", "warned", "summary"]
    assert [request.body["title"] for request in told] == [f"GO: inventory ended - {tmp_path.name}"]


@pytest.mark.usefixtures("user_folders")
async def test_an_engine_that_fails_says_so_even_after_a_notice_that_could_not_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "job_kind", lambda _: job_that(fail))
    monkeypatch.setattr("engine.jobs.notices.RunNotices.take", fail)
    with web() as hook:
        with pytest.raises(ZeroDivisionError):
            await run_job(order(tmp_path, hook.port), tmp_path, lambda event, line: None)
        told = hook.rest()
    assert [request.body["title"] for request in told] == [f"RED: inventory broke off - {tmp_path.name}"]


class _Between:
    """A window between two steps."""

    def snapshot(self) -> bytes:
        return msgspec.json.encode(between_steps("run", 1.0, paused=False, stopping=False))


async def test_a_window_is_looked_at_for_a_forecast_that_breaks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "LATE_HOLDS_S", 0.0)
    with web() as hook:
        asked = replace(order(tmp_path, hook.port), job="window")
        notifier = Notifier(asked, "a-run", EventLog(None, "a-run"))
        plan = planned(window_s=60)
        notifier.hear(plan, encode_event(plan, moment=utc_now(), run_id="a-run"))
        looking = asyncio.create_task(notifier.watch(cast("Job", _Between())))
        told = (await asyncio.to_thread(hook.next)).body
        looking.cancel()
        await notifier.end(Summary(job="window", outcome=Outcome.OK, seconds=1.0))
    assert told["title"] == f"RED: the window is late - {tmp_path.name}"


class _Torn(_Between):
    """A window whose first snapshots cannot be read."""

    def __init__(self, torn: int) -> None:
        self._torn = torn

    def snapshot(self) -> bytes:
        self._torn -= 1
        return super().snapshot() if self._torn < 0 else b"{"


async def test_a_snapshot_that_cannot_be_read_costs_one_warning_and_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "LATE_HOLDS_S", 0.0)
    monkeypatch.setattr(notifying, "_LOOKS_EVERY_S", 0.0)
    log, seen = EventLog(None, "a-run"), list[Event]()
    with web() as hook:
        notifier = Notifier(replace(order(tmp_path, hook.port), job="window"), "a-run", log)
        log.listeners += [notifier.hear, lambda event, line: seen.append(event)]
        log.append(planned(window_s=60))
        looking = asyncio.create_task(notifier.watch(cast("Job", _Torn(3))))
        told = [(await asyncio.to_thread(hook.next)).body["title"]]
        looking.cancel()
        log.append(ShardQuarantined(shard="a", source="final", fault=Fault("bad")))
        await notifier.end(Summary(job="window", outcome=Outcome.OK, seconds=1.0))
        told += [request.body["title"] for request in hook.rest()]
    assert told == [
        f"RED: the window is late - {tmp_path.name}",
        f"RED: 1 shard quarantined - {tmp_path.name}",
        f"GO: window ended - {tmp_path.name}",
    ]
    assert [event.problem for event in seen if isinstance(event, Warned)] == [
        "the window's forecast could not be looked at: DecodeError; it is looked at again and again"
    ]


def test_who_has_nobody_to_tell_does_not_load_the_services() -> None:
    loaded = "print(sorted({'apprise', 'requests'} & {*sys.modules}))"
    code = f"import sys, engine.jobs.start, engine.jobs.alert_notifying; {loaded}"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
