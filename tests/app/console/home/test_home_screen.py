"""The home screen over real corpora: what is seen, what keys do, what is started and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widgets import Static

from app.console.app import Console
from app.console.home.board import Board
from app.console.home.screen import HomeScreen
from app.console.home.start import JobList, StartJob
from app.console.modals import Confirm, Page
from app.home.look import Home
from app.home.values import HomeSeen, Place
from engine.config import Settings, load_settings
from engine.run.outcome import Outcome
from tests.app.home.made import begin, convert_summary, found, inventory_summary, place, run
from tests.recordings import make_corpus

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)], ids=["80x24", "120x36", "200x50"])


class Opening(Console):
    """A console that keeps what it is asked to open."""

    def __init__(self, where: Place, *, read_only: bool = False) -> None:
        super().__init__(HomeScreen(Home(where)), read_only=read_only)
        self.opened: list[tuple[str, str]] = []

    def on_home_screen_opened(self, message: HomeScreen.Opened) -> None:
        self.opened.append((message.kind, message.ref))

    @property
    def home(self) -> HomeScreen:
        found = next(screen for screen in self.screen_stack if isinstance(screen, HomeScreen))
        assert isinstance(found, HomeScreen)
        return found


async def until(pilot: Pilot[int], condition: Callable[[], object]) -> None:
    for _ in range(1_200):
        if condition():
            return
        await pilot.pause(0.05)
    raise AssertionError("it did not come to be")


async def settled(pilot: Pilot[int], console: Opening) -> HomeSeen:
    await until(pilot, lambda: console.home.seen is not None and console.home.seen.is_settled)
    await pilot.pause(0.3)
    assert console.home.seen is not None
    return console.home.seen


def drawn(console: Opening) -> str:
    """The columns of the home screen, as they are drawn."""
    boards = [each for each in console.home.query(Board) if each.display]
    return "\n".join(board.render_line(y).text for board in boards for y in range(board.size.height))


def page(console: Opening) -> str:
    return "\n".join(str(each.content) for each in console.screen.query(Static))


def small(tmp_path: Path) -> Path:
    return make_corpus(tmp_path / "corpus", shards=3)


@SIZES
async def test_a_new_corpus_says_what_to_do_next(tmp_path: Path, size: tuple[int, int]) -> None:
    console = Opening(place(small(tmp_path)))
    async with console.run_test(size=size) as pilot:
        await settled(pilot, console)
        told = drawn(console)
        assert "no inventory yet: i makes one" in told
        assert "nothing is wrong, and nobody is waited for" in told
        assert "GREEN all is well, nothing runs" in str(console.home.query_one("#status", Static).content)


async def test_from_a_new_corpus_to_a_converted_one_with_keys_alone(tmp_path: Path) -> None:
    corpus = small(tmp_path)
    console = Opening(place(corpus))

    def ended(job: str) -> bool:
        runs = console.home.seen.runs if console.home.seen is not None else ()
        return any(each.job == job and each.outcome is Outcome.OK for each in runs)

    async with console.run_test(size=(120, 36)) as pilot:
        await settled(pilot, console)
        await pilot.press("i")
        await until(pilot, lambda: ended("inventory"))
        await until(pilot, lambda: "· 3 pending" in drawn(console))
        await pilot.press("s")
        await until(pilot, lambda: isinstance(console.screen, StartJob))
        assert console.screen.query_one(JobList).at == 1, "the sweep is next"
        await pilot.press("j", "j", "enter")
        await until(pilot, lambda: isinstance(console.screen, Confirm))
        assert f"Convert {corpus} in place?" in page(console)
        assert "3 of 3 shards are to be converted" in page(console)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(console.screen, HomeScreen))
        assert [kind for kind, _ in console.opened] == ["run"], "nothing was started"
        await pilot.press("s")
        await until(pilot, lambda: isinstance(console.screen, StartJob))
        await pilot.press("j", "j", "enter")
        await until(pilot, lambda: isinstance(console.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: ended("convert"))
        await until(pilot, lambda: "✓ 3 done  · 0 pending" in drawn(console))
    (_, inventory), (_, convert) = console.opened
    assert "-inventory-" in inventory
    assert "-convert-" in convert


async def test_a_gate_that_is_shut_waits_for_a_person_and_leads_there(tmp_path: Path) -> None:
    corpus = small(tmp_path)
    (corpus / "gonogo.toml").write_text('[gates]\n"convert.start" = "phase2-conversion"\n')
    run(corpus / ".gonogo", "inventory", inventory_summary(pending=3))
    run(corpus / ".gonogo", "convert", convert_summary(Outcome.GATE_CLOSED, detail="the gate is closed"))
    console = Opening(place(corpus))
    async with console.run_test(size=(80, 24)) as pilot:
        await settled(pilot, console)
        told = drawn(console)
        assert "▲ YELLOW  convert: did not start: its gate is closed" in told
        assert "NO-GO   phase2-conversion (convert.start)" in told
        assert "x GATE    convert" in told
        await pilot.press("j", "enter")
        await pilot.pause()
    ((kind, ref),) = console.opened
    assert (kind, ref) == ("checklist", "phase2-conversion")


async def test_what_the_engine_says_when_it_does_not_start_is_shown_in_full(tmp_path: Path) -> None:
    corpus = small(tmp_path)
    console = Opening(place(corpus))
    (corpus / "gonogo.toml").write_text("[convert]\nwrokers = 3\n")
    async with console.run_test(size=(80, 24)) as pilot:
        await settled(pilot, console)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(console.screen, Page))
        assert "inventory did not start (exit code 2)" in page(console)
        assert "did you mean convert.workers?" in page(console)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(console.screen, HomeScreen))
    assert console.opened == []


async def test_a_key_that_is_pressed_twice_starts_one_engine(tmp_path: Path) -> None:
    corpus = small(tmp_path)
    console = Opening(place(corpus))
    async with console.run_test(size=(80, 24)) as pilot:
        await settled(pilot, console)
        await pilot.press("i", "i", "i")
        await until(pilot, lambda: console.opened)
    assert len(list((corpus / ".gonogo" / "runs").iterdir())) == 1


async def test_a_console_that_may_only_look_starts_nothing(tmp_path: Path) -> None:
    corpus = small(tmp_path)
    console = Opening(place(corpus), read_only=True)
    async with console.run_test(size=(80, 24)) as pilot:
        await settled(pilot, console)
        for key in ("s", "i"):
            await pilot.press(key)
            await pilot.pause(0.1)
            assert isinstance(console.screen, HomeScreen)
            assert "may only look" in console.home.refuses(key)
    assert console.opened == []
    assert not (corpus / ".gonogo" / "runs").exists()


async def test_the_cursor_stays_on_its_thing_when_something_comes_above_it(tmp_path: Path) -> None:
    corpus = small(tmp_path)
    state = corpus / ".gonogo"
    wanted = run(state, "inventory", inventory_summary(pending=3))
    console = Opening(place(corpus))
    async with console.run_test(size=(80, 24)) as pilot:
        await settled(pilot, console)
        board = console.home.board
        while board.here.key != wanted:
            await pilot.press("j")
        at = board.at
        run(state, "convert", convert_summary(Outcome.SOME_FAILED, quarantined=2, done=1))
        run(state, "sweep", convert_summary(Outcome.ERROR, detail="no"))
        await until(pilot, lambda: "2 quarantined" in drawn(console))
        await pilot.pause(0.5)
        assert board.here.key == wanted
        assert board.at > at
        await pilot.press("enter")
        await pilot.pause()
    assert console.opened == [("run", wanted)]


async def test_the_cursor_is_where_it_was_when_the_console_is_opened_again(tmp_path: Path) -> None:
    corpus = small(tmp_path)
    run(corpus / ".gonogo", "inventory", inventory_summary(pending=3))
    first, second = Opening(place(corpus)), Opening(place(corpus))
    async with first.run_test(size=(120, 36)) as pilot:
        await settled(pilot, first)
        await pilot.press("l", "j")
        wanted, kept = first.home.board.here.key, first.home.memory()
    async with second.run_test(size=(120, 36)) as pilot:
        second.home.recall({"at": "what is no more"})
        await settled(pilot, second)
        assert second.home.board.id == "left"
        second.home.recall(kept)
        await pilot.pause(0.6)
        assert (second.home.board.id, second.home.board.here.key) == ("right", wanted)


async def test_two_columns_are_gone_through_and_one_is_enough_in_a_narrow_window(tmp_path: Path) -> None:
    corpus = small(tmp_path)
    run(corpus / ".gonogo", "inventory", inventory_summary(pending=3))
    console = Opening(place(corpus))
    async with console.run_test(size=(120, 36)) as pilot:
        await settled(pilot, console)
        assert console.home.board.id == "left"
        await pilot.press("l")
        assert console.home.board.id == "right"
        while "shards of" not in "".join(part for part, _ in console.home.board.here.parts):
            await pilot.press("j")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(console.screen, Page))
        assert "48 kHz mono wav pcm_16" in page(console)
        await pilot.press("escape")
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: console.home.board.id == "left")
        assert "one column" in console.home.refuses("l")
        told = drawn(console)
        assert "Corpus" in told
        assert "Runs" in told


async def test_nothing_is_drawn_again_while_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = small(tmp_path)
    run(corpus / ".gonogo", "inventory", inventory_summary(pending=3))
    console = Opening(place(corpus))
    async with console.run_test(size=(80, 24)) as pilot:
        await settled(pilot, console)
        board = console.home.board
        lines = board.lines
        refreshed: list[object] = []

        def refresh(*regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Board:
            del repaint, layout, recompose
            refreshed.append(regions)
            return board

        monkeypatch.setattr(board, "refresh", refresh)
        board.show(tuple(lines))
        assert refreshed == []
        board.show((*lines[:-1], lines[0]))
        assert len(refreshed) == 1


async def test_a_run_that_lives_is_seen_and_holds_the_corpus(tmp_path: Path) -> None:
    corpus = small(tmp_path)
    folder, log = begin(corpus / ".gonogo", "convert", found(pending=3))
    console = Opening(place(corpus))
    async with console.run_test(size=(80, 24)) as pilot:
        await settled(pilot, console)
        assert "● RUNS    convert" in drawn(console)
        assert "all is well, convert" in str(console.home.query_one("#status", Static).content)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(console.screen, StartJob))
        await pilot.press("j", "j", "j", "enter")
        await pilot.pause(0.1)
        assert isinstance(console.screen, StartJob), "convert is refused"
        assert "holds the corpus" in page(console)
    log.close()
    folder.close()
    assert console.opened == []


async def test_without_a_corpus_there_is_a_welcome_and_nothing_to_start(tmp_path: Path) -> None:
    console = Opening(Place(None, tmp_path / "state", Settings()))
    async with console.run_test(size=(80, 24)) as pilot:
        await settled(pilot, console)
        assert "gonogo init CORPUS" in drawn(console)
        await pilot.press("s", "i", "enter")
        assert isinstance(console.screen, HomeScreen)
        assert "there is no corpus" in console.home.refuses("s")


async def test_settings_that_cannot_be_read_are_red_and_the_rest_is_shown(tmp_path: Path) -> None:
    corpus = small(tmp_path)
    run(corpus / ".gonogo", "inventory", inventory_summary(pending=3))
    where = Place(corpus, corpus / ".gonogo", load_settings(corpus).settings, "gonogo.toml: line 1: [red]no[/red]")
    console = Opening(where)
    async with console.run_test(size=(80, 24)) as pilot:
        await settled(pilot, console)
        told = drawn(console)
        assert "■ RED     settings: gonogo.toml: line 1: [red]no[/red]" in told
        assert "3 pending" in told
