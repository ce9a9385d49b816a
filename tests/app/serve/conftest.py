from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.program import Gonogo
from tests.app.serve.served import Served
from tests.recordings import make_corpus


@pytest.fixture(scope="package")
def user() -> Iterator[Gonogo]:
    """Somebody with a home of their own."""
    home = Path(tempfile.mkdtemp(prefix="gg-", dir="/tmp"))
    program = Gonogo(home)
    yield program
    program.end()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="package")
def run(user: Gonogo) -> str:
    """A run of theirs that has converted three shards."""
    ended = user.convert(make_corpus(user.home / "corpus", shards=3, clips=2, clip_s=0.2))
    assert ended.code == 0
    return str(ended.summary["run"])


@pytest.fixture(scope="package")
def served(user: Gonogo, run: str) -> Iterator[Served]:
    """A server that only shows, for whoever leaves it as it is."""
    server = Served(user, run)
    yield server
    assert server.end().code == 143
