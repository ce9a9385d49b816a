"""One worker child seen from the engine: lines in, lines out, and the truth about its end.

The child leads a session of its own, so a terminal's Ctrl-C never reaches it and killing it takes its group along.
Any output is a sign of life; a line that is too long, or silence with a task in hand, ends it. Its standard error is
always drained and only its tail is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Literal

import msgspec

from engine.run.limits import WorkerLimits, with_orders
from engine.run.wire import LINE_LIMIT_BYTES

STDERR_TAIL_BYTES = 4096
_UNREAD_LINES = 256
"""So many lines may wait for us before the child's pipe is left to fill."""
_SILENCE_TICKS = 10
"""Silence is counted in ticks that we were awake for: a suspended machine or a stalled engine is one tick, no more."""
_LAST_WORDS_S = 1.0
"""After its exit, what a child wrote is in the pipe already; one held open by a grandchild is not waited for."""

How = Literal["exited", "killed", "silent", "flooded"]


class WorkerEnd(msgspec.Struct, frozen=True):
    """How a worker ended."""

    how: How
    code: int | None = None
    """Its exit code; None where a signal ended it."""
    signal: str = ""
    """The signal that ended it, by name: ``SIGKILL``."""
    stderr: str = ""
    """The last 4 KiB of what it wrote to standard error."""
    reason: str = ""
    """Why we ended it, where we did."""

    @property
    def detail(self) -> str:
        """The end for a report: reason, exit code or signal, and its last words."""
        cause = f"exit code {self.code}" if self.code is not None else self.signal
        words = [part for part in (self.reason, cause) if part]
        return "; ".join(words) + (f"; it said: {self.stderr}" if self.stderr else "")


class WorkerProcess:
    """A running worker child; :meth:`start` makes one, :meth:`finish` or :meth:`kill` with :meth:`wait` ends it."""

    def __init__(self, transport: asyncio.SubprocessTransport, pipes: _Pipes, limits: WorkerLimits) -> None:
        self.pid = transport.get_pid()
        self._transport = transport
        self._pipes = pipes
        self._limits = limits
        self._ended_by_us: tuple[How, str] | None = None

    @classmethod
    async def start(
        cls,
        argv: Sequence[str],
        *,
        limits: WorkerLimits,
        env: dict[str, str],
        on_exit: Callable[[], None] = lambda: None,
    ) -> WorkerProcess:
        """Start ``argv`` with these limits; ``env`` is its whole environment, orders are added.

        ``on_exit`` is called in the event loop once the process is gone, for whoever is not reading its lines.

        Raises:
            OSError: when the program cannot be started at all.
        """
        transport, pipes = await asyncio.get_running_loop().subprocess_exec(
            lambda: _Pipes(on_exit), *argv, env=with_orders(env, limits), start_new_session=True
        )
        return cls(transport, pipes, limits)

    @property
    def exited(self) -> asyncio.Event:
        """Set once the process is gone, whoever ended it."""
        return self._pipes.exited

    def send(self, line: bytes) -> None:
        """Send one line (without its newline); a child that is gone never reads it, and its end will tell."""
        stdin = self._transport.get_pipe_transport(0)
        if isinstance(stdin, asyncio.WriteTransport) and not stdin.is_closing():
            stdin.write(line + b"\n")

    async def next_line(self, patience_s: float | None = None) -> bytes | None:
        """Return the next whole line (without its newline); None when there will be no more: see :meth:`wait`.

        Args:
            patience_s: a child that writes nothing for so long is killed; None waits for ever.
        """
        quiet_ticks = 0
        tick_s = None if patience_s is None else patience_s / _SILENCE_TICKS
        while True:
            line = self._pipes.take_line()
            if line is not None:
                return line
            if self._pipes.flooded:
                self._end("flooded", f"wrote a line of more than {LINE_LIMIT_BYTES // 1024} KiB")
                return None
            if self._pipes.closed:
                return None
            if await self._pipes.news(tick_s):
                continue
            quiet_ticks += 1
            if quiet_ticks >= _SILENCE_TICKS:
                self._end("silent", f"said nothing for {patience_s:g} s")
                return None

    async def lines(self) -> AsyncIterator[bytes]:
        """Yield each line until the child ends or is ended for silence or flood."""
        while (line := await self.next_line(self._limits.silence_s)) is not None:
            yield line

    def terminate(self) -> None:
        """Ask the child, by SIGTERM, to come to a safe point."""
        self._signal(signal.SIGTERM)

    def kill(self, reason: str = "") -> None:
        """Kill the child and its process group now."""
        self._end("killed", reason)

    def close_input(self) -> None:
        """Tell the child that no more tasks come."""
        stdin = self._transport.get_pipe_transport(0)
        if stdin is not None:
            stdin.close()

    async def finish(self) -> WorkerEnd:
        """Close its input and wait for its exit, at most ``leave_s``; then kill it."""
        self.close_input()
        if not await _set_within(self.exited, self._limits.leave_s):
            self.kill(f"did not leave within {self._limits.leave_s:g} s of the end of its input")
        return await self.wait()

    async def wait(self) -> WorkerEnd:
        """Wait until the process is reaped and its pipes are closed; return how it ended."""
        if self._pipes.closed and not self.exited.is_set() and not await _set_within(self.exited, self._limits.leave_s):
            self.kill("closed its output and went on")
        await self.exited.wait()
        await _set_within(self._pipes.all_closed, _LAST_WORDS_S)
        self._transport.close()
        await self._pipes.all_closed.wait()
        return self._describe_end()

    def _describe_end(self) -> WorkerEnd:
        code = self._transport.get_returncode()
        assert code is not None
        how, reason = self._ended_by_us or ("exited" if code >= 0 else "killed", "")
        return WorkerEnd(
            how=how,
            code=code if code >= 0 else None,
            signal="" if code >= 0 else _signal_name(-code),
            stderr=self._pipes.stderr_tail(),
            reason=reason,
        )

    def _end(self, how: How, reason: str) -> None:
        if self.exited.is_set():
            return
        if self._ended_by_us is None:
            self._ended_by_us = (how, reason)
        self._signal(signal.SIGKILL, group=True)

    def _signal(self, which: signal.Signals, *, group: bool = False) -> None:
        # A reaped pid may belong to somebody else: after the exit was seen nothing is sent.
        if self.exited.is_set():
            return
        with contextlib.suppress(ProcessLookupError):
            if group:
                os.killpg(self.pid, which)
            else:
                os.kill(self.pid, which)


