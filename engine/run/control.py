"""The engine's side of the control socket: snapshots and orders, as JSON Lines over a Unix socket of mode 0600.

One request a line, one reply a line, any number of clients. A request is ``{"ask":"snapshot"}``, ``pause``,
``resume``, ``{"ask":"workers","count":4}``, ``{"ask":"workers","auto":true}`` or ``{"ask":"stop","now":false}``; a
reply is the snapshot, ``{"ok":true}`` or ``{"error":"…"}``.

A client that watches says ``{"ask":"hello","who":"anna@gpu-3 pts/3"}`` first. From then on it is a viewer: each of its
snapshots says in ``viewing`` who else there is and who has control, and its orders are obeyed where it has control or
nobody has (:mod:`engine.run.viewers`). Whoever says no hello is obeyed as the person at a shell prompt that it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import socket
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Protocol, Self

import msgspec

from engine.errors import GonogoError
from engine.run import places
from engine.run.viewers import Viewers
from engine.run.wire import LINE_LIMIT_BYTES, encode, join_objects

_BACKLOG = 16

ORDERS: Final = frozenset({"pause", "resume", "workers", "stop"})
"""What changes a run."""

_viewers: ContextVar[Viewers | None] = ContextVar("viewers", default=None)
"""The viewers of the run that is under way around this one: those of a window, for the runs of its steps."""
_connections = itertools.count(1)
"""Numbers for the connections of all runs that this process serves."""


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a client asks of a run."""

    ask: Literal["snapshot", "pause", "resume", "workers", "stop", "hello", "take", "viewers"]
    count: int | None = None
    """For ``workers``: how many there shall be."""
    auto: bool = False
    """For ``workers``, in place of a count: the run chooses itself."""
    now: bool = False
    """For ``stop``: kill the workers instead of letting them come to a safe point."""
    who: str = ""
    """For ``hello``: who watches, for the others to read."""
    viewer: str = ""
    """For ``hello``: connections of one name are one viewer, as those of a console that shows several runs."""
    read_only: bool = False
    """For ``hello``: this viewer never gives an order, and the engine sees to it."""


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
    """Serves one run's socket while the ``async with`` block lasts; the socket is gone after it.

    A server within another's block, as that of a window's step, has the same viewers.
    """

    def __init__(self, run_id: str, controls: Controls) -> None:
        self.path = places.socket_path(run_id)
        self._controls = controls
        self._around = _viewers.get()
        self._viewers = self._around or Viewers()
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._ending = False
        self._decoder = msgspec.json.Decoder(Request)

    async def __aenter__(self) -> Self:
        listening = _listen(self.path)
        self._server = await asyncio.start_unix_server(self._attend, sock=listening, limit=LINE_LIMIT_BYTES)
        _viewers.set(self._viewers)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending = True
        _viewers.set(self._around)
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
        connection = next(_connections)
        try:
            while not self._ending and (line := await _read_line(reader)) is not None:
                writer.write(self._answer(line, connection) + b"\n")
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client left, or the run ends: there is nobody to answer and nothing to undo
        finally:
            self._clients.discard(ourselves)
            self._viewers.part(connection)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    def _answer(self, line: bytes, connection: int) -> bytes:
        try:
            return self._reply(self._decoder.decode(line), connection)
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            return encode(Refusal(f"not a request: {fault}"))
        except GonogoError as refusal:
            return encode(Refusal(str(refusal)))

    def _reply(self, request: Request, connection: int) -> bytes:
        match request.ask:
            case "snapshot" if self._viewers.knows(connection):
                return join_objects(self._controls.snapshot(), b'{"viewing":' + self._viewers.told(connection) + b"}")
            case "snapshot":
                return self._controls.snapshot()
            case "hello":
                self._viewers.greet(connection, request.who, request.viewer, read_only=request.read_only)
            case "take":
                self._viewers.take(connection)
            case "viewers":
                pass  # told below, as after a hello
            case _:
                return self._obey(request, connection)
        return self._viewers.told(connection)

    def _obey(self, request: Request, connection: int) -> bytes:
        if request.ask == "workers" and not request.auto and (request.count is None or request.count < 1):
            return encode(Refusal(f"count is {request.count}: wanted a whole number from 1"))
        self._viewers.admit_order(connection)
        match request.ask:
            case "pause":
                self._controls.pause()
            case "resume":
                self._controls.resume()
            case "workers" if request.auto:
                self._controls.choose_workers()
            case "workers":
                assert request.count is not None
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
