"""Running gonogo as its users do: a process of its own, its streams, its exit code, signals from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEADLINE_S = 60.0
SIZE = {"COLUMNS", "LINES"}
"""Of the terminal that pytest-xdist was started in; a program that reads them takes no notice of its own."""


@dataclass(frozen=True)
class Ended:
    code: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def summary(self) -> dict[str, Any]:
        return self.lines[-1]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["type"] == kind]

    def shards(self, kind: str) -> list[str]:
        return [line["shard"] for line in self.of_type(kind)]


class Gonogo:
    def __init__(self, home: Path) -> None:
        self.home = home
        self._started: list[subprocess.Popen[str]] = []
        names = {"XDG_STATE_HOME": "state", "XDG_CONFIG_HOME": "config", "XDG_RUNTIME_DIR": "run"}
        for name in names.values():
            (home / name).mkdir(mode=0o700)
        self.env = {
            **{key: value for key, value in os.environ.items() if not key.startswith("GONOGO_") and key not in SIZE},
            **{variable: str(home / name) for variable, name in names.items()},
        }

    def start(self, *args: str | Path, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "app", *map(str, args)],
            env={**self.env, **(env or {})},
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def __call__(self, *args: str | Path, env: dict[str, str] | None = None) -> Ended:
        return self.finish(self.start(*args, env=env))

    def finish(self, process: subprocess.Popen[str]) -> Ended:
        stdout, stderr = process.communicate(timeout=DEADLINE_S)
        return Ended(process.returncode, stdout, stderr)

    def convert(self, corpus: Path, *args: str | Path, env: dict[str, str] | None = None) -> Ended:
        return self("--no-ui", "--json", "convert", corpus, *args, env=env)

    def start_convert(
        self, corpus: Path, *args: str | Path, env: dict[str, str] | None = None
    ) -> subprocess.Popen[str]:
        return self.start("--no-ui", "--json", "convert", corpus, *args, env=env)

    def end(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            if process.stdout is not None and process.stderr is not None:
                process.communicate()


def events_of(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """Read a running engine's events as they come."""
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def until_event(process: subprocess.Popen[str], kind: str, count: int = 1) -> list[dict[str, Any]]:
    """Read events until ``count`` of a type have come; return all that were read."""
    read = []
    for event in events_of(process):
        read.append(event)
        count -= event["type"] == kind
        if not count:
            return read
    raise AssertionError(f"the run ended before {kind}: {read[-3:]}")


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited {DEADLINE_S:.0f} s for {what}"
        time.sleep(0.02)