class _Pipes(asyncio.SubprocessProtocol):
    """Collects what the child writes: whole lines of its output, the tail of its standard error."""

    def __init__(self, on_exit: Callable[[], None]) -> None:
        self._on_exit = on_exit
        self.flooded = False
        self.closed = False
        self.exited = asyncio.Event()
        self.all_closed = asyncio.Event()
        self._lines: deque[bytes] = deque()
        self._partial = b""
        self._stderr = bytearray()
        self._news = asyncio.Event()
        self._stdout: asyncio.ReadTransport | None = None
        self._held_back = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        stdout = transport.get_pipe_transport(1)
        assert isinstance(stdout, asyncio.ReadTransport)
        self._stdout = stdout

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 2:
            self._stderr += data
            del self._stderr[:-STDERR_TAIL_BYTES]
            return
        if self.flooded:
            return
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            if len(line) >= LINE_LIMIT_BYTES:
                self._flood()
                return
            self._lines.append(line)
        if len(self._partial) >= LINE_LIMIT_BYTES:
            self._flood()
        if len(self._lines) > _UNREAD_LINES and not self._held_back and self._stdout is not None:
            self._held_back = True
            self._stdout.pause_reading()
        self._news.set()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd == 1:
            self.closed = True
            self._news.set()

    def process_exited(self) -> None:
        self.exited.set()
        self._news.set()
        self._on_exit()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self.all_closed.set()
        self._news.set()

    def take_line(self) -> bytes | None:
        if self._held_back and len(self._lines) <= _UNREAD_LINES // 2 and self._stdout is not None:
            self._held_back = False
            self._stdout.resume_reading()
        return self._lines.popleft() if self._lines else None

    async def news(self, timeout_s: float | None) -> bool:
        """Wait until something arrived or ended; false when nothing did in time."""
        if self.exited.is_set():  # the pipe may be held open by a grandchild: last words, then the end
            timeout_s = _LAST_WORDS_S
        self._news.clear()
        came = await _set_within(self._news, timeout_s)
        if not came and self.exited.is_set():
            self.closed = True
            return True
        return came

    def stderr_tail(self) -> str:
        return self._stderr.decode("utf-8", "replace").strip()

    def _flood(self) -> None:
        self.flooded = True
        self._partial = b""
        self._news.set()


async def _set_within(event: asyncio.Event, timeout_s: float | None) -> bool:
    """Wait for an event; false when it did not come in time. What is set when the time is up counts as come."""
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return event.is_set()
    return True


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
