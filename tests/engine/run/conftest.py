import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"
DEADLINE_S = 20.0


@pytest.fixture(autouse=True)
def user_folders(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of the test's own, with paths short enough for sockets."""
    home = Path(tempfile.mkdtemp(prefix="gg-", dir="/tmp"))
    for variable, name in (("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config"), ("XDG_RUNTIME_DIR", "run")):
        (home / name).mkdir(mode=0o700)
        monkeypatch.setenv(variable, str(home / name))
    yield home
    shutil.rmtree(home)


def open_descriptors() -> list[str]:
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


@pytest.fixture
def no_descriptors_leak() -> Iterator[None]:
    before = open_descriptors()
    yield
    assert open_descriptors() == before


def program(name: str, *args: str) -> list[str]:
    return [sys.executable, str(PROGRAMS / f"{name}.py"), *args]


def environment() -> dict[str, str]:
    root = Path(__file__).parents[3]
    return {**os.environ, "PYTHONPATH": str(root), "PYTHONWARNINGS": "default"}


async def until(condition: Callable[[], object], what: str = "the condition") -> None:
    """Wait for a condition with a deadline: tests never sleep for a time and hope."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come"
        await asyncio.sleep(0.005)


def until_now(condition: Callable[[], object], what: str = "the condition") -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.005)


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


class Other:
    """A second process that holds something until it is told to end."""

    def __init__(self, *args: str) -> None:
        self.process = subprocess.Popen(
            program("holder", *args), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"held\n"

    def end(self) -> None:
        self.process.communicate()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def other() -> Iterator[Callable[..., Other]]:
    started: list[Other] = []

    def start(*args: str) -> Other:
        started.append(Other(*args))
        return started[-1]

    yield start
    for process in started:
        if process.process.poll() is None:
            process.kill()
