import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from engine.errors import GonogoError, NoSuchRunError
from engine.run import places
from engine.run.client import ControlClient, RefusedError, ask
from engine.run.control import ControlServer, Request
from tests.engine.run.controls import RUN, Told


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def server(told: Told) -> AsyncIterator[ControlServer]:
    async with ControlServer(RUN, told) as server:
        yield server


async def asked(request: Request, timeout_s: float = 5.0) -> bytes:
    return await asyncio.to_thread(ask, RUN, request, timeout_s)


@pytest.mark.usefixtures("server")
async def test_a_run_obeys_and_answers(told: Told) -> None:
    assert await asked(Request("snapshot")) == b'{"workers":2}'
    for request in (
        Request("pause"), Request("resume"), Request("workers", count=4), Request("stop"), Request("stop", now=True)
    ):  # fmt: skip
        assert await asked(request) == b'{"ok":true}'
    assert told.orders == ["pause", "resume", "workers 4", "stop False", "stop True"]


@pytest.mark.usefixtures("server")
async def test_a_refusal_reaches_the_client_and_the_connection_goes_on(told: Told) -> None:
    def talk() -> None:
        with ControlClient(RUN) as client:
            with pytest.raises(RefusedError, match="wanted at most 64"):
                client.ask(Request("workers", count=65))
            with pytest.raises(RefusedError, match="count is None"):
                client.ask(Request("workers"))
            assert client.ask(Request("snapshot")) == b'{"workers":2}'

    await asyncio.to_thread(talk)
    assert told.orders == []


@pytest.mark.usefixtures("server")
async def test_two_clients_are_served_at_a_time(told: Told) -> None:
    def talk() -> None:
        with ControlClient(RUN) as first, ControlClient(RUN) as second:
            assert first.ask(Request("snapshot")) == second.ask(Request("snapshot"))
            second.ask(Request("pause"))
            first.ask(Request("resume"))

    await asyncio.to_thread(talk)
    assert told.orders == ["pause", "resume"]


@pytest.mark.usefixtures("server")
async def test_a_large_snapshot_arrives_whole(told: Told) -> None:
    told.snapshot_bytes = msgspec.json.encode({"workers": ["x" * 1000] * 2000})
    assert await asked(Request("snapshot")) == told.snapshot_bytes


async def test_what_is_no_request_is_answered_with_an_error(server: ControlServer) -> None:
    reader, writer = await asyncio.open_unix_connection(server.path)
    for line in (b"hello", b'{"ask":"self-destruct"}', b"\xff", b"[]", b""):
        writer.write(line + b"\n")
        assert msgspec.json.decode(await reader.readline())["error"].startswith("not a request")
    writer.close()
    await writer.wait_closed()


async def test_an_over_long_line_closes_that_client_alone(server: ControlServer) -> None:
    reader, writer = await asyncio.open_unix_connection(server.path)
    writer.write(b"x" * 200_000)
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)
    assert await asked(Request("snapshot")) == b'{"workers":2}'


async def test_a_client_that_leaves_in_the_middle_of_a_line_hurts_nobody(server: ControlServer) -> None:
    _, writer = await asyncio.open_unix_connection(server.path)
    writer.write(b'{"ask":"pau')
    writer.close()
    await writer.wait_closed()
    assert await asked(Request("snapshot")) == b'{"workers":2}'


async def test_the_socket_is_ours_alone_and_gone_after_the_run(told: Told, no_descriptors_leak: None) -> None:
    async with ControlServer(RUN, told) as server:
        assert server.path.stat().st_mode & 0o777 == 0o600
        reader, writer = await asyncio.open_unix_connection(server.path)
        writer.write(b'{"ask":"pause"}\n')
        assert await reader.readline() == b'{"ok":true}\n'
    assert not server.path.exists()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    with pytest.raises(NoSuchRunError, match=f"run {RUN} does not answer"):
        ask(RUN, Request("snapshot"))


async def test_the_leftover_of_a_killed_engine_is_no_answer_and_is_replaced(told: Told) -> None:
    path = places.socket_path(RUN)
    with socket.socket(socket.AF_UNIX) as leftover:
        leftover.bind(os.fspath(path))
    with pytest.raises(NoSuchRunError):
        ask(RUN, Request("snapshot"))
    async with ControlServer(RUN, told):
        assert await asked(Request("snapshot")) == b'{"workers":2}'


@pytest.mark.usefixtures("server")
async def test_one_run_is_served_once(told: Told) -> None:
    with pytest.raises(GonogoError, match="serves this run already"):
        await ControlServer(RUN, told).__aenter__()
    assert await asked(Request("snapshot")) == b'{"workers":2}'


def test_a_run_that_hangs_is_told_from_one_that_answers() -> None:
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(os.fspath(places.socket_path(RUN)))
        mute.listen()
        with pytest.raises(NoSuchRunError, match=r"did not answer within 0\.1 s"):
            ask(RUN, Request("snapshot"), timeout_s=0.1)


@pytest.mark.usefixtures("server")
async def test_a_client_with_another_environment_finds_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The engine was started without XDG_RUNTIME_DIR (cron, sudo); the console has one."""
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    path = places.socket_path("other")
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(os.fspath(path))
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        assert path in places.find_sockets("other")
    path.unlink()
