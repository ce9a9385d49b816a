from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Static

from app.console.app import Console
from app.console.run_screen import RunScreen
from app.console.shards import ShardTable
from app.console.small import TooSmall
from app.console.watch import Watch
from engine.convert.events import FoundShard, ShardsFound
from engine.crew.answers import State
from engine.run.events import Version
from engine.run.folder import RunFolder
from engine.run.log import EventLog


@pytest.fixture(autouse=True)
def user_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))


def ended_run(state: Path, shards: int) -> RunFolder:
    """A run whose engine is gone, with this many shards in its log."""
    folder = RunFolder.create(state, job="convert", corpus=None, args={}, config={}, versions={}, host={})
    with EventLog(folder.events_path, folder.run_id) as log:
        log.append(Version(gonogo="0", job="convert", corpus=None, python="", host=""))
        found = tuple(FoundShard(f"a/shard_{number:05d}", State.PENDING, 1) for number in range(shards))
        log.append(ShardsFound(shards=found))
    folder.close()
    return RunFolder.open(folder.path)


async def test_thousands_of_shards_are_scrolled_through_and_only_those_in_sight_are_drawn(tmp_path: Path) -> None:
    console = Console(RunScreen(Watch(ended_run(tmp_path, 3_551)), None))
    async with console.run_test(size=(80, 24)) as pilot:
        screen = console.screen
        assert isinstance(screen, RunScreen)
        table = screen.query_one(ShardTable)
        while not table.rows:
            await pilot.pause(0.05)
        assert len(table.rows) == 3_551
        for _ in range(100):
            await pilot.press("end")  # again: the table is not as long as its rows before it was laid out
            drawn = [table.render_line(y).text for y in range(table.size.height)]
            if any("a/shard_03550" in line for line in drawn):
                break
            await pilot.pause(0.05)
        assert any("a/shard_03550" in line for line in drawn)
        assert not any("a/shard_00000" in line for line in drawn)


async def test_in_a_window_that_is_too_small_keys_do_nothing_but_leave(tmp_path: Path) -> None:
    console = Console(RunScreen(Watch(ended_run(tmp_path, 3)), None))
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
        assert screen.query_one(ShardTable).filter == "all"
        await pilot.press("f")
        assert screen.query_one(ShardTable).filter == "in hand"
        await pilot.resize_terminal(59, 24)
        await pilot.pause(0.1)
        await pilot.press("q")
        await pilot.pause(0.1)
    assert console.return_code == 0


async def test_an_ended_run_takes_no_orders(tmp_path: Path) -> None:
    console = Console(RunScreen(Watch(ended_run(tmp_path, 3)), None))
    async with console.run_test(size=(80, 24)) as pilot:
        screen = console.screen
        assert isinstance(screen, RunScreen)
        await pilot.pause(0.3)
        assert not screen.watch_run.alive
        assert screen.check_action("stop", ()) is None
        await pilot.press("s")
        assert console.screen is screen, "nothing is asked"
        await pilot.press("question_mark")
        await pilot.pause(0.1)
        assert console.screen is not screen
