"""A viewer's lasting connection: there before the run answers, there again after a break, gone when it is closed."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import threading
from collections.abc import Iterator

import msgspec
import pytest

from engine.errors import NoSuchRunError, ReadOnlyError
from engine.run import places
from engine.run.attending import Attendance, viewer_name, who_we_are
from engine.run.client import ControlClient, RefusedError
from engine.run.control import ControlServer, Request
from engine.run.viewers import Viewing
from tests.engine.run.conftest import until
from tests.engine.run.controls import RUN, Told

BERT = "bert@gpu-3 pts/1"


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def ours() -> Iterator[Attendance]:
    attendance = Attendance(RUN)
    yield attendance
    attendance.close()


def seen(attendance: Attendance) -> Viewing | None:
    return attendance.viewing


async def look(attendance: Attendance) -> bytes | None:
    return await asyncio.to_thread(attendance.snapshot)


async def test_it_waits_for_a_run_that_is_not_there_yet_and_comes_again_to_one_that_broke_off(
    told: Told, ours: Attendance
) -> None:
    for _ in range(2):
        assert await look(ours) is None
        assert seen(ours) is None
        async with ControlServer(RUN, told):
            assert await look(ours) is not None
            viewing = seen(ours)
            assert viewing is not None
            assert viewing.has_control
            (ourselves,) = viewing.viewers
            assert (ourselves.who, ourselves.you) == (who_we_are(), True)


async def test_one_connection_serves_every_look_and_every_order(told: Told, ours: Attendance) -> None:
    async with ControlServer(RUN, told) as server:
        await look(ours)
        clients = set(server._clients)  # how many there are is nowhere else to be seen
        for _ in range(3):
            await look(ours)
            await asyncio.to_thread(ours.tell, Request("pause"))
        assert server._clients == clients
    assert told.orders == ["pause"] * 3


async def test_a_look_and_an_order_at_the_same_moment_each_get_their_own_answer(told: Told, ours: Attendance) -> None:
    def orders() -> None:
        for _ in range(200):
            ours.tell(Request("pause"))

    async with ControlServer(RUN, told):
        ordering = threading.Thread(target=orders)
        ordering.start()
        try:
            snapshots = [await look(ours) for _ in range(200)]
        finally:
            await asyncio.to_thread(ordering.join)
    assert all(snapshot is not None and snapshot.startswith(b'{"workers":2,') for snapshot in snapshots)
    assert told.orders == ["pause"] * 200


async def test_an_order_is_refused_while_another_has_control_and_obeyed_once_it_was_taken(
    told: Told, ours: Attendance
) -> None:
    async with ControlServer(RUN, told):
        bert = await asyncio.to_thread(ControlClient, RUN)
        with bert:
            await asyncio.to_thread(bert.hello, BERT, "b")
            await look(ours)
            assert ours.viewing is not None
            assert (ours.viewing.has_control, ours.viewing.controller) == (False, BERT)
            with pytest.raises(RefusedError, match=f"{BERT} has control"):
                await asyncio.to_thread(ours.tell, Request("pause"))
            await asyncio.to_thread(ours.take)
            assert ours.viewing.has_control
            await asyncio.to_thread(ours.tell, Request("pause"))
    assert told.orders == ["pause"]


async def test_closing_lets_control_go_and_nothing_brings_it_back(told: Told) -> None:
    ours = Attendance(RUN)
    async with ControlServer(RUN, told) as server:
        await look(ours)
        ours.close()
        assert ours.viewing is None
        await until(lambda: not server._clients, "the end of the connection")
        assert await look(ours) is None
        with pytest.raises(NoSuchRunError, match="not watched any more"):
            await asyncio.to_thread(ours.tell, Request("pause"))
        assert not server._clients
    assert told.orders == []


async def test_one_that_is_forgotten_is_closed(told: Told, no_descriptors_leak: None) -> None:
    ours: Attendance | None = Attendance(RUN)
    async with ControlServer(RUN, told) as server:
        assert ours is not None
        await look(ours)
        ours = None
        gc.collect()
        await until(lambda: not server._clients, "the end of the connection")
    assert told.orders == []


async def test_two_connections_of_this_program_are_one_viewer(told: Told, ours: Attendance) -> None:
    second = Attendance(RUN)
    async with ControlServer(RUN, told):
        await look(ours)
        await look(second)
        assert second.viewing is not None
        assert second.viewing.has_control
        assert len(second.viewing.viewers) == 1
        second.close()
        await look(ours)
        assert ours.viewing is not None
        assert ours.viewing.has_control


async def test_a_read_only_viewer_is_refused_here_and_by_the_engine(told: Told) -> None:
    ours = Attendance(RUN, read_only=True)
    async with ControlServer(RUN, told):
        await look(ours)
        assert ours.viewing is not None
        assert (ours.viewing.read_only, ours.viewing.controller) == (True, "")
        with pytest.raises(ReadOnlyError, match="read-only"):
            await asyncio.to_thread(ours.tell, Request("stop"))
        with pytest.raises(ReadOnlyError, match="read-only"):
            await asyncio.to_thread(ours.take)
        client = ours._held.client  # past our own refusal: what the engine says
        assert client is not None
        with pytest.raises(RefusedError, match="read-only"):
            await asyncio.to_thread(client.ask, Request("stop"))
        ours.close()
    assert told.orders == []


async def test_a_program_that_changes_nothing_is_a_read_only_viewer_whatever_it_was_asked_to_be(
    told: Told, ours: Attendance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONOGO_READ_ONLY", "1")
    async with ControlServer(RUN, told):
        await look(ours)
        assert ours.viewing is not None
        assert ours.viewing.read_only
        with pytest.raises(ReadOnlyError, match="pause would be an order"):
            await asyncio.to_thread(ours.tell, Request("pause"))
    assert told.orders == []


def test_an_engine_from_before_there_were_viewers_is_watched_as_it_was_then(ours: Attendance) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.fspath(places.socket_path(RUN)))
        listening.listen()

        def old_engine() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as lines:
                for line in lines:
                    answers = {"hello": b'{"error":"not a request"}', "snapshot": b'{"workers":2}'}
                    connection.sendall(answers.get(msgspec.json.decode(line)["ask"], b'{"ok":true}') + b"\n")

        serving = threading.Thread(target=old_engine)
        serving.start()
        assert ours.snapshot() == b'{"workers":2}'
        assert ours.viewing is None
        ours.tell(Request("pause"))
        ours.close()
        serving.join()


def test_who_we_are_names_user_host_and_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    stdin, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    try:
        monkeypatch.delenv("TMUX_PANE", raising=False)
        os.dup2(theirs, 0)
        seat = os.ttyname(theirs).removeprefix("/dev/")
        assert who_we_are().endswith(f"@{socket.gethostname()} {seat}")
        monkeypatch.setenv("TMUX_PANE", "%7")
        assert who_we_are().endswith(f" {seat}, tmux %7")
        os.dup2(nothing, 0)
        assert who_we_are().endswith(f" pid {os.getpid()}")
    finally:
        os.dup2(stdin, 0)
        for descriptor in (ours, theirs, stdin, nothing):
            os.close(descriptor)


def test_the_name_of_a_viewer_is_the_same_all_along_and_no_other_program_has_it() -> None:
    assert viewer_name() == viewer_name()
    assert viewer_name().startswith(f"{os.getpid()}-")
