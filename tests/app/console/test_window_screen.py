"""The timeline of a window: played, at the sizes that people have, with 100,000 shards, in a terminal that is real."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from app.console.app import Console
from app.console.conversion.screen import RunScreen
from app.console.conversion.table import ShardTable
from app.console.small import TooSmall
from app.console.window.screen import WindowScreen
from app.console.window.simulated import SimulatedWindow
from app.console.window.steps import StepTable
from engine.jobs.window.events import StepState
from engine.jobs.window.plan import Plan
from engine.jobs.window.reading import read_plan
from engine.jobs.window.sim_corpus import Simulated
from tests.app.console.terminal import Terminal
from tests.app.program import Gonogo
from tests.engine.jobs.window.windows import make, step

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)], ids=["80x24", "120x36", "200x50"])
PLAN = """\
[window]
id = "window-play"
title = "A play"
window = "2h"

[[step]]
name = "inventory"
title = "Inventory of all shards"
job = "inventory"
budget = "15m"

[[step]]
name = "convert"
title = "Conversion of all 48 kHz shards, in place"
job = "convert"
budget = "60m"
hurry = "more workers"

[[step]]
name = "benchmark"
title = "Decode-only benchmark"
job = "benchmark"
budget = "30m"
drop = "nobody knows what a loader can hope for"
"""
FITS = Simulated(shards=400, shard_bytes=1e9, workers=4, worker_bytes_per_s=4e7)
"""42 minutes."""
LATE = Simulated(shards=400, shard_bytes=1e9, workers=3, worker_bytes_per_s=3e7)
"""74 minutes; without the benchmark the window holds, just."""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    path = tmp_path / "window-play.toml"
    path.write_text(PLAN)
    return read_plan(path)


async def until_shown(pilot: Pilot[int], is_there: Callable[[], object]) -> None:
    for _ in range(400):
        if is_there():
            return
        await pilot.pause(0.05)
    raise AssertionError(f"never shown: {lines_of(pilot)}")


def screen_of(pilot: Pilot[int]) -> WindowScreen:
    screen = pilot.app.screen_stack[1]
    assert isinstance(screen, WindowScreen)
    return screen


def lines_of(pilot: Pilot[int]) -> list[str]:
    return screen_of(pilot).query_one(StepTable).lines


def text_of(pilot: Pilot[int], name: str) -> str:
    return str(screen_of(pilot).query_one(f"#{name}", Static).content)


def is_at(source: SimulatedWindow, name: str) -> Callable[[], bool]:
    return lambda: source.snapshot is not None and source.snapshot.step == name


@SIZES
async def test_each_step_has_a_line_with_its_state_times_budget_and_slack(plan: Plan, size: tuple[int, int]) -> None:
    source = SimulatedWindow(plan, FITS, speed=None)
    async with Console(WindowScreen(source)).run_test(size=size) as pilot:
        await until_shown(pilot, lambda: source.ending and "✓" in "".join(lines_of(pilot)[3:]))
        head, inventory, convert, benchmark = lines_of(pilot)
        assert re.split(r"\s{2,}|\s(?=step|ahead)", head.strip())[-4:] == ["actual", "forecast", "budget", "ahead"]
        assert head.startswith("state "), "the unit of the times stands with the clock"
        assert re.match(r"✓ done\s+inventory\s.*0:00-0:15 0:00-0:15 .*100%\s+\+0:00$", inventory)
        assert re.match(r"✓ done\s+convert\s.*0:15-1:15 0:15-0:5\d .*69%\s+\+0:1\d$", convert)
        assert all(len(line) <= size[0] - 2 for line in lines_of(pilot))
        assert ("Decode-only benchmark" in benchmark) == (size[0] > 80), "titles where there is room for them"
        assert text_of(pilot, "status").startswith("● GREEN")
        assert "GO: window: steps: 3 done" in text_of(pilot, "now")
        assert re.match(r"clock 1:\d\d of 2:00 h:min  ended 1:", text_of(pilot, "clock"))


@SIZES
async def test_one_that_breaks_says_so_in_red_and_what_could_be_done(plan: Plan, size: tuple[int, int]) -> None:
    source = SimulatedWindow(plan, LATE, speed=2000)
    async with Console(WindowScreen(source)).run_test(size=size) as pilot:
        await until_shown(pilot, lambda: "drop benchmark" in text_of(pilot, "advice"))
        await pilot.press("p")
        assert text_of(pilot, "status").startswith(("■ RED", "▲ YELLOW"))
        assert "what could be done" in text_of(pilot, "advice")
        (slack,) = re.findall(r"slack -?(\S+ \w+)(?:, planned 15:00 min)?$", text_of(pilot, "clock"))
        assert slack in text_of(pilot, "status"), "the same length of time, written the same"


async def test_a_pause_holds_the_clock_and_the_same_key_lets_it_go_on(plan: Plan) -> None:
    source = SimulatedWindow(plan, FITS, speed=300)
    async with Console(WindowScreen(source)).run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, is_at(source, "inventory"))
        await pilot.press("p")
        await until_shown(pilot, lambda: "PAUSED (operator)" in text_of(pilot, "now"))
        held = source.table
        assert text_of(pilot, "status").startswith("▲ YELLOW paused")
        source.look()
        assert held is not None
        assert source.table is not None
        assert source.table.now == held.now
        await pilot.press("p")
        await until_shown(pilot, lambda: source.table is not None and source.table.now > held.now)


async def test_a_step_is_opened_as_a_run_of_its_own_and_escape_comes_back(plan: Plan) -> None:
    """With 100,000 shards, while it is played as fast as it goes."""
    huge = Simulated(shards=100_000, workers=64)
    source = SimulatedWindow(plan, huge, speed=None)
    async with Console(WindowScreen(source)).run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, is_at(source, "convert"))
        await pilot.press("p", "enter")
        await until_shown(pilot, lambda: isinstance(pilot.app.screen, RunScreen) and pilot.app.screen.query(ShardTable))
        shards = pilot.app.screen.query_one(ShardTable)
        await until_shown(pilot, lambda: len(shards.rows) == 100_000)
        assert pilot.app.screen.query("#title").first(Static).content.__str__().startswith("gonogo convert")
        await pilot.press("escape")
        await until_shown(pilot, lambda: isinstance(pilot.app.screen, WindowScreen))
        assert lines_of(pilot)[2].startswith("▸ under way convert")


async def test_the_cursor_goes_with_the_step_under_way_until_it_is_moved(plan: Plan) -> None:
    source = SimulatedWindow(plan, FITS, speed=600)
    async with Console(WindowScreen(source)).run_test(size=(80, 24)) as pilot:
        steps = screen_of(pilot).query_one(StepTable)
        await until_shown(pilot, is_at(source, "convert"))
        await until_shown(pilot, lambda: steps.step == "convert")
        await pilot.press("G")
        assert steps.step == "benchmark"
        await until_shown(pilot, lambda: text_of(pilot, "step").startswith("benchmark: Decode-only benchmark"))
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, WindowScreen), "there is nothing to open, and it says so"
        await pilot.press("k", "k", "k")
        assert steps.step == "inventory"


async def test_what_stopped_it_is_told_in_full_with_the_way_out(plan: Plan) -> None:
    tight = Simulated(shards=50, workers=4, free_bytes=12e9, keep_backups=9)
    source = SimulatedWindow(plan, tight, speed=None)
    async with Console(WindowScreen(source)).run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, lambda: "the disk had no room" in text_of(pilot, "advice"))
        assert lines_of(pilot)[2].startswith("x FAILED  convert")
        assert source.folded.view.tracks["benchmark"].state is StepState.WAITING
        assert not source.alive
        assert screen_of(pilot).check_action("stop", ()) is None, "there is nothing to be stopped any more"


async def test_in_a_terminal_that_is_too_small_keys_do_nothing_but_leave(plan: Plan) -> None:
    source = SimulatedWindow(plan, FITS, speed=60)
    async with Console(WindowScreen(source)).run_test(size=(40, 10)) as pilot:
        await until_shown(pilot, lambda: isinstance(pilot.app.screen, TooSmall))
        await pilot.press("p")
        await until_shown(pilot, is_at(source, "inventory"))
        assert source.snapshot is not None
        assert not source.snapshot.pauses


@pytest.fixture
def terminal(gonogo: Gonogo, slow_disk: dict[str, str]) -> Iterator[Terminal]:
    opened = Terminal({**gonogo.env, **slow_disk, "TERM": "xterm-256color"}, gonogo.home, 80, 24)
    yield opened
    gonogo("stop", "--now")
    opened.close()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tmux") is None, reason="a real terminal needs tmux")
def test_an_operator_watches_opens_a_step_leaves_comes_back_and_stops(
    gonogo: Gonogo, terminal: Terminal, tmp_path: Path
) -> None:
    corpus = make(tmp_path, step("convert"), step("inventory"), shards=60)
    terminal.gonogo("window", corpus, "--timetable", "small")
    terminal.waits_for(r"▸ under way convert")
    terminal.keys("p")
    terminal.waits_for(r"▲ YELLOW paused: operator")
    shown = terminal.waits_for(r"· waiting +inventory")
    assert "GREEN" not in shown
    assert re.search(r"\x1b\[[0-9;]*m▸ under way", terminal.styled), "the state has a colour as well as a word"

    terminal.keys("Enter")
    terminal.waits_for(r"gonogo convert .*\n.*YELLOW")
    terminal.waits_for(r"Esc Back")
    terminal.keys("Escape")
    terminal.waits_for(r"▸ under way convert")

    terminal.keys("q")
    run = re.search(r"the run goes on: gonogo attach (\S+-window-\S+)", terminal.waits_for(r"gonogo attach \S+"))
    assert run is not None
    terminal.is_usable()
    terminal.gonogo("attach")
    terminal.waits_for(r"▸ under way convert")
    terminal.keys("s")
    terminal.waits_for(rf"Stop {run[1]}\?")
    terminal.keys("y")
    terminal.waits_for(r"= stopped +convert")
    terminal.waits_for(r"STOPPED \(run it again and it goes on\): window")
    terminal.keys("q")
    terminal.waits_for(r"= stopped +convert +0:00-1:00")
    terminal.is_usable()
    (row,) = gonogo("--json", "status").of_type("run")
    assert (row["job"], row["level"]) == ("window", "yellow")
