from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Static

from app.console.app import Console
from app.console.conversion.order import Only
from app.console.conversion.screen import RunScreen
from app.console.small import TooSmall
from app.console.watch import Watch
from tests.app.console.conversion.runs import ended_run


@pytest.fixture(autouse=True)
def user_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))


async def test_in_a_window_that_is_too_small_keys_do_nothing_but_leave(tmp_path: Path) -> None:
    console = Console(RunScreen(Watch(ended_run(tmp_path, 3))))
    async with console.run_test(size=(40, 10)) as pilot:
        await pilot.pause(0.5)
        assert isinstance(console.screen, TooSmall)
        assert "too small: wanted 60x15, is 40x10" in str(console.screen.query_one("#small", Static).content)
        await pilot.press("f", "1", "question_mark", "colon", "escape", "s")
        assert isinstance(console.screen, TooSmall), "keys rest"
        await pilot.resize_terminal(80, 24)
        await pilot.pause(0.1)
        screen = console.screen
        assert isinstance(screen, RunScreen)
        shown = screen.memory
        assert shown()["only"] == Only.ALL
        await pilot.press("f")
        assert shown()["only"] == Only.IN_HAND
        await pilot.resize_terminal(59, 24)
        await pilot.pause(0.1)
        await pilot.press("q")
        await pilot.pause(0.1)
    assert console.return_code == 0
