"""The worker's side of the pipe: what a worker program does first, and how it takes tasks and answers.

A worker program imports this before numpy, so that its limits hold from the start::

    messages = become_worker()
    heartbeat = Heartbeat(messages)
    for task in messages.tasks(MyTask):
        messages.send(work_on(task, heartbeat))

It may be killed at any instant. SIGTERM asks it to come to a safe point: :func:`stop_requested` is true from then on.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import resource
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from engine.errors import GonogoError, ReadOnlyError
from engine.run.limits import HEARTBEAT_S, WorkerLimits, WorkerOrders, read_orders
from engine.run.read_only import refuse_changes
from engine.run.wire import LINE_LIMIT_BYTES, encode

T = TypeVar("T")

_PR_SET_PDEATHSIG = 1  # prctl(2)
_READ_BYTES = 1 << 16
EXIT_ORPHANED = 75
"""How a worker leaves whose engine is gone before it could ask to die with it (EX_TEMPFAIL)."""


EXIT_READ_ONLY = 2
"""How a worker leaves that finds the switch of :mod:`engine.run.read_only` thrown: wrong usage."""


class Beat(msgspec.Struct, frozen=True, tag_field="type", tag="beat"):
    """A worker is alive and has nothing else to say."""


class Ready(msgspec.Struct, frozen=True, tag_field="type", tag="ready"):
    """A worker has imported what it needs and waits for its first task."""


class _Stop:
    """The request to stop: a flag, and a pipe that wakes whoever waits for input (PEP 475 restarts the read)."""

    def __init__(self) -> None:
        self.requested = False
        self._wake_write = -1

    def listen(self) -> int:
        """Let SIGTERM request the stop; return the descriptor that becomes readable then."""
        wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        signal.signal(signal.SIGTERM, self._request)
        return wake_read

    def _request(self, *_: object) -> None:
        self.requested = True
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b"x")


_stop = _Stop()


def stop_requested() -> bool:
    """Tell whether this worker was asked to come to a safe point and answer."""
    return _stop.requested


def become_worker(orders: WorkerOrders | None = None) -> Messages:
    """Make this process a worker: it dies with its engine, keeps its limits, and its output is messages alone.

    Args:
        orders: taken from the environment where None is given; a worker started by hand has none, and keeps going
            without a parent to die with.

    Returns:
        The way to the engine. Standard output is standard error from here on, so that a library that prints
        cannot break the protocol; standard input is empty.

    A program that changes nothing has no workers: whoever started this one should have known, and it leaves.
    """
    try:
        refuse_changes("a worker would begin to work")
    except ReadOnlyError as refusal:
        sys.stderr.write(f"{refusal}\n")
        sys.exit(EXIT_READ_ONLY)
    obey(read_orders(dict(os.environ)) if orders is None else orders)
    wake_fd = _stop.listen()
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1)
    return Messages(*_take_streams(), wake_fd)


def obey(orders: WorkerOrders | None) -> None:
    """Die with the parent, keep the limits, leave no core behind, and let a terminal's Ctrl-C be the parent's."""
    if orders is not None:
        die_with_parent(orders.parent_pid)
        _keep_limits(orders.limits)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class Messages:
    """JSON Lines to and from the engine. Sending is safe from any thread; tasks are for one."""

    def __init__(self, read_fd: int, write_fd: int, wake_fd: int) -> None:
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._wake_fd = wake_fd
        self._sending = threading.Lock()

    def send(self, message: msgspec.Struct) -> None:
        """Send one message.

        Raises:
            GonogoError: when it is longer than a line may be; nothing was sent.
        """
        line = encode(message) + b"\n"
        if len(line) > LINE_LIMIT_BYTES:
            raise GonogoError(f"a message of {len(line):,} bytes: wanted at most {LINE_LIMIT_BYTES:,}; send less of it")
        with self._sending:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._write_fd, rest) :]

    def tasks(self, kind: type[T]) -> Iterator[T]:
        """Say that this worker is ready, then yield each task until the engine has no more or a stop is requested."""
        self.send(Ready())
        decoder = msgspec.json.Decoder(kind)
        for line in self._lines():
            yield decoder.decode(line)

    def _lines(self) -> Iterator[bytes]:
        pending = b""
        while True:
            while b"\n" not in pending:
                select.select([self._read_fd, self._wake_fd], [], [])
                if stop_requested():
                    return
                chunk = os.read(self._read_fd, _READ_BYTES)
                if not chunk:
                    return
                pending += chunk
            line, _, pending = pending.partition(b"\n")
            yield line


class Heartbeat:
    """Call it as often as you like between pieces of work: it sends at most one message every two seconds."""

    def __init__(self, messages: Messages, every_s: float = HEARTBEAT_S) -> None:
        self._messages = messages
        self._every_s = every_s
        self._due = time.monotonic()

    def __call__(self, progress: msgspec.Struct | None = None) -> bool:
        """Send ``progress``, or a bare beat, where one is due; return whether it was."""
        now = time.monotonic()
        if now < self._due:
            return False
        self._due = now + self._every_s
        self._messages.send(Beat() if progress is None else progress)
        return True


def die_with_parent(parent_pid: int) -> None:
    """Ask the kernel to kill us when the engine dies, then look whether it died before we asked."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        sys.stderr.write("the engine that started this worker is gone\n")
        sys.exit(EXIT_ORPHANED)


def _keep_limits(limits: WorkerLimits) -> None:
    if limits.memory_bytes is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = limits.memory_bytes if hard == resource.RLIM_INFINITY else min(limits.memory_bytes, hard)
        resource.setrlimit(resource.RLIMIT_AS, (wanted, wanted))
    with contextlib.suppress(OSError):  # a container may hide /proc: the worker then is as likely a victim as others
        Path("/proc/self/oom_score_adj").write_text(str(limits.oom_score_adj), encoding="ascii")
    os.nice(limits.nice)


def _take_streams() -> tuple[int, int]:
    """Keep the pipes for ourselves: descriptor 0 becomes empty and descriptor 1 becomes standard error."""
    sys.stdout.flush()
    read_fd, write_fd = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return read_fd, write_fd
