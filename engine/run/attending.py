"""A viewer's lasting connection to a run: it says hello, comes again where it broke off, and ends when told to.

One viewer is one program: a console that shows a window and the run of its step has a connection to each, under one
name, and control of both or of neither.
"""

from __future__ import annotations

import functools
import getpass
import os
import secrets
import socket
import threading
import weakref
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

import msgspec

from engine.errors import GonogoError, NoSuchRunError, ReadOnlyError
from engine.run.client import ControlClient, RefusedError
from engine.run.control import Request
from engine.run.viewers import Viewing

ANSWER_WITHIN_S: Final = 1.0
"""A screen that looks four times a second would rather show that nobody answers than wait for longer."""


class _WithViewing(msgspec.Struct, frozen=True):
    viewing: Viewing | None = None


@functools.cache
def viewer_name() -> str:
    """Return the name under which all connections of this program are one viewer; it is told to nobody."""
    return f"{os.getpid()}-{secrets.token_hex(8)}"


def who_we_are() -> str:
    """Say for other viewers who sits where: ``anna@gpu-3 pts/3``, with the pane in tmux, without a terminal the pid.

    >>> "@" in who_we_are()
    True
    """
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's uid without a name
        user = f"uid {os.getuid()}"
    return f"{user}@{socket.gethostname()} {_seat()}"


def _seat() -> str:
    try:
        tty = PurePath(os.ttyname(0))
    except OSError:
        return f"pid {os.getpid()}"
    seat = str(tty.relative_to("/dev")) if tty.is_relative_to("/dev") else str(tty)
    pane = os.environ.get("TMUX_PANE", "")
    return f"{seat}, tmux {pane}" if pane else seat


@dataclass(slots=True)
class _Held:
    """The connection there is, apart from its owner, so that it is closed when the owner is forgotten."""

    client: ControlClient | None = None

    def drop(self) -> None:
        client, self.client = self.client, None
        if client is not None:
            client.close()


class Attendance:
    """One viewer's connection to one run, for two threads or more: one looks again and again, another gives orders.

    Args:
        run_id: the run.
        read_only: whether this viewer only looks.
        timeout_s: how long an answer may take.
    """

    def __init__(self, run_id: str, *, read_only: bool = False, timeout_s: float = ANSWER_WITHIN_S) -> None:
        self.viewing: Viewing | None = None
        """What the run last told of its viewers; None while it does not answer."""
        self._run_id = run_id
        self._read_only = read_only
        self._timeout_s = timeout_s
        self._held = _Held()
        self._closed = False
        self._one_at_a_time = threading.Lock()
        weakref.finalize(self, self._held.drop)

    def snapshot(self) -> bytes | None:
        """Return the run's snapshot; None while it does not answer: it is starting, or has just ended."""
        try:
            told = self._ask(Request("snapshot"))
        except GonogoError:
            self.viewing = None
            return None
        self.viewing = msgspec.json.decode(told, type=_WithViewing).viewing
        return told

    def tell(self, request: Request) -> None:
        """Give an order.

        Raises:
            RefusedError: when the run refuses; another viewer may have control.
            NoSuchRunError: when it does not answer.
            ReadOnlyError: when this viewer only looks, or this program changes nothing.
        """
        self._may_tell(request)
        self._ask(request)

    def take(self) -> None:
        """Take control, whoever has it; raises as :meth:`tell` does."""
        take = Request("take")
        self._may_tell(take)
        self.viewing = msgspec.json.decode(self._ask(take), type=Viewing)

    def hang_up(self) -> None:
        """Let the connection go; the next request makes another."""
        with self._one_at_a_time:
            self._held.drop()
            self.viewing = None

    def close(self) -> None:
        """Hang up for good, without waiting: control that this viewer had is free, unless it is connected elsewhere."""
        self._closed = True
        self._let_go()

    def _let_go(self) -> None:
        """Drop the connection; where a question is under way, whoever asked it does so after the answer."""
        if self._one_at_a_time.acquire(blocking=False):
            try:
                self._held.drop()
                self.viewing = None
            finally:
                self._one_at_a_time.release()

    def _may_tell(self, request: Request) -> None:
        """Refuse what the engine would refuse too: one that was started before there were viewers does not."""
        if self._read_only:
            raise ReadOnlyError(f"this console is read-only: {request.ask} is for one without --read-only")

    def _ask(self, request: Request) -> bytes:
        try:
            with self._one_at_a_time:
                client = self._held.client or self._connect()
                try:
                    return client.ask(request)
                except NoSuchRunError:
                    self._held.drop()
                    raise
        finally:
            if self._closed:
                self._let_go()

    def _connect(self) -> ControlClient:
        if self._closed:
            raise NoSuchRunError(f"run {self._run_id} is not watched any more")
        client = self._held.client = ControlClient(self._run_id, self._timeout_s)
        try:
            self.viewing = client.hello(who_we_are(), viewer_name(), read_only=self._read_only)
        except RefusedError:
            self.viewing = None  # an engine that was started before there were viewers: watched as it was then
        except GonogoError:
            self._held.drop()
            raise
        return client
