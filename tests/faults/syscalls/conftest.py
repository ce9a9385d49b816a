from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from engine.convert.tasks import State
from tests.faults.conftest import environment, members
from tests.faults.syscalls.convert_struck import Ended, Order
from tests.recordings import tar_bytes


class Struck:
    """The program that converts one shard at a time, under strace where that is wanted."""

    def __init__(self, clip: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.syscalls.convert_struck", str(clip)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
        )

    def __call__(self, order: Order) -> Ended:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(order) + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the program that converts has ended"
        return msgspec.json.decode(line, type=Ended)

    def close(self) -> None:
        self._process.communicate()


@dataclass(frozen=True)
class Shop:
    """Copies of one small shard, as many as wanted, and what its undisturbed conversion gives."""

    folder: Path
    convert: Struck
    original: bytes
    result: bytes = b""
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def fresh(self) -> Path:
        shard = self.folder / f"shard_{next(self.numbers):05d}"
        shard.mkdir()
        (shard / "audio.tar").write_bytes(self.original)
        return shard


@pytest.fixture(scope="session")
def strace() -> None:
    """Skip where a process may not be traced."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    tried = subprocess.run(["strace", "-qq", "-e", "trace=none", "true"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip("processes may not be traced here")


@pytest.fixture(scope="package")
def struck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Struck]:
    clip = tmp_path_factory.mktemp("warm") / "clip.wav"
    clip.write_bytes(members()[0][1])
    program = Struck(clip)
    yield program
    program.close()


@pytest.fixture
def shop(quick_folder: Path, struck: Struck) -> Shop:
    before = Shop(quick_folder, struck, tar_bytes(members()))
    shard = before.fresh()
    ended = struck(Order(str(shard)))
    assert ended.result is not None
    assert ended.result.state is State.DONE, ended.result
    result = (shard / "audio.tar").read_bytes()
    shutil.rmtree(shard)
    return Shop(quick_folder, struck, before.original, result)
