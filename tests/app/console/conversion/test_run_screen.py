from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from app.console.app import Console
from app.console.conversion.full import Members, ShardScreen, Told
from app.console.conversion.order import By, Only
from app.console.conversion.plot import Plot
from app.console.conversion.screen import RunScreen
from app.console.conversion.search import Search
from app.console.conversion.shardmap import ShardMap
from app.console.conversion.table import ShardTable
from app.console.conversion.workers import WorkerList
from app.console.modals import Confirm, Page
from app.console.watch import Watch
from engine.convert.events import ShardStarted
from engine.crew.crew import Snapshot
from engine.run.control import Request
from tests.app.console.conversion.runs import Played, ended_run, named
from tests.app.console.conversion.values import NOW, add, busy, done, found, quarantined

NAMES = named(400)
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)], ids=["80x24", "120x36", "200x50"])
BUSY = msgspec.structs.replace(
    NOW,
    workers=tuple(busy(number, NAMES[number], memory_bytes=400_000_000) for number in range(1, 33)),
    workers_wanted=32,
    limit="cpu",
    limit_why="95 % of 16 processors busy",
)


@pytest.fixture(autouse=True)
def user_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))


def played(tmp_path: Path, now: Snapshot | None = BUSY, job: str = "convert") -> Played:
    watch = Played(ended_run(tmp_path / "state", 0, job=job), answers=now)
    add(watch.view, found(*NAMES), *(done(name) for name in NAMES[:100]), quarantined(NAMES[7]), quarantined(NAMES[70]))
    add(watch.view, *(ShardStarted(shard=NAMES[100 + each], worker=each, bytes_in=1) for each in range(1, 33)))
    return watch


async def until(pilot: Pilot[Any], is_so: Callable[[], object]) -> None:
    for _ in range(400):
        await pilot.pause(0.02)
        if is_so():
            return
    raise AssertionError(f"waited in vain; on the screen:\n{shown(pilot)}")


def screen(pilot: Pilot[Any]) -> RunScreen:
    found_screen = pilot.app.screen
    assert isinstance(found_screen, RunScreen)
    return found_screen


def shown(pilot: Pilot[Any]) -> str:
    """All that is on the screen, as text."""
    lines = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line) for line in lines)


def said(pilot: Pilot[Any], name: str) -> str:
    return str(screen(pilot).query_one(f"#{name}", Static).content)


async def opened(pilot: Pilot[Any]) -> tuple[RunScreen, ShardTable, ShardMap]:
    await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen) and screen(pilot).table.count)
    return screen(pilot), screen(pilot).table, screen(pilot).map


@SIZES
async def test_what_matters_is_in_sight_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    async with Console(RunScreen(played(tmp_path), 14_400)).run_test(size=size) as pilot:
        run, table, shard_map = await opened(pilot)
        await until(pilot, lambda: "budget's end" in shown(pilot))
        told = shown(pilot)
        for each in (
            "■ RED 2 shards quarantined or failed",
            "25%  1/4 shards",
            "limit  CPU ██████ 95 % of 16 processors busy",
            "! 2 quarantined",
            "workers: 32 busy of 32",
            "400 MB",
            "shards: all (400)",
        ):
            assert each in told
        assert run.query_one("#pace", Plot).display
        assert table.display
        assert shard_map.display is (size[0] >= 110)
        assert run.query_one("#free", Plot).display is (size[0] >= 110)


async def test_thousands_of_shards_are_scrolled_through_and_only_those_in_sight_are_drawn(tmp_path: Path) -> None:
    folder = ended_run(tmp_path, 3_551)
    async with Console(RunScreen(Watch(folder))).run_test(size=(80, 24)) as pilot:
        _, table, _ = await opened(pilot)
        assert len(table.rows) == 3_551
        await pilot.press("end")
        await until(pilot, lambda: "a/shard_03550" in shown(pilot))
        assert "a/shard_00000" not in shown(pilot)
        assert "a/shard_00000" not in "".join(table.render_line(y).text for y in range(table.size.height))


