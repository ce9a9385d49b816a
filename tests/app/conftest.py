from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.program import Gonogo

SLOW_DISK = Path(__file__).with_name("slow_disk.c")


@pytest.fixture
def home() -> Iterator[Path]:
    """A home of the test's own, with paths short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="gg-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def gonogo(home: Path) -> Iterator[Gonogo]:
    """The program, as a user runs it; whatever it left running is ended afterwards."""
    program = Gonogo(home)
    yield program
    program.end()


@pytest.fixture(scope="session")
def slow_disk_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("gcc") is None:
        pytest.skip("no gcc: the slow disk is a preloaded library that the test compiles")
    library = tmp_path_factory.mktemp("slow_disk") / "slow_disk.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, SLOW_DISK], check=True)
    return library


@pytest.fixture
def slow_disk(slow_disk_library: Path, tmp_path: Path) -> dict[str, str]:
    """Variables under which all processes share a disk of 4 MB/s: what is asked during a run outlasts no corpus."""
    turn = tmp_path / "slow_disk.turn"
    return {"LD_PRELOAD": str(slow_disk_library), "SLOW_DISK_TURN": str(turn), "SLOW_DISK_NS_PER_BYTE": "250"}
