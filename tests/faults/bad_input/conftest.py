from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.bad_input.table import Line, tried


@pytest.fixture(scope="package")
def memory_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where there is one: thousands of small files are written, and no disk is tried here."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path_factory.mktemp("bad")
        return
    with tempfile.TemporaryDirectory(prefix="gonogo-bad-input-", dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture(scope="package")
def lines(memory_folder: Path) -> tuple[Line, ...]:
    """Every row of the table, tried once."""
    return tuple(tried(memory_folder))