async def test_filters_and_orders_go_round_and_say_which_they_are(tmp_path: Path) -> None:
    async with Console(RunScreen(played(tmp_path))).run_test(size=(80, 24)) as pilot:
        _, table, _ = await opened(pilot)
        for only, count in (("in hand", 32), ("trouble", 2), ("pending", 268), ("done", 98), ("all", 400)):
            await pilot.press("f")
            assert said(pilot, "caption") == f"shards: {only} ({count})"
            assert table.count == count
        for by in ("state ▲", "size ▼", "time ▼", "newest ▼"):
            await pilot.press("o")
            assert said(pilot, "caption") == f"shards: all (400) by {by}"
        await pilot.press("o", "o")
        await until(pilot, lambda: "state ▲       shard" in shown(pilot))


async def test_a_text_is_looked_for_while_it_is_typed_and_escape_shows_all_again(tmp_path: Path) -> None:
    async with Console(RunScreen(played(tmp_path))).run_test(size=(80, 24)) as pilot:
        _, table, _ = await opened(pilot)
        await pilot.press("slash", *"d_0031")
        await until(pilot, lambda: table.count == 10)
        await pilot.press("enter")
        assert not screen(pilot).query_one(Search).display
        assert table.has_focus
        assert said(pilot, "caption") == "shards: all (10), with 'd_0031'"
        await pilot.press("slash", "escape")
        await until(pilot, lambda: table.count == 400)
        assert isinstance(pilot.app.screen, RunScreen), "Escape was for the line"


async def test_the_next_failure_is_a_key_away_in_the_table_and_on_the_map(tmp_path: Path) -> None:
    async with Console(RunScreen(played(tmp_path))).run_test(size=(80, 24)) as pilot:
        _, table, shard_map = await opened(pilot)
        await pilot.press("n")
        assert table.place == 7
        await pilot.press("n")
        assert table.place == 70
        await until(pilot, lambda: "! quarantined a/shard_00070" in shown(pilot))
        await pilot.press("m")
        assert not table.display
        assert shard_map.has_focus
        assert shard_map.place == 70
        await pilot.press("n")
        assert shard_map.place == 7
        assert "! quarantined a/shard_00007" in said(pilot, "caption")


async def test_the_cursor_stays_on_its_shard_while_rows_move(tmp_path: Path) -> None:
    watch = played(tmp_path)
    async with Console(RunScreen(watch)).run_test(size=(80, 24)) as pilot:
        _, table, _ = await opened(pilot)
        await pilot.press("o", "o", "o", "o", "j", "j")
        assert table.order is not None
        assert table.order.by is By.NEWEST
        place = table.place
        add(watch.view, *(done(NAMES[number]) for number in range(200, 203)))
        await until(pilot, lambda: table.at == 5)
        assert table.place == place
        await pilot.press("g")
        add(watch.view, quarantined(NAMES[300]))
        await until(pilot, lambda: table.place == 300)
        assert table.at == 0, "who looks at the top sees what is new"


async def test_the_map_is_walked_in_four_directions_and_tells_of_the_shard_below_it(tmp_path: Path) -> None:
    async with Console(RunScreen(played(tmp_path))).run_test(size=(80, 24)) as pilot:
        _, _, shard_map = await opened(pilot)
        await pilot.press("m", "l", "right", "l")
        assert shard_map.place == 3
        assert shard_map.cells is not None
        await pilot.press("j")
        assert shard_map.place == 3 + shard_map.cells.width
        await pilot.press("h", "up")
        assert shard_map.place == 2
        assert "✓ done a/shard_00002  3.00 MB -> 1.00 MB" in said(pilot, "caption")
        await pilot.press("k", "left", "left", "left", "left")
        assert shard_map.place == 0
        await pilot.press("G")
        assert shard_map.place == 399
        first = shard_map.render_line(0).text
        assert first.startswith("✓✓✓✓✓✓✓!✓✓")


