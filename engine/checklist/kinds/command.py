"""``command``: what does a program say, and how does it end?"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import signal
from typing import Annotated, Final

import msgspec

from engine.checklist.answers import OUTPUT_KEPT_BYTES, Answer, Output, State, no_answer
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.errors import printable

_READ_BYTES: Final = 1 << 16
_SEARCHED_BYTES: Final = 1 << 20
"""So much of an output is searched; what a check looks for stands at the beginning of what it asks for."""
_SHOWN: Final = 200


class Command(CheckTable, frozen=True, kw_only=True, tag="command"):
    """Runs a program, without a shell and without a terminal, and reads its exit code and output."""

    argv: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    """The program and its arguments; ``$CORPUS``, ``$STATE`` and variables are put in."""
    cwd: str = "."
    """Where it runs, under the corpus."""
    exit: int = 0
    """The exit code that is wanted."""
    match: str = ""
    """A regular expression to be found in the output; its first group, where there is one, is the value read."""
    min: float | None = None
    """The least that the value read may be."""
    max: float | None = None
    """The most that the value read may be."""

    def __post_init__(self) -> None:
        """Refuse a pattern that is none, and bounds for a value that nothing reads."""
        try:
            groups = re.compile(self.match).groups
        except re.error as error:
            raise ValueError(f"match = {self.match!r} is no regular expression: {error}") from error
        if (self.min is not None or self.max is not None) and groups == 0:
            raise ValueError("min and max want a match with a (group), which reads the value")

    async def look(self, around: Around) -> Answer:
        """Run it; its whole process group is killed where this is cancelled."""
        argv = tuple(around.expand(part) for part in self.argv)
        try:
            program = await asyncio.create_subprocess_exec(
                *argv,
                cwd=around.path(self.cwd),
                env=dict(around.env),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return no_answer(f"{argv[0]} cannot be started: {error.strerror}")
        try:
            output, searched = await _read(program)
            code = await program.wait()
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(program.pid, signal.SIGKILL)
            await program.wait()
        state, read = self._judge(code, searched.decode("utf-8", "replace"))
        return Answer(state, read, argv=argv, exit_code=code, output=output)

    def _judge(self, code: int, text: str) -> tuple[State, str]:
        found = re.search(self.match, text, re.MULTILINE) if self.match else None
        value = found[1] if found is not None and found.re.groups else found[0] if found is not None else None
        said = printable((value if value is not None else _last_line(text))[:_SHOWN])
        if code != self.exit:
            return State.FAIL, f"exit code {code}" + (f": {said}" if said else "")
        if self.match and found is None:
            return State.FAIL, f"nothing that matches {self.match!r}" + (f"; it said {said!r}" if said else "")
        if self.min is None and self.max is None:
            return State.PASS, said or f"exit code {code}"
        try:
            number = float((value or "").replace(",", ""))
        except ValueError:
            return State.ERROR, f"{said!r} is no number"
        inside = (self.min is None or number >= self.min) and (self.max is None or number <= self.max)
        return (State.PASS if inside else State.FAIL), said


async def _read(program: asyncio.subprocess.Process) -> tuple[Output, bytes]:
    """Read all that it says, however much that is, and keep what is evidence and what is searched."""
    assert program.stdout is not None
    whole, size_bytes, kept = hashlib.sha256(), 0, bytearray()
    while chunk := await program.stdout.read(_READ_BYTES):
        whole.update(chunk)
        size_bytes += len(chunk)
        kept += chunk[: _SEARCHED_BYTES - len(kept)]
    return Output(bytes(kept[:OUTPUT_KEPT_BYTES]), size_bytes, whole.hexdigest()), bytes(kept)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else ""
