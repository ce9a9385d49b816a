"""``gonogo serve`` as a process of its own, and the consoles that are its children."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from tests.app.program import Ended, Gonogo, until

DEADLINE_S = 40.0

_SEQUENCE = re.compile(r"\x1b\[[0-9;?$<>=]*[A-Za-z~]")


class Served:
    """A server on a free port of this machine."""

    def __init__(self, gonogo: Gonogo, *options: str | Path, env: dict[str, str] | None = None) -> None:
        self._gonogo = gonogo
        self.process = gonogo.start("--json", "serve", "--port", "0", *options, env=env)
        assert self.process.stdout is not None
        self.lines = [self.process.stdout.readline(), self.process.stdout.readline()]
        assert self.lines[1], self.process.communicate()
        self.row: dict[str, Any] = json.loads(self.lines[1])

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.row['port']}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/"

    def consoles(self) -> list[psutil.Process]:
        return [child for child in psutil.Process(self.process.pid).children() if _is_console(child)]

    def until_consoles(self, count: int) -> None:
        until(lambda: len(self.consoles()) == count, f"{count} consoles, not {self.consoles()}")

    def printed_token(self) -> str:
        """Read what is told a person at the start, up to the token."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if found := re.search(r"\?token=(\S+)", line):
                return found[1]
        raise AssertionError("no token was printed")

    def end(self, how: signal.Signals = signal.SIGTERM) -> Ended:
        """End it; whatever it wrote is short enough to have waited in its pipes."""
        self.process.send_signal(how)
        self.process.wait(DEADLINE_S)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        stdout, stderr = self.process.stdout.read(), self.process.stderr.read()
        return Ended(self.process.returncode, "".join(self.lines) + stdout, stderr)


def _is_console(process: psutil.Process) -> bool:
    try:
        return "app.serve.face" in process.cmdline()
    except psutil.Error:
        return False


class Page:
    """What the page's script does, without a browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.drawn = b""

    @property
    def text(self) -> str:
        return _SEQUENCE.sub(" ", self.drawn.decode("utf-8", "replace"))

    def forget(self) -> None:
        """Wait for what is drawn from here on."""
        self.drawn = b""

    async def until(self, pattern: str) -> None:
        """Read until a text is on the screen, or was."""
        deadline = time.monotonic() + DEADLINE_S
        while not re.search(pattern, self.text):
            assert time.monotonic() < deadline, f"waited {DEADLINE_S:.0f} s for {pattern}: {self.text[-3000:]}"
            message = await self.socket.receive(timeout=DEADLINE_S)
            assert message.type is aiohttp.WSMsgType.BINARY, (message, self.text[-3000:])
            self.drawn += message.data

    async def close_code(self) -> int | None:
        """Read until the server hangs up; return why it did."""
        while True:
            message = await self.socket.receive(timeout=DEADLINE_S)
            if message.type not in {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}:
                return self.socket.close_code

    async def says(self, *words: object) -> None:
        await self.socket.send_str(json.dumps(words))


@asynccontextmanager
async def page(served: Served, query: str = "?width=120&height=40", **given: Any) -> AsyncIterator[Page]:
    headers = {"Origin": f"http://{served.host}"}
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{served.url}ws{query}", headers=headers, **given) as socket,
    ):
        yield Page(socket)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def can_bind(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
