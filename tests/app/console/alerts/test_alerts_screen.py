from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static

from app.alerts import Concern
from app.alerts_reading import AlertSource
from app.console.alerts.screen import AlertsScreen
from app.console.alerts.words import line_of
from app.console.base import ConsoleApp
from app.console.modals import Page
from app.console.training.prompts import NotePrompt
from engine.config import Settings, Watch
from engine.convert.events import ShardQuarantined
from engine.convert.view import Level
from engine.errors import Fault
from engine.run.events import Event, Paused
from engine.run.folder import RunFolder
from engine.run.log import EventLog

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
DEFAULTS = Settings()


class Listening(ConsoleApp):
    """A console that notes where an alert wants to go."""

    def __init__(self, first: AlertsScreen, *, read_only: bool = False) -> None:
        super().__init__(first, read_only=read_only)
        self.went: list[tuple[str, str]] = []

    def on_alerts_screen_opened(self, opened: AlertsScreen.Opened) -> None:
        self.went.append((opened.kind, opened.ref))


@pytest.fixture(autouse=True)
def user_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """The run of an engine that is here: this test."""
    return RunFolder.create(
        tmp_path / "state", job="convert", corpus=tmp_path, args={}, config={}, versions={}, host={}, now=lambda: NOON
    )


def add(folder: RunFolder, *told: Event, seconds: float = 0) -> None:
    with EventLog(folder.events_path, folder.run_id, now=lambda: NOON + timedelta(seconds=seconds)) as log:
        for event in told:
            log.append(event)


def bad(shard: int, problem: str = "checksum [bold]wrong[/bold] \x1b[31m") -> ShardQuarantined:
    return ShardQuarantined(shard=f"a/{shard:05d}", source="a", fault=Fault(problem))


def opened(tmp_path: Path, *, read_only: bool = False, settings: Settings = DEFAULTS) -> tuple[Listening, AlertsScreen]:
    source = AlertSource(tmp_path, tmp_path / "state", settings, "kim", clock=lambda: NOON.timestamp() + 3_600)
    screen = AlertsScreen(source, now=lambda: NOON + timedelta(hours=2))
    return Listening(screen, read_only=read_only), screen


async def until(pilot: Pilot[int], condition: Callable[[], object], what: str) -> None:
    give_up = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up, f"waited for {what}"
        await pilot.pause(0.02)


def drawn(screen: AlertsScreen) -> list[str]:
    return [screen.list.render_line(y).text.rstrip() for y in range(screen.list.size.height)]


def text(app: App[int], name: str) -> str:
    return str(app.screen.query_one(f"#{name}", Static).content)


async def test_alerts_stand_newest_first_with_level_time_and_words_and_hostile_text_is_text(
    tmp_path: Path, folder: RunFolder
) -> None:
    add(folder, *map(bad, range(300)))
    add(folder, Paused(why="disk", detail="9 GB free"), seconds=60)
    app, screen = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.list.count == 2, "both")
        lines = drawn(screen)
        assert lines[1] == "▲ YELLOW  11-22 12:01:00  paused by the guard (disk): 9 GB free"
        assert lines[2].startswith(r"■ RED     11-22 12:00:00  300 shards quarantined: checksum [bold]wrong[/bold]")
        assert "■ RED 2 alerts that nobody has seen" in text(app, "status")
        assert "→ make room on this volume" in text(app, "below")
        assert "$ df -h" in text(app, "below")


async def test_an_alert_is_acknowledged_by_name_with_a_note_kept_and_risen_again_by_more(
    tmp_path: Path, folder: RunFolder
) -> None:
    add(folder, bad(1), Paused(why="disk", detail="x"))
    app, screen = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.list.count == 2, "both")
        while screen.list.chosen is None or "quarantined" not in screen.list.chosen.what:
            await pilot.press("j")
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, NotePrompt), "the question")
        assert any("1 shard quarantined: checksum" in str(one.content) for one in app.screen.query(Static))
        await pilot.press(*"known", "enter")
        await until(pilot, lambda: "1 alert that nobody has seen, 1 seen" in text(app, "status"), "it is seen")
        assert drawn(screen)[2].startswith("✓ red     11-22 12:00:00  (kim: known) 1 shard quarantined")
        kept = json.loads((tmp_path / "state" / "acknowledged.jsonl").read_text())
        assert (kept["by"], kept["note"], kept["path"]) == ("kim", "known", "STATE")
        add(folder, bad(2), seconds=90)
        await until(pilot, lambda: "2 alerts that nobody has seen" in text(app, "status"), "it rose again")


