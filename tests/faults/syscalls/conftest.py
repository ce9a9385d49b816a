from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest

from engine.crew.answers import State
from tests.faults.conftest import members
from tests.faults.program import Copies, Program
from tests.faults.syscalls.convert_struck import Ended, Order
from tests.recordings import tar_bytes


class Struck:
    """The program that converts one shard at a time, under strace where that is wanted."""

    def __init__(self, clip: Path) -> None:
        self._program = Program("tests.faults.syscalls.convert_struck", clip)
        self.close = self._program.close

    def __call__(self, order: Order) -> Ended:
        return msgspec.json.decode(self._program.ask(order), type=Ended)


@dataclass(frozen=True, kw_only=True)
class Shop(Copies):
    """Copies of one small shard, as many as wanted, and what its undisturbed conversion gives."""

    convert: Struck
    result: bytes = b""


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
    before = Shop(folder=quick_folder, original=tar_bytes(members()), convert=struck)
    shard = before.fresh()
    ended = struck(Order(str(shard)))
    assert ended.result is not None
    assert ended.result.state is State.DONE, ended.result
    result = (shard / "audio.tar").read_bytes()
    shutil.rmtree(shard)
    return replace(before, result=result)
