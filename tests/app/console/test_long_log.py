from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Static

from app import following
from app.console import watch as watching
from app.console.app import Console
from app.console.conversion.screen import RunScreen
from app.console.conversion.table import ShardTable
from app.console.watch import Watch
from engine.convert.events import FoundShard, ShardsFound, ShardSkipped
from engine.crew.answers import State
from engine.run.events import Version
from engine.run.folder import RunFolder
from engine.run.log import EventLog

SHARDS = 30_000


@pytest.fixture
def long_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A run that ended without a summary, and whose log takes many looks to read."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(watching, "_READS_S", 0.0)
    monkeypatch.setattr(following, "_LITTLE_BYTES", 0)
    folder = RunFolder.create(tmp_path, job="convert", corpus=None, args={}, config={}, versions={}, host={})
    with EventLog(folder.events_path, folder.run_id) as log:
        log.append(Version(gonogo="0", job="convert", corpus=None, python="", host=""))
        log.append(ShardsFound(shards=tuple(FoundShard(f"a/{at:06d}", State.PENDING, 1) for at in range(SHARDS))))
        for at in range(SHARDS):
            log.append(ShardSkipped(shard=f"a/{at:06d}", source="a", note="16 kHz mono already " * 4))
    folder.close()
    return RunFolder.open(folder.path)


def test_a_long_log_is_read_in_pieces_and_comes_to_the_same(long_run: RunFolder) -> None:
    watch, shares = Watch(long_run), []
    watch.look()
    while watch.read_share is not None:
        shares.append(watch.read_share)
        watch.look()
    assert len(shares) > 3
    assert shares == sorted(shares)
    assert watch.view.counts == {"skipped": SHARDS}


async def test_while_a_long_log_is_read_the_screen_says_how_far_and_nothing_that_may_be_wrong(
    long_run: RunFolder,
) -> None:
    console = Console(RunScreen(Watch(long_run)))
    told = []
    async with console.run_test(size=(80, 24)) as pilot:
        for _ in range(600):
            status = console.screen.query("#status")
            told.append(str(status.first(Static).content) if status else "")
            if "RED" in told[-1]:
                break
            await pilot.pause(0.02)
        assert any("reading the log of this run" in line for line in told)
        assert "its engine was killed" in told[-1], "only what the whole log says"
        assert console.screen.query_one(ShardTable).count == SHARDS
