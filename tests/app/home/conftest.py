from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def user_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder of a corpus that nobody has looked at yet."""
    folder = tmp_path / "corpus"
    (folder / ".gonogo").mkdir(parents=True)
    return folder


@pytest.fixture
def state(corpus: Path) -> Path:
    return corpus / ".gonogo"
