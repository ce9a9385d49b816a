"""The console behind the server: it is drawn, driven, and ended with whoever looked at it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import psutil
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from app.serve import server, viewer
from app.serve.door import Door
from app.serve.server import ConsoleServer
from app.serve.starting import Face
from tests.app.program import Gonogo, until, until_event
from tests.app.serve.served import Page, Served, can_bind, is_gone, page
from tests.recordings import make_corpus


async def test_a_page_sees_the_run_and_its_keys_reach_the_console(served: Served) -> None:
    async with page(served) as opened:
        await opened.until(r"3 done")
        assert "READ-ONLY" in opened.text
        (console,) = served.consoles()
        environment = console.environ()
        assert environment["GONOGO_READ_ONLY"] == "1"
        await opened.says("stdin", "?")
        await opened.until(r"on this screen")
        await opened.says("ping", "17")
        while (message := await opened.socket.receive(timeout=10)).type is not aiohttp.WSMsgType.TEXT:
            pass
        assert message.json() == ["pong", "17"]
        pid = console.pid
    until(lambda: is_gone(pid), "the console to end with its page")
    assert served.process.poll() is None


async def test_the_console_is_as_large_as_its_page(served: Served) -> None:
    async with page(served, "?width=50&height=10") as opened:
        await opened.until(r"(?i)small|60")
        assert "3 done" not in opened.text
        await opened.says("resize", {"width": 100, "height": 30})
        await opened.until(r"3 done")


async def test_leaving_the_console_is_no_fault(served: Served) -> None:
    async with page(served) as opened:
        await opened.until(r"3 done")
        await opened.says("stdin", "q")
        assert await opened.close_code() == 4000
    served.until_consoles(0)


async def test_a_page_that_talks_nonsense_is_hung_up_on(served: Served) -> None:
    async with page(served) as opened:
        await opened.says("quit", {"everything": True})
        assert await opened.close_code() == 1008
    served.until_consoles(0)


async def test_a_console_that_dies_is_told_of_and_the_end_of_the_server_is_that_of_all(user: Gonogo, run: str) -> None:
    served = Served(user, run[-4:])
    async with page(served) as dying:
        await dying.until(r"3 done")
        (first,) = served.consoles()
        async with page(served) as opened:
            await opened.until(r"3 done")
            (second,) = set(served.consoles()) - {first}
            first.kill()
            assert await dying.close_code() == 4001
            assert not is_gone(second.pid), "it is another page's"
            served.process.send_signal(signal.SIGINT)
            assert await opened.close_code() == 1001
    ended = served.end(signal.SIGINT)
    assert (ended.code, ended.summary["outcome"]) == (130, "interrupted")
    assert "a console ended with signal 9" in ended.stderr
    assert is_gone(second.pid)
    assert can_bind(served.row["port"])


async def test_home_is_shown_where_no_run_is_named_and_a_server_that_is_killed_leaves_no_console(
    user: Gonogo, run: str
) -> None:
    served = Served(user)
    async with page(served) as opened:
        await opened.until(rf"\[1 Home\](.|\n)*{run[-4:]}")
        pids = [console.pid for console in served.consoles()]
        assert served.end(signal.SIGKILL).code == -signal.SIGKILL
    until(lambda: all(map(is_gone, pids)), "the consoles to end with their server")
    assert pids


async def test_a_page_steers_where_control_was_given_and_nowhere_else(
    gonogo: Gonogo, slow_disk: dict[str, str], tmp_path: Path
) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=60, clips=6, clip_s=0.5)
    engine = gonogo.start_convert(corpus, "--workers", "1", env=slow_disk)
    run = str(until_event(engine, "shard_started")[0]["run"])
    assert gonogo("pause", run).code == 0  # so that it waits for us, however long we take
    looking = Served(gonogo, run)
    async with page(looking) as opened:
        await opened.until(r"PAUSED")
        opened.forget()
        await opened.says("stdin", "p")
        await opened.says("stdin", "?")
        await opened.until(r"on this screen")  # so the key before it has done what it does
    assert "paused" in gonogo("--json", "status", run).of_type("run")[0]["why"]
    looking.end()

    token = "a-token-of-the-users-own"
    steering = Served(gonogo, run, "--control", env={"GONOGO_SERVE_TOKEN": token})
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(steering.url, params={"token": token}) as entered:
            assert entered.status == 200
        async with session.ws_connect(f"{steering.url}ws", origin=steering.url.rstrip("/")) as socket:
            opened = Page(socket)
            await opened.until(r"PAUSED")
            (console,) = steering.consoles()
            assert {"GONOGO_READ_ONLY", "GONOGO_SERVE_TOKEN"}.isdisjoint(console.environ()), "no console needs these"
            await opened.says("stdin", "p")
            await opened.until(r"GREEN\s+under way")
    assert "paused" not in gonogo("--json", "status", run).of_type("run")[0]["why"]
    steering.end()
    gonogo("stop", "--now", run)


class _Stubborn(Face):
    """A console that neither leaves when asked nor ends by SIGTERM, and whose output nobody can stop."""

    @property
    def argv(self) -> Sequence[str]:
        program = (
            "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('__GANGLION__', flush=True)\n"
            "while True: os.write(1, b'D\\0\\0\\x10\\0' + b'x' * 4096)"
        )
        return (sys.executable, "-c", program)


class _Hung(Face):
    """A console that draws once and never reads what it is told."""

    @property
    def argv(self) -> Sequence[str]:
        program = "import time; print('__GANGLION__\\nD\\0\\0\\0\\1x', end='', flush=True); time.sleep(60)"
        return (sys.executable, "-c", program)


def _stubborn() -> list[psutil.Process]:
    living = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in living if "__GANGLION__" in "".join(child.cmdline())]


async def _until_gone(pid: int) -> None:
    await asyncio.to_thread(until, lambda: is_gone(pid), f"process {pid} to end")


class _Unborn(Face):
    @property
    def argv(self) -> Sequence[str]:
        return (sys.executable, "-c", "raise SystemExit('gonogo: there is no run yet')")


async def _started(face: Face, told: list[str], stack: AsyncExitStack) -> str:
    """Serve in this process; return the socket's address."""
    free = TestServer(web.Application())
    await free.start_server()
    port = free.port
    await free.close()
    assert port is not None
    app = ConsoleServer(Door(port, "127.0.0.1"), face, "a test", told.append).app()
    await stack.enter_async_context(TestServer(app, port=port))
    return f"http://127.0.0.1:{port}"