async def test_a_hundred_thousand_shards_share_cells_and_the_worst_is_seen(tmp_path: Path) -> None:
    watch = Played(ended_run(tmp_path / "state", 0), answers=BUSY)
    names = named(100_000)
    add(watch.view, found(*names), quarantined(names[54_321]))
    async with Console(RunScreen(watch)).run_test(size=(80, 24)) as pilot:
        run, _, shard_map = await opened(pilot)
        await pilot.press("m")
        await until(pilot, lambda: shard_map.count)
        assert shard_map.cells is not None
        assert shard_map.cells.rows <= shard_map.size.height
        await until(pilot, lambda: " a cell (z)" in said(pilot, "caption"))
        await pilot.press("n")
        assert "! quarantined a/shard_54321" in said(pilot, "caption")
        await pilot.press("z")
        assert shard_map.cells.each == 1
        assert "! quarantined a/shard_54321" in said(pilot, "caption"), "on the same shard"
        assert run.map.has_focus


async def test_table_and_map_go_together_where_there_is_room_for_both(tmp_path: Path) -> None:
    async with Console(RunScreen(played(tmp_path))).run_test(size=(120, 36)) as pilot:
        _, table, shard_map = await opened(pilot)
        await pilot.press("j", "j")
        await until(pilot, lambda: shard_map.place == 2)
        await pilot.press("m")
        assert shard_map.has_focus
        assert table.display
        await pilot.press("l")
        await until(pilot, lambda: table.place == 3)
        await pilot.press("m")
        assert table.has_focus


async def test_enter_shows_a_shard_in_full_and_escape_comes_back_to_it(tmp_path: Path) -> None:
    async with Console(RunScreen(played(tmp_path))).run_test(size=(80, 24)) as pilot:
        _, table, _ = await opened(pilot)
        await pilot.press("n", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ShardScreen) and "way out" in shown(pilot))
        assert "restore it from another copy" in shown(pilot)
        assert "■ RED quarantined" in shown(pilot)
        assert not pilot.app.screen.query_one(Members).display, "it has none"
        assert pilot.app.screen.query_one(Told).has_focus
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, RunScreen)
        assert table.place == 7
        await pilot.press("m", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ShardScreen))


async def test_the_other_plot_is_a_key_away_on_a_small_screen(tmp_path: Path) -> None:
    async with Console(RunScreen(played(tmp_path))).run_test(size=(80, 24)) as pilot:
        run, _, _ = await opened(pilot)
        assert "throughput" in shown(pilot)
        await pilot.press("t")
        await until(pilot, lambda: "free 20.0 GB" in shown(pilot))
        assert "throughput" not in shown(pilot)
        await pilot.resize_terminal(120, 36)
        await until(pilot, lambda: "throughput" in shown(pilot) and "free 20.0 GB" in shown(pilot))
        assert run.why_not("plot") == "both plots are in sight"


