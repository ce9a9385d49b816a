"""Every screen as it looks, at two sizes, in our own dark theme and in the terminal's own sixteen colours.

``SNAPSHOTS=write python -m pytest tests/app/console/snapshots`` writes them anew; look at each that changed.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import time_machine
from textual.command import CommandList, CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input

from app.console.app import Console
from app.console.frame import Frame
from app.console.home.screen import HomeScreen
from app.console.memory import FILE_NAME
from app.console.show import home_of
from app.home.placing import place_at
from engine.run.control import ControlServer
from tests.app.console.snapshots import scene

KEPT = Path(__file__).parent / "kept"
WRITES = os.environ.get("SNAPSHOTS") == "write"
SIZES = ((80, 24), (120, 36))
THEMES = ("gonogo-dark", "ansi-dark")
PLACE = Path("/tmp/gonogo-evening-0000000000")
"""Where the evening is; each process has one of its own, with a name as long."""
STAYS = 5
ENGINE = scene.Frozen()
Doing = Callable[[Pilot[int]], Awaitable[None]]


def console_of(pilot: Pilot[int]) -> Console:
    assert isinstance(pilot.app, Console)
    return pilot.app


async def looked(pilot: Pilot[int]) -> Frame:
    """Wait until the screen in front has looked."""
    for _ in range(400):
        frame = console_of(pilot).frame
        if frame is not None and frame.has_looked:
            return frame
        await pilot.pause(0.02)
    raise AssertionError(f"nothing was looked at: {pilot.app.screen_stack}")


async def settled(pilot: Pilot[int]) -> str:
    """Let it look until what it shows stays the same; return that."""
    before, same = "", 0
    for _ in range(400):
        (await looked(pilot)).look_again()
        await pilot.pause(0.03)
        now = console_of(pilot).export_screenshot(title="gonogo", simplify=True)
        same = same + 1 if now == before else 0
        if same >= STAYS:
            return now
        before = now
    raise AssertionError("it never stays the same")


async def attended(console: Console, pilot: Pilot[int]) -> None:
    """Wait until the alerts are counted, which happens in its own time."""
    console._attend()
    for _ in range(400):
        if console.waits:
            return
        await pilot.pause(0.02)
    raise AssertionError("no alert was found")


def at(key: str, *more: str) -> Doing:
    """Go to a screen by its key, and press others there."""

    async def do(pilot: Pilot[int]) -> None:
        await looked(pilot)
        await pilot.press(key)
        await looked(pilot)
        ENGINE.moves = key == "2"
        await settled(pilot)
        for each in more:
            if each == "enter":
                await settled(pilot)
            await pilot.press(each)
            await pilot.pause()

    return do


async def home(pilot: Pilot[int]) -> None:
    frame = await looked(pilot)
    assert isinstance(frame, HomeScreen)
    await asyncio.to_thread(frame._home.settle)


async def one_list(pilot: Pilot[int]) -> None:
    await looked(pilot)
    console_of(pilot).open("checklist", "phase2-conversion")
    await pilot.pause(0.2)


async def found_in_palette(pilot: Pilot[int]) -> None:
    await at("2", "colon", *"sto")(pilot)
    palette = pilot.app.screen
    assert isinstance(palette, CommandPalette)
    palette.query_one(Input).cursor_blink = False
    for _ in range(400):
        await pilot.pause(0.02)
        if palette.query_one(CommandList).option_count and not palette._show_busy:
            break
    await pilot.pause(0.5)


async def too_small(pilot: Pilot[int]) -> None:
    await at("2")(pilot)
    await pilot.resize_terminal(50, 12)


SCREENS: dict[str, Doing] = {
    "home": home,
    "run": at("2"),
    "run-map": at("2", "m"),
    "run-trouble": at("2", "f", "f"),
    "shard": at("2", "f", "f", "enter"),
    "reasons": at("2", "r"),
    "stop": at("2", "s"),
    "lists": at("4"),
    "one-list-read-only": one_list,
    "training": at("5"),
    "alerts": at("6"),
    "log": at("7"),
    "help": at("2", "question_mark"),
    "palette": found_in_palette,
    "too-small": too_small,
}


def as_anywhere(picture: str, folder: Path) -> str:
    """Name the folder as every process would, and what is named after what the picture shows after nothing."""
    return re.sub(r"terminal-\d+", "terminal", picture.replace(str(folder), str(PLACE)))


@pytest.fixture(scope="module")
def built() -> Iterator[Path]:
    folder = PLACE.with_name(f"gonogo-evening-{os.getpid():010}")
    folder.mkdir()
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    with time_machine.travel(scene.BEGAN, tick=False) as clock:
        run = scene.build(folder, clock.move_to)
        yield folder
        run.close()
    shutil.rmtree(folder)
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


@pytest.fixture
async def evening(built: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Path]:
    """The corpus by a name that is the same everywhere, its engine answering, the disk as it was."""
    monkeypatch.chdir(built)
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(built / name.lower()))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short := Path("/tmp") / f"gg-{os.getpid()}-{time.monotonic_ns()}"))
    short.mkdir(mode=0o700)
    monkeypatch.setenv("GONOGO_READ_ONLY", "")
    monkeypatch.setattr("app.home.disk.free_bytes", lambda _: 412_000_000_000)
    monkeypatch.setattr("app.home.disk.default_floor", lambda _: 10_000_000_000)
    (built / scene.CORPUS / ".gonogo" / FILE_NAME).unlink(missing_ok=True)  # each console is the first
    ENGINE.step, ENGINE.moves = 0, False
    async with ControlServer(scene.RUN, ENGINE):
        yield scene.CORPUS
    (short / "gonogo").rmdir()
    short.rmdir()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCREENS)
async def test_a_screen_looks_as_it_did(
    evening: Path, monkeypatch: pytest.MonkeyPatch, name: str, size: tuple[int, int], theme: str
) -> None:
    if name.endswith("read-only"):  # there the machine is not asked: its answers are another's elsewhere
        monkeypatch.setenv("GONOGO_READ_ONLY", "1")
    console = home_of(place_at(evening))
    console.theme = theme
    async with console.run_test(size=size) as pilot:
        await attended(console, pilot)
        await SCREENS[name](pilot)
        picture = as_anywhere(await settled(pilot), Path.cwd())
    kept = KEPT / f"{name}-{size[0]}x{size[1]}-{theme}.svg"
    if WRITES:
        KEPT.mkdir(exist_ok=True)
        kept.write_text(picture, "utf-8")
    assert kept.is_file(), "SNAPSHOTS=write makes it; look at it"
    assert kept.read_text("utf-8") == picture, f"{kept.name}: looks otherwise; SNAPSHOTS=write keeps that"
