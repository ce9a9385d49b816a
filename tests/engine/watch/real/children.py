"""A program that logs in a child process, step by step at the test's word, so that a test can look in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self


class Child:
    """Runs a script that reads a line, logs what it says, and answers with a line."""

    def __init__(self, script: str, *arguments: str, folder: Path, env: Mapping[str, str] | None = None) -> None:
        self._errors = (folder / "stderr.txt").open("a")
        self._process = subprocess.Popen(
            [sys.executable, "-c", script, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=folder,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def ask(self, line: str) -> str:
        """Send a line; return the answer, past whatever else the program prints."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        for answer in self._process.stdout:
            if answer.startswith("done "):
                return answer.removeprefix("done ").strip()
        raise AssertionError("the program ended without an answer")

    def finish(self) -> None:
        """Close its input, which is its sign to end, and wait for it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)

    def kill(self) -> None:
        """SIGKILL for the program and all that it started."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=60)
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                stream.close()