async def test_a_console_that_will_not_leave_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewer, "_PATIENCE_S", 0.1)
    told: list[str] = []
    async with AsyncExitStack() as stack:
        url = await _started(_Stubborn(None, read_only=True), told, stack)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        async with session.ws_connect(f"{url}/ws", origin=url) as socket:
            await socket.receive(timeout=10)
            (console,) = _stubborn()
        await _until_gone(console.pid)
    assert told == [], "whoever closes a tab is not told that its console ended"


async def test_there_is_a_limit_and_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_CONSOLES", 1)
    monkeypatch.setattr(viewer, "_PATIENCE_S", 0.1)
    async with AsyncExitStack() as stack:
        url = await _started(_Stubborn(None, read_only=True), [], stack)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        async with session.ws_connect(f"{url}/ws", origin=url) as first:
            await first.receive(timeout=10)
            async with session.ws_connect(f"{url}/ws", origin=url) as second:
                refused = await second.receive(timeout=10)
            assert (refused.data, refused.extra) == (4002, "1 of 1")
            (console,) = _stubborn()
        await _until_gone(console.pid)
        kind = None
        async with asyncio.timeout(10):
            while kind is not aiohttp.WSMsgType.BINARY:  # its place is free once all of it is cleared away
                async with session.ws_connect(f"{url}/ws", origin=url) as third:
                    kind = (await third.receive(timeout=10)).type
        assert kind is aiohttp.WSMsgType.BINARY


async def test_a_console_that_cannot_begin_says_why() -> None:
    told: list[str] = []
    async with AsyncExitStack() as stack:
        url = await _started(_Unborn(None, read_only=True), told, stack)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        async with session.ws_connect(f"{url}/ws", origin=url) as socket:
            closed = await socket.receive(timeout=10)
    assert (closed.data, closed.extra) == (4001, "exit code 1: gonogo: there is no run yet")
    assert told == ["a console ended with exit code 1: gonogo: there is no run yet"]


_PING = b"\x81\xfe\x03\xf4\0\0\0\0" + b'["ping","' + b"x" * 1001 + b'"]'
"""What a page says that a server answers with as much: a text frame of 1,012 bytes (RFC 6455, section 5.2)."""


async def _deaf(url: str) -> asyncio.StreamWriter:
    """Open a console as a page does whose machine then loses its network: it reads nothing and answers nothing."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    asked = f"""GET /ws HTTP/1.1
Host: {host}:{port}
Origin: {url}
Connection: Upgrade
Upgrade: websocket
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==

"""
    writer.write(asked.replace("\n", "\r\n").encode())
    assert b"101" in await reader.readline()
    return writer


async def test_a_page_that_has_gone_without_a_goodbye_keeps_no_console(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_HEARTBEAT_S", 0.2)
    monkeypatch.setattr(viewer, "_PATIENCE_S", 0.1)
    async with AsyncExitStack() as stack:
        url = await _started(_Stubborn(None, read_only=True), [], stack)
        writer = await _deaf(url)
        await asyncio.to_thread(until, _stubborn, "a console")
        (console,) = _stubborn()
        await _until_gone(console.pid)
        assert not console.is_running()
        writer.close()


async def test_a_page_that_is_cut_off_while_it_is_answered_is_no_fault_of_its_console(user: Gonogo, run: str) -> None:
    served = Served(user, run)
    writer = await _deaf(served.url.rstrip("/"))
    await asyncio.to_thread(served.until_consoles, 1)
    writer.write(_PING * 20_000)
    left = -1
    while (now := writer.transport.get_write_buffer_size()) != left:  # until the server waits for us to read
        left = now
        await asyncio.sleep(0.3)
    assert left > 0
    writer.transport.abort()
    await asyncio.to_thread(served.until_consoles, 0)
    assert "a console ended" not in served.end().stderr


async def test_a_page_that_reads_nothing_does_not_keep_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_GOODBYE_S", 0.1)
    monkeypatch.setattr(viewer, "_PATIENCE_S", 0.1)
    async with AsyncExitStack() as stack:
        url = await _started(_Stubborn(None, read_only=True), [], stack)
        writer = await _deaf(url)
        await asyncio.to_thread(until, _stubborn, "a console")
        async with asyncio.timeout(5):
            await stack.aclose()
    assert _stubborn() == []
    writer.close()


async def test_the_end_of_a_tab_is_seen_though_its_console_takes_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewer, "_PATIENCE_S", 0.1)
    async with AsyncExitStack() as stack:
        url = await _started(_Hung(None, read_only=True), [], stack)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        async with session.ws_connect(f"{url}/ws", origin=url) as socket:
            await socket.receive(timeout=10)
            (console,) = _stubborn()
            for _ in range(40):
                await socket.send_json(["stdin", "x" * 100_000])
        await _until_gone(console.pid)
    assert _stubborn() == []
