"""Several consoles on one run: each knows who has control, and none gives orders behind another's back."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from app.console.app import Console
from app.console.conversion.screen import RunScreen
from app.console.watch import Watch
from app.console.window.watch import WindowWatch
from engine.crew.crew import Snapshot
from engine.jobs.window.snapshot import between_steps
from engine.run.client import ControlClient
from engine.run.control import ControlServer, Request
from engine.run.folder import RunFolder
from tests.app.console.conversion.test_run_screen import until as until_so
from tests.app.program import until
from tests.engine.run.controls import Told

BERT = "bert@gpu-3 pts/1"


@pytest.fixture(autouse=True)
def user_folders(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of the test's own, with paths short enough for sockets."""
    home = Path(tempfile.mkdtemp(prefix="gg-", dir="/tmp"))
    for variable in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
        (home / variable).mkdir(mode=0o700)
        monkeypatch.setenv(variable, str(home / variable))
    yield home
    shutil.rmtree(home)


def folder_of(state: Path, job: str) -> RunFolder:
    return RunFolder.create(state, job=job, corpus=None, args={}, config={}, versions={}, host={})


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    made = folder_of(tmp_path, "convert")
    yield made
    made.close()


@pytest.fixture
def told() -> Told:
    told = Told()
    told.snapshot_bytes = msgspec.json.encode(between_steps("x", 1.0, paused=False, stopping=False))
    return told


@pytest.fixture
async def served(folder: RunFolder, told: Told) -> AsyncIterator[ControlServer]:
    async with ControlServer(folder.run_id, told) as server:
        yield server


@pytest.fixture
def window(tmp_path: Path) -> Iterator[RunFolder]:
    made = folder_of(tmp_path, "window")
    yield made
    made.close()


@pytest.mark.usefixtures("served")
async def test_a_console_that_is_alone_has_control_and_one_that_comes_later_is_told_who_has_it(
    folder: RunFolder, told: Told
) -> None:
    ours = Watch(folder)
    await asyncio.to_thread(ours.look)
    assert isinstance(ours.snapshot, Snapshot)
    assert (ours.has_control, ours.controller, len(ours.viewers)) == (True, ours.viewers[0].who, 1)
    with await asyncio.to_thread(ControlClient, folder.run_id) as bert:
        await asyncio.to_thread(bert.hello, BERT, "b")
        await asyncio.to_thread(bert.ask, Request("take"))
        await asyncio.to_thread(ours.look)
        assert (ours.has_control, ours.controller) == (False, BERT)
        assert [viewer.who for viewer in ours.viewers if not viewer.you] == [BERT]
        assert f"{BERT} has control since" in await asyncio.to_thread(ours.tell, Request("pause"))
        assert await asyncio.to_thread(ours.take) == ""
        assert ours.has_control
        assert await asyncio.to_thread(ours.tell, Request("pause")) == ""
    ours.close()
    assert told.orders == ["pause"]


@pytest.mark.usefixtures("served")
async def test_a_read_only_console_sees_everything_and_is_refused_everything(folder: RunFolder, told: Told) -> None:
    ours = Watch(folder, read_only=True)
    await asyncio.to_thread(ours.look)
    assert ours.snapshot is not None
    assert (ours.has_control, ours.controller, ours.viewers[0].read_only) == (False, "", True)
    assert "read-only" in await asyncio.to_thread(ours.tell, Request("stop"))
    assert "read-only" in await asyncio.to_thread(ours.take)
    ours.close()
    assert told.orders == []


async def test_a_window_and_its_step_are_watched_as_one_viewer(
    window: RunFolder, folder: RunFolder, told: Told
) -> None:
    timeline, step = WindowWatch(window), Watch(folder)
    async with ControlServer(window.run_id, told), ControlServer(folder.run_id, told):
        await asyncio.to_thread(timeline.look)
        await asyncio.to_thread(step.look)
        assert (timeline.has_control, step.has_control, len(step.viewers)) == (True, True, 1)
        timeline.close()
        await asyncio.to_thread(step.look)
        assert step.has_control
        assert await asyncio.to_thread(step.tell, Request("pause")) == ""
        step.close()
    assert told.orders == ["pause"]


async def test_a_run_that_has_ended_is_left_and_nobody_is_said_to_have_control(folder: RunFolder, told: Told) -> None:
    ours = Watch(folder)
    async with ControlServer(folder.run_id, told) as server:
        await asyncio.to_thread(ours.look)
        assert ours.has_control
        folder.close()
        await asyncio.to_thread(ours.look)
        assert (ours.alive, ours.snapshot, ours.has_control, ours.controller, ours.viewers) == (
            False,
            None,
            False,
            "",
            (),
        )
        await asyncio.to_thread(until, lambda: not server._clients, "the end of the connection")
    assert "does not answer" in await asyncio.to_thread(ours.tell, Request("pause"))


async def test_a_run_whose_screen_was_left_has_one_viewer_less(folder: RunFolder, told: Told) -> None:
    told.snapshot_bytes = msgspec.json.encode(between_steps(folder.run_id, 1.0, paused=False, stopping=False))
    first, left = RunScreen(Watch(folder)), RunScreen(Watch(folder))
    async with ControlServer(folder.run_id, told) as server, Console(first).run_test(size=(80, 24)) as pilot:
        await until_so(pilot, lambda: len(server._clients) == 1)
        await pilot.app.push_screen(left)
        await until_so(pilot, lambda: len(server._clients) == 2)
        await pilot.press("escape")
        await until_so(pilot, lambda: len(server._clients) == 1)
        assert pilot.app.screen is first
        assert first.watch_run.has_control
