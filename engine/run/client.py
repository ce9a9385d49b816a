"""The watcher's side of the control socket: ask a run for its snapshot, or tell it what to do."""

from __future__ import annotations

import socket
import time
from types import TracebackType
from typing import Self

import msgspec

from engine.errors import GonogoError, NoSuchRunError
from engine.run import places
from engine.run.control import ORDERS, Refusal, Request
from engine.run.read_only import is_read_only, refuse_changes
from engine.run.viewers import Viewing
from engine.run.wire import encode

DEFAULT_TIMEOUT_S = 5.0
_READ_BYTES = 1 << 16
_REPLY_LIMIT_BYTES = 16 * 1024 * 1024
"""A snapshot of some thousand workers is under a megabyte; what is longer is no snapshot."""


class RefusedError(GonogoError):
    """Raised when a run answers that it will not do what was asked."""


class ControlClient:
    """A connection to a living run, for whoever asks again and again.

    Raises:
        NoSuchRunError: when nobody answers for this run.
    """

    def __init__(self, run_id: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        self._run_id = run_id
        self._timeout_s = timeout_s
        self._socket = _connect(run_id, timeout_s)
        self._pending = b""

    def ask(self, request: Request) -> bytes:
        """Send one request; return the reply, one JSON object: a snapshot's bytes or ``{"ok":true}``.

        Raises:
            RefusedError: when the run refuses.
            NoSuchRunError: when it goes away, or does not answer in time.
            ReadOnlyError: when it is an order, and this program changes nothing.
        """
        if request.ask in ORDERS or request.ask == "take":
            refuse_changes(f"{request.ask} would be an order to run {self._run_id}")
        deadline = time.monotonic() + self._timeout_s
        try:
            self._socket.settimeout(self._timeout_s)
            self._socket.sendall(encode(request) + b"\n")
            line = self._read_line(deadline)
        except TimeoutError:
            self.close()
            raise NoSuchRunError(f"run {self._run_id} did not answer within {self._timeout_s:g} s") from None
        except OSError as fault:
            self.close()
            raise NoSuchRunError(f"run {self._run_id} went away ({fault})") from fault
        refusal = _refusal_in(line)
        if refusal:
            raise RefusedError(f"run {self._run_id}: {refusal}")
        return line

    def hello(self, who: str, viewer: str, *, read_only: bool = False) -> Viewing:
        """Become a viewer: each snapshot from here on says who else there is and who has control.

        Args:
            who: for the others to read.
            viewer: the same for every connection of this viewer.
            read_only: never give an order; so it is in any case where this program changes nothing.
        """
        hello = Request("hello", who=who, viewer=viewer, read_only=read_only or is_read_only())
        return msgspec.json.decode(self.ask(hello), type=Viewing)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read_line(self, deadline: float) -> bytes:
        chunks = [self._pending]
        size = len(self._pending)
        while b"\n" not in chunks[-1]:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise TimeoutError
            self._socket.settimeout(left_s)
            chunk = self._socket.recv(_READ_BYTES)
            if not chunk:
                raise ConnectionResetError("it closed the connection")
            chunks.append(chunk)
            size += len(chunk)
            if size > _REPLY_LIMIT_BYTES:
                raise ConnectionAbortedError(f"its reply is longer than {_REPLY_LIMIT_BYTES:,} bytes")
        line, _, self._pending = b"".join(chunks).partition(b"\n")
        return line


def ask(run_id: str, request: Request, timeout_s: float = DEFAULT_TIMEOUT_S) -> bytes:
    """Ask a run one thing; see :meth:`ControlClient.ask`.

    Raises:
        NoSuchRunError: when nobody answers for this run.
        RefusedError: when the run refuses.
        ReadOnlyError: when it is an order, and this program changes nothing.
    """
    with ControlClient(run_id, timeout_s) as client:
        return client.ask(request)


def _connect(run_id: str, timeout_s: float) -> socket.socket:
    for path in places.find_sockets(run_id):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout_s)
        try:
            connection.connect(str(path))
        except OSError:  # a leftover of an engine that was killed, or a socket of another user
            connection.close()
            continue
        return connection
    raise NoSuchRunError(
        f"run {run_id} does not answer: it has ended, or it runs as another user or on another machine"
    )


def _refusal_in(line: bytes) -> str:
    """Return the error in a reply; a snapshot has no field of that name at its top."""
    if not line.startswith(b'{"error":'):
        return ""
    try:
        return msgspec.json.decode(line, type=Refusal).error
    except msgspec.DecodeError:
        return ""
