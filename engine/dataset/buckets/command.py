"""A training step that a command takes: each trial is a process of its own, and nothing of it is left behind."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engine.checklist.kinds.programs import Finished, ProgramError, run_program
from engine.checklist.kinds.table_stop import Stop
from engine.dataset.buckets.calibration import CalibrationError, Outcome, Trial
from engine.errors import UsageError, printable
from engine.run.leashed import leashed

TIMEOUT_S: Final = 600.0
"""Loading a model of a billion parameters from a cold network volume takes minutes; a step takes seconds."""
OUT_OF_MEMORY: Final = re.compile(
    "|".join(
        (
            r"out of memory",  # torch.cuda.OutOfMemoryError, CUDA_ERROR_OUT_OF_MEMORY
            r"OutOfMemoryError",
            r"CUFFT_(INTERNAL_ERROR|ALLOC_FAILED)",  # a plan that found no room; OOMptimizer counts it too
            r"CUBLAS_STATUS_ALLOC_FAILED",
            r"\bMemoryError\b",  # Python's own
            r"std::bad_alloc",
            r"can't allocate memory",  # torch's DefaultCPUAllocator
            r"cannot allocate memory",  # ENOMEM
        )
    ),
    re.IGNORECASE,  # JAX writes "Out of memory"
)
"""What programs say that found no memory."""
_PLACE: Final = re.compile(r"\{(batch|seconds|memory_fraction)\}")
_SHOWN: Final = 200


@dataclass(frozen=True)
class CommandStep:
    """Takes steps by running a command, which dies with this process. Not for an event loop's own thread: it waits."""

    argv: Sequence[str]
    """With ``{batch}`` and ``{seconds}`` where the numbers go, and ``{memory_fraction}`` where that is below 1."""
    cwd: Path
    timeout_s: float = TIMEOUT_S
    does_not_fit: frozenset[int] = frozenset()
    """Exit codes by which the command says that the batch does not fit, beside its words; 137 for the kernel's kill."""
    env: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    stop: Stop = field(default_factory=Stop)
    """What ends a step under way."""

    def __post_init__(self) -> None:
        """Refuse a command that cannot know what to try.

        Raises:
            UsageError: when it has no place for one of the numbers.
        """
        places = _PLACE.findall(" ".join(self.argv))
        missing = [f"{{{place}}}" for place in ("batch", "seconds") if place not in places]
        if missing:
            wanted = "wanted such as: python step.py --batch {batch} --seconds {seconds} --fraction {memory_fraction}"
            raise UsageError(
                f"calibration command {shlex.join(self.argv)!r} has no {' and no '.join(missing)}: {wanted}"
            )
        if 0 in self.does_not_fit:
            raise UsageError("exit code 0 for a batch that does not fit: wanted another one; 0 says that it fits")

    def __call__(self, trial: Trial) -> Outcome:
        """Run the command once.

        Raises:
            CalibrationError: when it ends neither well nor for want of memory, takes too long or cannot be started.
            StoppedError: when nobody waits for it any more.
            UsageError: when a share of the memory is to be used and the command has no place for it.
        """
        argv = self._filled(trial)
        if shutil.which(argv[0], path=self.env.get("PATH")) is None and shutil.which(self.cwd / argv[0]) is None:
            raise CalibrationError(f"{printable(argv[0])} cannot be started: no such program; mend [buckets] step")
        try:
            ended = asyncio.run(self._run(argv))
        except asyncio.CancelledError:
            self.stop.check()
            raise
        except TimeoutError as error:
            raise CalibrationError(
                f"{_told(argv)}: no end after {self.timeout_s:g} s; wanted one step; raise the timeout or mend the step"
            ) from error
        except ProgramError as error:
            raise CalibrationError(str(error)) from error
        return self._judged(argv, ended)

    async def _run(self, argv: list[str]) -> Finished:
        loop, taking = asyncio.get_running_loop(), asyncio.current_task()
        assert taking is not None
        self.stop.interrupts(lambda: loop.call_soon_threadsafe(taking.cancel))
        try:
            self.stop.check()
            async with asyncio.timeout(self.timeout_s):
                return await run_program(leashed(argv), cwd=self.cwd, env=self.env)
        finally:
            self.stop.interrupts(lambda: None)

    def _filled(self, trial: Trial) -> list[str]:
        if trial.memory_fraction < 1.0 and "{memory_fraction}" not in " ".join(self.argv):
            raise UsageError(
                f"calibration command {shlex.join(self.argv)!r} has no {{memory_fraction}}: wanted one, for the "
                f"step to keep to {trial.memory_fraction:g} of the memory; or set memory_fraction = 1"
            )
        return [_PLACE.sub(lambda place: str(getattr(trial, place[1])), word) for word in self.argv]

    def _judged(self, argv: list[str], ended: Finished) -> Outcome:
        if ended.code == 0:
            return Outcome(True, ended.last_words)
        code = 128 - ended.code if ended.code < 0 else ended.code  # as a shell counts a signal
        found = OUT_OF_MEMORY.search(ended.text)
        if found or code in self.does_not_fit:
            return Outcome(False, _line_around(ended.text, found) if found else ended.last_words)
        how = f"by {signal.Signals(-ended.code).name}" if ended.code < 0 else f"with code {ended.code}"
        stated = "".join(f", {stated}" for stated in sorted(self.does_not_fit))
        raise CalibrationError(
            f"{_told(argv)}: ended {how} and did not say that memory ran out; wanted exit code 0{stated}, or an "
            f"out-of-memory message; mend the step; it said: {ended.last_words or 'nothing'}"
        )


def _told(argv: Sequence[str]) -> str:
    return f"calibration command {printable(shlex.join(argv))}"


def _line_around(text: str, found: re.Match[str]) -> str:
    line = text[text.rfind("\n", 0, found.start()) + 1 :].partition("\n")[0]
    return printable(line.strip()[:_SHOWN])
