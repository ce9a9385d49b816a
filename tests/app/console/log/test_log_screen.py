from __future__ import annotations

import shlex
import shutil
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from app.console.base import ConsoleApp
from app.console.log.page import EventPage
from app.console.log.screen import LogScreen
from app.console.log.source import EVERYTHING, LogSource, Sight
from app.log_words import event_row
from engine.convert.events import ShardQuarantined, ShardSkipped
from engine.errors import Fault
from engine.run.events import Check, Event, Paused, Warned
from engine.run.log import encode_event
from tests.app.console.terminal import Terminal
from tests.app.program import Gonogo
from tests.app.program import until as until_there

ROOT = Path(__file__).parents[4]
EVIL = ("\x1b]0;owned\x07", "\x1b]52;c;b3duZWQ=\x07", "\x1b[2J\x1b[?1049l\x1b[31m")
"""Sets the title, sets the clipboard, clears the screen and leaves it red."""
PROGRAM = """
import sys
from pathlib import Path
from app.console.base import ConsoleApp
from app.console.log.screen import LogScreen
from app.console.log.source import LogSource
from app.log_words import event_row
ConsoleApp(LogScreen(LogSource("r", Path(sys.argv[1]), event_row, lambda: True))).run()
"""
NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
QUARANTINED = ShardQuarantined(shard="a/evil", source="a", fault=Fault("bad [bold]name[/bold] \x1b[31m"))
RED = Check(id="free-space", ask="room?", state="fail", read="9 GB", wanted="10 GB", way_out="make room")


def skipped(number: int) -> Event:
    return ShardSkipped(shard=f"a/shard_{number:05d}", source="a", note="16 kHz mono already")


def write(path: Path, *events: Event) -> None:
    with path.open("ab") as file:
        for event in events:
            file.write(encode_event(event, moment=NOON, run_id="r"))


def opened(path: Path, *, alive: bool = True) -> tuple[ConsoleApp, LogScreen]:
    screen = LogScreen(LogSource("r", path, event_row, lambda: alive), now=lambda: NOON + timedelta(hours=1))
    return ConsoleApp(screen), screen


async def until(pilot: Pilot[int], condition: Callable[[], object], what: str) -> None:
    give_up = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up, f"waited for {what}"
        await pilot.pause(0.02)


def drawn(screen: LogScreen) -> list[str]:
    return [screen.list.render_line(y).text.rstrip() for y in range(screen.list.size.height)]


def text(screen: LogScreen, name: str) -> str:
    return str(screen.query_one(f"#{name}", Static).content)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


async def test_events_stand_newest_first_in_the_words_of_the_headless_face(path: Path) -> None:
    write(path, skipped(1), QUARANTINED, RED)
    app, screen = opened(path)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: screen.list.count == 3, "three events")
        lines = drawn(screen)
        assert lines[0] == "12:00:00 ■ check free-space: FAIL: 9 GB; wanted 10 GB; make room"
        assert lines[1].startswith(r"12:00:00 ■ QUARANTINED a/evil")
        assert "bad [bold]name[/bold] \\x1b[31m" in lines[1]
        assert lines[2].startswith("12:00:00 · skipped   a/shard_00001")


async def test_what_comes_is_shown_while_the_cursor_is_at_the_top_and_counted_while_it_is_not(path: Path) -> None:
    write(path, *map(skipped, range(100)))
    app, screen = opened(path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.list.count == 100, "all")
        write(path, skipped(100))
        await until(pilot, lambda: "shard_00100" in drawn(screen)[0], "the new one on top")
        assert "● follows" in text(screen, "status")
        await pilot.press("j", "j")
        await until(pilot, lambda: screen.list.at == 2, "the cursor")
        before = drawn(screen)
        write(path, *map(skipped, range(101, 104)))
        await until(pilot, lambda: "▲ 3 newer above" in text(screen, "status"), "three newer")
        assert drawn(screen) == before, "nothing moves under the cursor"
        await pilot.press("g")
        await until(pilot, lambda: "shard_00103" in drawn(screen)[0], "the newest")
        assert "● follows" in text(screen, "status")


async def test_kinds_and_text_choose_events_and_x_shows_all_again(path: Path) -> None:
    write(path, *map(skipped, range(300)), QUARANTINED, Paused(why="operator"), RED, *map(skipped, range(300, 600)))
    app, screen = opened(path)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: screen.list.count == 603, "all")
        await pilot.press("f")
        await until(pilot, lambda: screen.list.count == 2, "trouble")
        await pilot.press("f")
        await until(pilot, lambda: screen.list.count == 2 and "paused" in drawn(screen)[1], "gates and orders")
        await pilot.press("f")
        await until(pilot, lambda: "shards" in text(screen, "chosen") and "skipped" in drawn(screen)[0], "shards")
        await pilot.press("slash")
        await pilot.press(*"00577", "enter")
        await until(pilot, lambda: screen.list.count == 1 and "shard_00577" in drawn(screen)[0], "the one")
        assert screen.list.has_focus
        await pilot.press("x")
        await until(pilot, lambda: screen.list.count == 603, "all again")


async def test_letters_typed_into_the_search_are_no_commands(path: Path) -> None:
    write(path, *map(skipped, range(5)))
    app, screen = opened(path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.list.count == 5, "all")
        await pilot.press("slash", *"fqx1")
        await until(pilot, lambda: "'fqx1'" in text(screen, "chosen"), "the text")
        assert app.screen is screen
        await until(pilot, lambda: "no such event; x shows all again" in drawn(screen)[0], "why it is empty")
        await pilot.press("escape")
        await until(pilot, lambda: screen.list.count == 5, "all again")


