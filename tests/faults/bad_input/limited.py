"""A worker as an engine starts one, with the engine's own limits: what a row takes, and whether it lives through it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from engine.config import Settings
from engine.convert.tasks import Result, Task
from engine.run.limits import WorkerLimits, with_orders
from tests.faults.program import environment

MEMORY_BYTES: Final = Settings().convert.worker_memory_bytes
"""What a worker gets where nobody says otherwise."""


class DiedError(Exception):
    """Raised when a process did not live through its input."""


class Child:
    """A program that answers lines with lines, in a process of its own; it is started again where it died."""

    def __init__(self, module: str, memory_bytes: int = MEMORY_BYTES) -> None:
        self._module = module
        self._limits = WorkerLimits(memory_bytes=memory_bytes, nice=0)
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=with_orders(environment(), self._limits),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate()

    def say(self, data: bytes) -> None:
        """Hand over bytes.

        Raises:
            DiedError: when nobody takes them.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._died() from error

    def line(self) -> bytes:
        """Return the next line of its output.

        Raises:
            DiedError: when there is none any more.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._died()
        return line

    def forget_peak(self) -> None:
        """Begin to count the most memory anew."""
        with suppress(OSError):  # gone by now: whoever asks it next is told
            Path(f"/proc/{self._process.pid}/clear_refs").write_text("5", encoding="ascii")

    def peak_bytes(self) -> int:
        """Return the most memory that it had at once."""
        with suppress(OSError):
            for line in Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii").splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        return 0

    def _died(self) -> DiedError:
        with suppress(BrokenPipeError):
            self._process.communicate()
        code = self._process.returncode
        self._process = self._start()
        return DiedError(f"the process died: {'signal' if code < 0 else 'exit code'} {abs(code)}")


class Worker(Child):
    """The conversion's own worker program."""

    def __init__(self) -> None:
        super().__init__("engine.convert.worker")

    def ask(self, task: Task) -> Result:
        """Hand over a task and return what came of it.

        Raises:
            DiedError: when the worker did.
        """
        self.forget_peak()
        self.say(msgspec.json.encode(task) + b"\n")
        while True:
            line = self.line()
            if json.loads(line)["type"] == "result":
                return msgspec.json.decode(line, type=Result)
