from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.program import Gonogo


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
