from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def user_folders(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of the test's own, with paths short enough for sockets."""
    home = Path(tempfile.mkdtemp(prefix="gg-", dir="/tmp"))
    for variable, name in (("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config"), ("XDG_RUNTIME_DIR", "run")):
        (home / name).mkdir(mode=0o700)
        monkeypatch.setenv(variable, str(home / name))
    yield home
    shutil.rmtree(home)