async def test_a_training_log_that_cannot_be_watched_is_acknowledged_like_any_alert(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(b"\0\1\2 no log at all\n" * 1_000)
    app, screen = opened(tmp_path, settings=Settings(watch=Watch(logs=("train.jsonl",))))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.list.count == 1, "the alert")
        assert "a log cannot be watched" in drawn(screen)[1]
        assert drawn(screen)[1].startswith("? UNKNOWN no time         a log cannot be"), "why it stands where it does"
        assert drawn(screen)[1].endswith("…"), "cut, and says so"
        assert ", no time is told" in text(app, "below")
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, NotePrompt), "the question")
        await pilot.press("enter")
        await until(pilot, lambda: screen.waiting == 0, "it is seen")
        assert drawn(screen)[1].startswith("✓ unknown")
        screen.let_go()
        screen.let_go()


async def test_escape_acknowledges_nothing(tmp_path: Path, folder: RunFolder) -> None:
    add(folder, bad(1))
    app, screen = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.list.count == 1, "the alert")
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, NotePrompt), "the question")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen, "back")
        assert not (tmp_path / "state" / "acknowledged.jsonl").exists()


async def test_a_console_that_may_only_look_acknowledges_nothing(tmp_path: Path, folder: RunFolder) -> None:
    add(folder, bad(1))
    app, screen = opened(tmp_path, read_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.list.count == 1, "the alert")
        await pilot.press("a")
        await pilot.pause()
        assert app.screen is screen
        assert not (tmp_path / "state" / "acknowledged.jsonl").exists()


async def test_an_alert_in_full_names_its_shards_and_the_way_out_and_o_goes_there(
    tmp_path: Path, folder: RunFolder
) -> None:
    add(folder, bad(1), bad(2))
    app, screen = opened(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: screen.list.count == 1, "the alert")
        assert f"run {folder.run_id}" in drawn(screen)[1], "there is room for where"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Page), "the page")
        told = "\n".join(str(one.content) for one in app.screen.query(Static))
        assert "a/00001: checksum [bold]wrong[/bold]" in told
        assert "gonogo convert" in told
        await pilot.press("escape", "o")
        await until(pilot, lambda: app.went == [("run", folder.run_id)], "where it went")


async def test_without_alerts_the_screen_is_calm_and_its_keys_say_why_they_do_nothing(tmp_path: Path) -> None:
    app, screen = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.has_looked, "a look")
        assert "● GREEN nothing wants a person" in text(app, "status")
        assert drawn(screen)[1] == "nothing wants a person"
        assert screen.why_not("acknowledge") == "there is no alert"


async def test_the_cursor_stays_on_its_alert_when_others_come_above_it(tmp_path: Path, folder: RunFolder) -> None:
    add(folder, *(bad(number, f"reason {number}") for number in range(5)))
    app, screen = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.list.count == 5, "five")
        await pilot.press("j", "j")
        chosen = screen.list.chosen
        assert chosen is not None
        add(folder, bad(9, "another reason"), seconds=60)
        await until(pilot, lambda: screen.list.count == 6, "six")
        assert screen.list.chosen is not None
        assert screen.list.chosen.key == chosen.key


def test_a_line_names_level_and_sign_and_who_has_seen_it() -> None:
    one = Concern("k", Level.UNKNOWN, "", "", "run r", "no \x1b[2J log", "x")
    assert "".join(part for part, _ in line_of(one, NOON, 80)) == r"? UNKNOWN no time         no \x1b[2J log"


async def test_the_bell_has_something_to_ring_for_with_each_new_red_and_not_with_an_acknowledgement(
    tmp_path: Path, folder: RunFolder
) -> None:
    add(folder, bad(1))
    app, screen = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.list.count == 1, "one red")
        first = screen.alarm()
        add(folder, bad(2))
        await until(pilot, lambda: screen.seen.concerns[0].count == 2, "more of the same")
        assert screen.alarm() == first != ""
        add(folder, bad(3, "another reason"), seconds=60)
        await until(pilot, lambda: screen.list.count == 2, "another red")
        second = screen.alarm()
        assert second not in ("", first)
        await pilot.press("a", "enter")
        await until(pilot, lambda: screen.waiting == 1, "one is seen")
        assert screen.alarm() == second
        await pilot.press("g", "a", "enter")
        await until(pilot, lambda: screen.waiting == 0, "both are seen")
        assert screen.alarm() == ""


async def test_the_next_console_is_on_the_same_alert(tmp_path: Path, folder: RunFolder) -> None:
    add(folder, *(bad(number, f"reason {number}") for number in range(5)))
    app, screen = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen.list.count == 5, "five")
        await pilot.press("j", "j")
        memory = screen.memory()
    app, again = opened(tmp_path)
    again.remembered = {**memory, "nonsense": "x"}
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: again.list.count == 5, "five")
        assert again.list.chosen is not None
        assert (again.list.at, again.list.chosen.key) == (2, memory["alert"])
