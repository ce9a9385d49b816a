"""The engine's side of the control socket: snapshots and orders, as JSON Lines over a Unix socket of mode 0600.

One request a line, one reply a line, any number of clients. A request is ``{"ask":"snapshot"}``, ``pause``,
``resume``, ``{"ask":"workers","count":4}``, ``{"ask":"workers","auto":true}`` or ``{"ask":"stop","now":false}``; a
reply is the snapshot, ``{"ok":true}`` or ``{"error":"…"}``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self

import msgspec

from engine.errors import GonogoError
from engine.run import places
from engine.run.wire import LINE_LIMIT_BYTES, encode

_BACKLOG = 16


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a client asks of a run."""

    ask: Literal["snapshot", "pause", "resume", "workers", "stop"]
    count: int | None = None
    """For ``workers``: how many there shall be."""
    auto: bool = False
    """For ``workers``, in place of a count: the run chooses itself."""
    now: bool = False
    """For ``stop``: kill the workers instead of letting them come to a safe point."""


class Refusal(msgspec.Struct, frozen=True):
    """The reply to a request that was not understood or cannot be done."""

    error: str


class Controls(Protocol):
    """What a run lets itself be told; a refusal is a :class:`GonogoError`, whose message goes to the client."""

    def snapshot(self) -> bytes:
        """Return the state of this moment, as one encoded JSON object without a line break."""

    def pause(self) -> None:
        """Hand out no more work until :meth:`resume`."""

    def resume(self) -> None:
        """Take the operator's pause back."""

    def set_workers(self, count: int) -> None:
        """Have this many workers from now on."""

    def choose_workers(self) -> None:
        """Choose the number of workers itself from now on."""

    def stop(self, now: bool) -> None:
        """Come to a safe point and end; ``now`` kills."""


class ControlServer:
    """Serves one run's socket while the ``async with`` block lasts; the socket is gone after it."""

    def __init__(self, run_id: str, controls: Controls) -> None:
        self.path = places.socket_path(run_id)
        self._controls = controls
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._ending = False
        self._decoder = msgspec.json.Decoder(Request)

    async def __aenter__(self) -> Self:
        listening = _listen(self.path)
        self._server = await asyncio.start_unix_server(self._attend, sock=listening, limit=LINE_LIMIT_BYTES)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending = True
        if self._server is not None:
            self._server.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        self.path.unlink(missing_ok=True)

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ourselves = asyncio.current_task()
        assert ourselves is not None
        self._clients.add(ourselves)
        try:
            while not self._ending and (line := await _read_line(reader)) is not None:
                writer.write(self._answer(line) + b"\n")
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client left, or the run ends: there is nobody to answer and nothing to undo
        finally:
            self._clients.discard(ourselves)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    def _answer(self, line: bytes) -> bytes:
        try:
            return self._obey(self._decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            return encode(Refusal(f"not a request: {fault}"))
        except GonogoError as refusal:
            return encode(Refusal(str(refusal)))

    def _obey(self, request: Request) -> bytes:
        match request.ask:
            case "snapshot":
                return self._controls.snapshot()
            case "pause":
                self._controls.pause()
            case "resume":
                self._controls.resume()
            case "workers" if request.auto:
                self._controls.choose_workers()
            case "workers":
                if request.count is None or request.count < 1:
                    return encode(Refusal(f"count is {request.count}: wanted a whole number from 1"))
                self._controls.set_workers(request.count)
            case "stop":
                self._controls.stop(request.now)
        return b'{"ok":true}'


async def _read_line(reader: asyncio.StreamReader) -> bytes | None:
    """Return the next request; None at the end, or where a line is longer than a request can be."""
    try:
        return await reader.readuntil(b"\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return None


def _listen(path: Path) -> socket.socket:
    """Bind and listen; a socket that nobody answers on is a leftover and is replaced.

    Raises:
        GonogoError: when somebody answers: run ids are unique, so that is this very run.
    """
    if path.exists():
        if _answers(path):
            raise GonogoError(f"{path}: another process serves this run already")
        path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(os.fspath(path))
        path.chmod(0o600)
        listening.listen(_BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            return False
        return True
