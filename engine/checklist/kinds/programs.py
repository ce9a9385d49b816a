"""Running a short program: all that it says is read in bounded memory, and nothing of it is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.checklist.answers import OUTPUT_KEPT_BYTES, Output
from engine.errors import GonogoError, printable

SEARCHED_BYTES: Final = 1 << 20
"""So much of an output is searched; what a check looks for stands at the beginning of what it asks for."""
_READ_BYTES: Final = 1 << 16
_GRACE_S: Final = 2.0
"""For what the program left in its pipes, and for the kernel to end it. A daemon that it set free may hold a pipe
open for ever, and a process that waits for a dead disk cannot be ended; neither may hold us."""
_SHOWN: Final = 200


class ProgramError(GonogoError):
    """Raised when a program cannot be started."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that ended."""

    argv: tuple[str, ...]
    code: int
    """Its exit code; minus the signal that ended it."""
    output: Output
    searched: bytes
    """The first :data:`SEARCHED_BYTES` of its output."""
    complaints: bytes = b""
    """The same of its stderr, where that was read apart."""

    @property
    def text(self) -> str:
        """What is searched, as text."""
        return self.searched.decode("utf-8", "replace")

    @property
    def last_words(self) -> str:
        """The last line of what it said, as it can be shown: its complaints first."""
        return printable(last_line((self.complaints.strip() or self.searched).decode("utf-8", "replace"))[:_SHOWN])


def last_line(text: str) -> str:
    """Return the last line that is not blank, or ""."""
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else ""


async def run_program(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], apart: bool = False) -> Finished:
    """Run a program without a shell and without a terminal; its process group is killed when it ends or we leave.

    ``apart`` keeps stderr out of the output.

    Raises:
        ProgramError: when it cannot be started.
    """
    async with contextlib.AsyncExitStack() as pipes:
        said = _Said()
        out = await pipes.enter_async_context(_pipe(said))
        complained = _Said()
        err = await pipes.enter_async_context(_pipe(complained)) if apart else out
        program = await _start(argv, cwd, env, (out, err))
        try:
            for end in {out, err}:
                os.close(end)
            code = await program.wait()
        finally:
            await _end(program)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_S):
                await said.all.wait()
                await (complained if apart else said).all.wait()
    return Finished(tuple(argv), code, said.output(), bytes(said.kept), bytes(complained.kept))


class _Said(asyncio.Protocol):
    """Reads a pipe as fast as it fills, and keeps what is evidence and what is searched.

    Pipes of our own and not asyncio's: for those, waiting for a program waits until the last process that inherited
    them is gone.
    """

    def __init__(self) -> None:
        self.kept = bytearray()
        self.all = asyncio.Event()
        self._whole = hashlib.sha256()
        self._size_bytes = 0

    def data_received(self, data: bytes) -> None:
        self._whole.update(data)
        self._size_bytes += len(data)
        self.kept += data[: SEARCHED_BYTES - len(self.kept)]

    def connection_lost(self, exc: Exception | None) -> None:
        self.all.set()

    def output(self) -> Output:
        return Output(bytes(self.kept[:OUTPUT_KEPT_BYTES]), self._size_bytes, self._whole.hexdigest())


@contextlib.asynccontextmanager
async def _pipe(said: _Said) -> AsyncIterator[int]:
    """Give the end to write to, whose taker closes it."""
    ours, theirs = os.pipe()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: said, os.fdopen(ours, "rb", 0))
    try:
        yield theirs
    finally:
        transport.close()


async def _start(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], ends: tuple[int, int]
) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *argv,
            cwd=cwd,
            env=dict(env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=ends[0],
            stderr=ends[1],
            start_new_session=True,
        )
    except BaseException as error:
        for end in set(ends):
            os.close(end)
        if isinstance(error, OSError | ValueError):
            raise ProgramError(_not_started(argv[0], cwd, error)) from error
        raise


def _not_started(name: str, cwd: Path, error: OSError | ValueError) -> str:
    """Say why; the kernel's "No such file" may mean the program or the folder."""
    if isinstance(error, OSError) and str(error.filename) == str(cwd) != name:
        return f"{printable(name)} cannot be started in {printable(str(cwd))}: {error.strerror}"
    why = error.strerror if isinstance(error, OSError) else str(error)
    return f"{printable(name)} cannot be started: {why}"


async def _end(program: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(program.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_S):
            await program.wait()
