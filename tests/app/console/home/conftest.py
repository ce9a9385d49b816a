from __future__ import annotations

import pytest

from tests.app.program import Gonogo


@pytest.fixture(autouse=True)
def user_folders(gonogo: Gonogo, monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen and the engines that it starts have the test's own folders."""
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, gonogo.env[name])
