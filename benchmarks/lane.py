"""One candidate in a process of its own, kept warm, that does a round when it is asked to.

A process each, so that a setting in the environment (``GONOGO_NATIVE``), a library's memory or its threads are one
candidate's alone. ``python -m benchmarks.lane MODULE:MAKER ARGUMENT...`` serves one; :class:`Lane` is its other end.
"""

from __future__ import annotations

import importlib
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, Self

import msgspec

from benchmarks.measuring import Cost, Race, turns
from engine.host.threads import worker_environment

ROOT = Path(__file__).parents[1]
_READY, _PREPARE, _RUN = b"ready\n", b"prepare\n", b"run\n"


class Work(msgspec.Struct, frozen=True):
    """What a candidate says of a round."""

    size_bytes: int
    parts: dict[str, float] = {}
    cpu_s: float | None = None
    """Where the candidate counts for itself what belongs to the work; else its whole process is counted."""


class Candidate(Protocol):
    """Something that is measured."""

    def prepare(self) -> None:
        """Make everything ready for one round; this is not measured."""

    def run(self) -> Work:
        """Do one round."""


def serve(candidate: Candidate) -> None:
    """Do rounds until there are no more."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # a library that prints says it on standard error
    answers.write(_READY)
    for order in sys.stdin.buffer:
        if order == _PREPARE:
            candidate.prepare()
            answers.write(_READY)
        else:
            answers.write(msgspec.json.encode(_measured(candidate)) + b"\n")


def _measured(candidate: Candidate) -> Cost:
    wall_s, cpu_s = time.monotonic(), _cpu_s()
    work = candidate.run()
    wall_s, cpu_s = time.monotonic() - wall_s, _cpu_s() - cpu_s
    return Cost(cpu_s if work.cpu_s is None else work.cpu_s, wall_s, work.size_bytes, work.parts)


def _cpu_s() -> float:
    """Return the processor time of all threads and of the children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


class Lane:
    """A candidate's process, as who measures has it."""

    def __init__(self, maker: str, *arguments: object, env: Mapping[str, str] | None = None) -> None:
        self._what = maker
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.lane", maker, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**worker_environment(os.environ), **(env or {})},
            cwd=ROOT,
        )
        self._answer()

    def prepare(self) -> None:
        """Have it make a round ready."""
        self._order(_PREPARE)
        self._answer()

    def start(self) -> None:
        """Let it do a round; :meth:`finish` waits for its end."""
        self._order(_RUN)

    def finish(self) -> Cost:
        """Wait for the end of the round that was started."""
        return msgspec.json.decode(self._answer(), type=Cost)

    def round(self) -> Cost:
        """Have one round done."""
        self.prepare()
        self.start()
        return self.finish()

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _order(self, order: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(order)
        self._process.stdin.flush()

    def _answer(self) -> bytes:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.close()
            raise SystemExit(f"the candidate {self._what} has failed; why stands above")
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def race(lanes: Mapping[str, Lane], rounds: int, told: Callable[[str], None] = lambda _: None) -> Race:
    """Let all candidates do their rounds in turns, after one that does not count."""
    for lane in lanes.values():
        lane.round()
    result = Race()
    for at, order in enumerate(turns(tuple(lanes), rounds), start=1):
        told(f"round {at} of {rounds}")
        for name in order:
            result.add(name, lanes[name].round())
    return result


def main() -> None:
    """Serve the candidate that the arguments name."""
    module, _, maker = sys.argv[1].partition(":")
    make: Callable[..., Candidate] = getattr(importlib.import_module(module), maker)
    serve(make(*sys.argv[2:]))


if __name__ == "__main__":
    main()