async def test_orders_reach_the_engine_and_stopping_asks_first_and_names_the_run(tmp_path: Path) -> None:
    watch = played(tmp_path)
    async with Console(RunScreen(watch)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("p", "plus", "minus", "w")
        await until(pilot, lambda: len(watch.asked) == 4)
        assert sorted(watch.asked, key=lambda each: (each.ask, each.count or 0)) == [
            *(Request("pause"), Request("workers", auto=True), Request("workers", count=31)),
            Request("workers", count=33),
        ]
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        assert watch.folder.run_id in shown(pilot)
        await pilot.press("n")
        await pilot.pause()
        assert len(watch.asked) == 4
        await pilot.press("s", "y")
        await until(pilot, lambda: Request("stop") in watch.asked)


async def test_a_pause_is_named_and_the_same_key_takes_it_back(tmp_path: Path) -> None:
    held = msgspec.structs.replace(BUSY, pauses={"operator": "asked for"})
    watch = played(tmp_path, held)
    async with Console(RunScreen(watch)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await until(pilot, lambda: "▲ PAUSED by the operator" in shown(pilot))
        await pilot.press("p")
        await until(pilot, lambda: watch.asked)
        assert watch.asked == [Request("resume")]


async def test_a_console_that_may_only_look_gives_no_order(tmp_path: Path) -> None:
    watch = played(tmp_path)
    async with Console(RunScreen(watch), read_only=True).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("p", "plus", "minus", "w", "s", "y")
        await pilot.pause(0.1)
        assert watch.asked == []
        assert isinstance(pilot.app.screen, RunScreen), "nothing is asked"


async def test_an_ended_run_takes_no_orders_shows_its_end_and_keeps_its_shards(tmp_path: Path) -> None:
    async with Console(RunScreen(Watch(ended_run(tmp_path, 3)))).run_test(size=(80, 24)) as pilot:
        run, table, _ = await opened(pilot)
        await until(pilot, lambda: not run.watch_run.alive)
        assert run.check_action("stop", ()) is None
        await pilot.press("s")
        assert pilot.app.screen is run, "nothing is asked"
        assert table.display
        await pilot.press("f", "f", "f")
        assert said(pilot, "caption") == "shards: pending (3)"
        await pilot.press("r")
        await until(pilot, lambda: isinstance(pilot.app.screen, Page))
        await until(pilot, lambda: "No shard has failed" in shown(pilot))
        assert "its engine was killed" in shown(pilot)


async def test_a_job_on_the_corpus_as_a_whole_shows_what_it_is_at_and_no_shards(tmp_path: Path) -> None:
    staged = msgspec.structs.replace(NOW, stage="writing the manifest", settled=0, to_do=0)
    watch = Played(ended_run(tmp_path / "state", 0, job="manifest"), answers=staged)
    async with Console(RunScreen(watch)).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "at writing the manifest" in shown(pilot))
        run = screen(pilot)
        assert run.has_class("whole")
        assert not run.query_one("#lower").display
        assert run.why_not("filter") == "this run has told of no shard yet"
        await pilot.press("f", "o", "n", "m", "slash")
        assert isinstance(pilot.app.screen, RunScreen)
        assert not run.query_one(Search).display


async def test_what_was_chosen_is_there_again_when_the_console_is_opened_again(tmp_path: Path) -> None:
    watch = played(tmp_path)
    async with Console(RunScreen(watch)).run_test(size=(80, 24)) as pilot:
        run, _, _ = await opened(pilot)
        await pilot.press("f", "f", "o", "j", "m")
        memory = run.memory()
    again = RunScreen(watch)
    async with Console(again).run_test(size=(80, 24)) as pilot:
        _, table, shard_map = await opened(pilot)
        again.recall(memory)
        assert table.order is not None
        assert (table.order.only, table.order.by) == (Only.TROUBLE, By.STATE)
        await until(pilot, lambda: shard_map.has_focus)
        assert shard_map.place == 70
        assert screen(pilot).has_class("mapped")
        again.recall({"only": "no such", "by": "", "shard": "gone"})
        assert table.order.only is Only.TROUBLE, "what does not fit is passed over"


async def test_names_from_archives_are_never_markup_and_move_no_cursor(tmp_path: Path) -> None:
    watch = Played(ended_run(tmp_path / "state", 0), answers=BUSY)
    odd = "a/[red]x[/]\x1b[2J"
    add(watch.view, found(odd), quarantined(odd))
    async with Console(RunScreen(watch)).run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        await until(pilot, lambda: "a/[red]x[/]" in shown(pilot))
        assert "\x1b" not in shown(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ShardScreen) and "reasons" in shown(pilot))
        assert "[red]x[/]" in shown(pilot)


async def test_the_workers_have_a_line_each_and_the_caption_stays_in_sight(tmp_path: Path) -> None:
    async with Console(RunScreen(played(tmp_path))).run_test(size=(80, 24)) as pilot:
        run, _, _ = await opened(pilot)
        crew = run.query_one(WorkerList)
        crew.focus()
        await pilot.press("end")
        await until(pilot, lambda: " 32 convert" in shown(pilot))
        assert "workers: 32 busy of 32" in shown(pilot)
        assert "  1 convert" not in shown(pilot)


async def test_a_shard_that_is_shown_in_full_is_read_again_when_something_becomes_of_it(tmp_path: Path) -> None:
    watch = played(tmp_path)
    async with Console(RunScreen(watch)).run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ShardScreen) and "● GREEN done" in shown(pilot))
        add(watch.view, quarantined(NAMES[0]))
        await until(
            pilot, lambda: "■ RED quarantined" in shown(pilot) and "restore it from another copy" in shown(pilot)
        )
        assert "● GREEN done" not in shown(pilot)
