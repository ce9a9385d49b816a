"""One console in one tab of a browser: its process, what it draws, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec
from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from app.serve.goodbye import End
from app.serve.sayings import Size
from app.serve.starting import Face

_BEGINS = b"__GANGLION__\n"
"""Textual's driver says so when the program before it has become a console."""
_PRELUDE_LINES = 10
_LONGEST_PACKET = 1 << 26
"""Bytes. A screen of 1,000 x 500 cells is under ten megabytes; what is longer is no packet."""
_PATIENCE_S = 2.0
"""For each of three ways to end a process: asked to leave, SIGTERM, SIGKILL. A console leaves within 0.6 s."""
_MOST_UNREAD_BYTES = 1 << 20
"""More than any paste; a console that has left so much lying hangs, and what comes after is dropped."""
_TAIL_BYTES = 4096


class Viewer(AppService):
    """textual-serve's service, started without a shell, ended in time, and silent on our stdout.

    Args:
        face: what it shows.
        socket: where the page listens.
        downloads: textual-serve's. No console of ours hands out files, and no address is there to fetch one from.
        ended: told when it ends by itself.
    """

    def __init__(
        self,
        face: Face,
        socket: web.WebSocketResponse,
        downloads: DownloadManager,
        ended: Callable[[End], Awaitable[None]],
    ) -> None:
        super().__init__(
            shlex.join(face.argv),
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=_not_yet,
            download_manager=downloads,
        )
        self._face, self._ended = face, ended
        self._nobody_looks = False

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        return self._face.environment(super()._build_environment(width, height))

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        """Start it in a session of its own: ctrl+c in the server's terminal is the server's to pass on."""
        self._process = process = await asyncio.create_subprocess_exec(
            *self._face.argv,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=self._build_environment(width, height),
            start_new_session=True,
        )
        self._stdin = process.stdin
        return process

    async def open(self, size: Size) -> None:
        """Start the process.

        Raises:
            OSError: when this machine has no room for another.
        """
        await self.start(size.width, size.height)

    async def run(self) -> None:
        """Pass on what it draws until it ends, then tell how it ended."""
        process = self._process
        assert process is not None
        assert process.stdout is not None
        assert process.stderr is not None
        tail = _Tail()
        reading = asyncio.create_task(tail.read(process.stderr))
        try:
            if not await self._relay(process.stdout):
                _push(process.kill)
            code = await process.wait()
            await asyncio.wait({reading}, timeout=_PATIENCE_S)
        finally:
            reading.cancel()
        if not self._nobody_looks:
            await self._ended(End(code, tail.last_line))

    async def _relay(self, drawn: asyncio.StreamReader) -> bool:
        """Pass packets on until they end; return whether all of them were packets."""
        for _ in range(_PRELUDE_LINES):
            line = await drawn.readline()
            if line in {b"", _BEGINS}:
                break
        handlers = {b"D": self.on_data, b"M": self.on_meta, b"P": self.on_packed}
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                kind, size = await drawn.readexactly(1), int.from_bytes(await drawn.readexactly(4), "big")
                if kind not in handlers or size > _LONGEST_PACKET:
                    return False
                packet = await drawn.readexactly(size)
                if not self._nobody_looks:
                    await self._pass_on(handlers[kind], packet)
        return True

    async def _pass_on(self, handler: Callable[[bytes], Awaitable[None]], packet: bytes) -> None:
        try:
            await handler(packet)
        except ConnectionError:
            self._nobody_looks = True  # the tab has gone; whoever serves it ends us

    async def stop(self) -> None:
        """End the process, however it takes it; at most six seconds."""
        process, task = self._process, self._task
        if process is None or task is None:
            return
        self._nobody_looks = True
        await self._download_manager.cancel_app_downloads(app_service_id=self.app_service_id)
        for way in (self._ask_to_leave, process.terminate, process.kill):
            if not task.done():
                _push(way)
                await asyncio.wait({task}, timeout=_PATIENCE_S)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await process.wait()

    def _ask_to_leave(self) -> None:
        self._write(b"M", b'{"type": "quit"}')

    async def send_bytes(self, data: bytes) -> bool:
        """Hand over keys; return whether the console takes any."""
        return self._write(b"D", data)

    async def send_meta(self, data: dict[str, str | int | bool | None]) -> bool:
        """Hand over a size, the focus and the like; return whether the console takes any."""
        return self._write(b"M", msgspec.json.encode(data))

    def _write(self, kind: Literal[b"D", b"M"], payload: bytes) -> bool:
        """Never wait: while we waited for a console that hangs, nobody would see its tab close."""
        if self.stdin.is_closing() or self.stdin.transport.get_write_buffer_size() > _MOST_UNREAD_BYTES:
            return False
        self.stdin.write(self.encode_packet(kind, payload))
        return True


class _Tail:
    """The end of what a process writes for people."""

    def __init__(self) -> None:
        self._bytes = b""

    async def read(self, stream: asyncio.StreamReader) -> None:
        while chunk := await stream.read(_TAIL_BYTES):
            self._bytes = (self._bytes + chunk)[-_TAIL_BYTES:]

    @property
    def last_line(self) -> str:
        lines = [line.strip() for line in self._bytes.decode("utf-8", "replace").splitlines()]
        return next((line for line in reversed(lines) if line), "")


def _push(way: Callable[[], None]) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
        way()


async def _not_yet() -> None:
    """A console that says goodbye is about to end; its exit code tells whether that was meant."""