async def test_an_event_is_shown_in_full_and_its_long_lines_wrap_or_do_not(path: Path) -> None:
    write(path, Warned(problem="[red]word [/red]" * 2_000), QUARANTINED)
    app, screen = opened(path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.list.count == 2, "both")
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(app.screen, EventPage), "the page")
        shown = app.screen.query_one("#event", Static)
        assert '"problem": "[red]word [/red][red]word' in str(shown.content)
        wrapped_rows = shown.size.height
        await pilot.press("w")
        await until(pilot, lambda: shown.size.height < wrapped_rows, "no wrapping")
        assert shown.size.width > 10_000
        await pilot.press("escape")
        assert app.screen is screen


async def test_a_torn_last_line_is_waited_for_while_its_run_lives_and_told_when_that_is_dead(path: Path) -> None:
    write(path, skipped(1))
    with path.open("ab") as file:
        file.write(b'{"type":"warned"')
    alive, screen = opened(path)
    async with alive.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.list.count == 1, "one")
        assert "cut off" not in text(screen, "status")
    dead, screen = opened(path, alive=False)
    async with dead.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.list.count == 1, "one")
        assert "the last line was cut off (16 bytes)" in text(screen, "status")


async def test_damage_and_a_line_of_a_megabyte_are_told_and_harm_nothing(path: Path) -> None:
    write(path, skipped(1), Warned(problem="y" * 1_000_000))
    with path.open("ab") as file:
        file.write(b"\xff\x1b[2J\x1b]52;c;b3duZWQ=\x07\n")
    app, screen = opened(path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.list.count == 3, "three")
        assert drawn(screen)[0].endswith(r"? no event: \xff\x1b[2J\x1b]52;c;b3duZWQ=\x07")
        assert "? a line of 1.00 MB" in drawn(screen)[1]
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(app.screen, EventPage), "the page")
        assert "tail -c +" in str(app.screen.query_one("#event", Static).content)


async def test_a_log_that_is_not_there_says_so_and_is_shown_once_it_is(path: Path) -> None:
    app, screen = opened(path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.has_looked and "there is no log" in drawn(screen)[0], "no log")
        await pilot.press("enter")
        assert app.screen is screen
        write(path, skipped(1))
        await until(pilot, lambda: screen.list.count == 1, "the log")


@pytest.mark.slow
async def test_a_million_events_open_at_once_and_their_beginning_is_one_key_away(path: Path) -> None:
    events = b"".join(encode_event(skipped(number), moment=NOON, run_id="r") for number in range(1_000))
    with path.open("wb") as file:
        for _ in range(1_000):
            file.write(events)
    write(path, RED)
    source = LogSource("r", path, event_row)
    began = time.process_time()
    seen, _ = source.look(Sight(EVERYTHING, rows=36))
    opened_s = time.process_time() - began
    assert opened_s < 0.5
    assert seen.rows[0].text.startswith("check free-space")
    app, screen = opened(path)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: screen.list.count == 1_000_001, "all counted")
        await pilot.press("G")
        await until(pilot, lambda: "shard_00000" in drawn(screen)[-1], "the first event")
        assert len(screen.seen.rows) < 300


async def test_a_log_that_another_took_the_place_of_is_shown_anew(path: Path) -> None:
    write(path, *map(skipped, range(50)))
    app, screen = opened(path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.list.count == 50, "all")
        await pilot.press(*"jjj")
        other = path.with_name("other")
        write(other, skipped(777))
        other.rename(path)
        await until(pilot, lambda: screen.list.count == 1 and "shard_00777" in drawn(screen)[0], "the other log")
        assert len([line for line in drawn(screen) if line.strip()]) == 1


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tmux") is None, reason="a real terminal needs tmux")
def test_what_a_log_holds_never_reaches_the_terminal_as_a_command(path: Path, gonogo: Gonogo) -> None:
    write(path, skipped(1), *(Warned(problem=f"{evil} harmless") for evil in EVIL))
    with path.open("ab") as file:
        file.write(b"".join(evil.encode() + b" raw\n" for evil in EVIL))
    terminal = Terminal({**gonogo.env, "TERM": "xterm-256color"}, gonogo.home, 120, 36)
    try:
        terminal.types(shlex.join(["cd", str(ROOT)]))
        before = terminal._tmux("display", "-p", "#{pane_title}")
        terminal.types(shlex.join([sys.executable, "-c", PROGRAM, str(path)]))
        shown = terminal.waits_for(r"7 events")
        assert shown.count("harmless") == shown.count(" raw") == len(EVIL)
        assert r"\x1b]0;owned\x07 harmless" in shown
        terminal.keys("Enter")
        terminal.waits_for("bytes from byte")
        assert terminal._tmux("display", "-p", "#{pane_title}") == before
        assert terminal._tmux("list-buffers") == ""
        terminal.keys("Enter")
        until_there(lambda: "bytes from byte" not in terminal.screen, "the page to close")
        terminal.keys("q")
        terminal.is_usable()
    finally:
        terminal.close()


async def test_the_next_console_shows_the_events_that_were_chosen(path: Path) -> None:
    write(path, *map(skipped, range(20)), QUARANTINED)
    app, screen = opened(path)
    screen.remembered = {"kind": "shards", "text": "00007"}
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.list.count == 1 and "shard_00007" in drawn(screen)[0], "the one")
        assert screen.list.has_focus
        assert screen.memory() == {"kind": "shards", "text": "00007"}
