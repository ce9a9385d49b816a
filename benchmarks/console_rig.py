"""What a console is measured in: a home of its own, a simulated engine, and a real tmux on a private socket."""

from __future__ import annotations

import contextlib
import mmap
import os
import re
import secrets
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

COLUMNS: Final = 120
ROWS: Final = 36
COUNTERS: Final = "GONOGO_BENCH_COUNTERS"
"""The variable that names the file in which a counted console counts."""
COUNTED: Final = struct.Struct("QQ")
"""Paints, and bytes written to the terminal."""
_LOOKS_EACH_S: Final = 0.004
_GIVES_UP_S: Final = 60.0


@contextlib.contextmanager
def home() -> Iterator[dict[str, str]]:
    """Give an environment in which nothing of the user's is seen, with a terminal of 256 colours."""
    with tempfile.TemporaryDirectory(prefix="gg-", dir="/tmp") as folder:  # a socket's path must be short
        env = {**os.environ, "TERM": "xterm-256color", "HOME": folder, "PYTHONPATH": str(Path.cwd())}
        for variable in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
            env[variable] = f"{folder}/{variable.lower()}"
            Path(env[variable]).mkdir(mode=0o700)
        env.pop("NO_COLOR", None)
        yield env


@contextlib.contextmanager
def engine(env: Mapping[str, str], seconds: float, *options: str) -> Iterator[tuple[str, psutil.Process]]:
    """Play a run; give its id and its process."""
    state = f"{env['XDG_STATE_HOME']}/corpus-{secrets.token_hex(2)}"
    argv = [sys.executable, "-m", "benchmarks.simulated_engine", state, str(seconds), *options]
    with subprocess.Popen(argv, env=dict(env), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        run = process.stdout.readline().strip()
        try:
            yield run, psutil.Process(process.pid)
        finally:
            process.kill()


@dataclass
class Terminal:
    """One tmux server, with a session for each program."""

    env: Mapping[str, str]
    _socket: str = field(default_factory=lambda: f"gonogo-bench-{secrets.token_hex(3)}")

    def _tmux(self, *argv: str) -> str:
        command = ["tmux", "-L", self._socket, "-f", "/dev/null", *argv]
        return subprocess.run(command, env=dict(self.env), check=True, capture_output=True, text=True).stdout

    def start(self, name: str, argv: list[str], columns: int = COLUMNS, rows: int = ROWS) -> None:
        """Start a program in a session of its own."""
        self._tmux("new-session", "-d", "-s", name, "-x", str(columns), "-y", str(rows), *argv)

    def screen(self, name: str) -> str:
        """Return what is to be seen."""
        return self._tmux("capture-pane", "-p", "-t", name)

    def keys(self, name: str, *keys: str) -> None:
        """Press keys."""
        self._tmux("send-keys", "-t", name, *keys)

    def shows(self, name: str, pattern: str) -> float:
        """Wait until something is to be seen; return the moment, of the clock that only goes forward.

        Raises:
            TimeoutError: when it never is.
        """
        until, wanted = time.perf_counter() + _GIVES_UP_S, re.compile(pattern, re.MULTILINE)
        seen = ""
        while time.perf_counter() < until:
            seen = self.screen(name)
            now = time.perf_counter()
            if wanted.search(seen):
                return now
            time.sleep(_LOOKS_EACH_S)
        raise TimeoutError(f"{pattern!r} was never seen; on the screen is\n{seen}")

    def process(self, name: str) -> psutil.Process:
        """Return the program's process; of a guard, that which it guards."""
        process = psutil.Process(int(self._tmux("display", "-p", "-t", name, "#{pane_pid}")))
        while children := process.children():
            process = children[0]
        return process

    def end(self, name: str) -> None:
        """End a session and what runs in it, and wait until it is gone: it takes time from whatever comes next."""
        process = self.process(name)
        self._tmux("kill-session", "-t", name)
        psutil.wait_procs([process], timeout=_GIVES_UP_S)

    def close(self) -> None:
        """End all of it."""
        subprocess.run(["tmux", "-L", self._socket, "kill-server"], check=False, capture_output=True)


@contextlib.contextmanager
def terminal(env: Mapping[str, str]) -> Iterator[Terminal]:
    """Give a terminal, and end it with all that runs in it."""
    made = Terminal(env)
    made.start("keeps-it-open", ["cat"])
    try:
        yield made
    finally:
        made.close()


def cpu_s(process: psutil.Process) -> float:
    """Return the processor time of one process and its threads, to the nanosecond: its ticks are 10 ms each."""
    tasks = Path(f"/proc/{process.pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


class Counters:
    """What a counted console has written so far, as another process reads it."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(COUNTED.size))
        self.path = path
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), COUNTED.size)

    def read(self) -> tuple[int, int]:
        """Return paints and bytes."""
        paints, written = COUNTED.unpack_from(self._shared)
        return int(paints), int(written)
