"""Keys that an operator bound anew: the new one works, the old one does not, and every text names the new one."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot

import app.console
from app.console.app import Console
from app.console.conversion.screen import RunScreen
from app.console.conversion.search import Search
from app.console.keymap import Keymap, key_for
from app.console.modals import Confirm, Page
from app.console.palette import Actions
from app.console.rebinding import keymap_of, scenes
from app.console.show import home_of, open_console
from app.home.placing import place_at
from app.serve import face
from engine.config import BoundKeys, load_settings
from engine.errors import ConfigError
from engine.run.control import Request
from engine.run.viewers import Viewing
from tests.app.console.conversion.runs import Played, ended_run, named
from tests.app.console.conversion.values import NOW, add, done, found
from tests.app.program import Gonogo

TOML = """\
[keys]
"run.pause" = "f9"
"console.palette" = "ctrl+o"
run.search = "slash,y"
"run.take" = "C"
"console.theme" = ["f12"]
"run.map" = ""
"console.home" = "f2"
"list.down" = "down,J"
"console.help" = "H"
"home.start" = "S"
"""
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
ROOT = Path(app.console.__path__[0])


@pytest.fixture(autouse=True)
def user_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


def keymap(tmp_path: Path, text: str = TOML) -> Keymap:
    (tmp_path / "gonogo.toml").write_text(text, encoding="utf-8")
    return keymap_of(load_settings(tmp_path).settings.keys)


class Watched(Played):
    """A run that another console has control of."""

    @property
    def viewing(self) -> Viewing:
        return Viewing(has_control=False, read_only=False, controller="kim", control_since="", viewers=())


def run_on(tmp_path: Path, text: str = TOML, kind: type[Played] = Played) -> tuple[Console, Played]:
    """Return a console on a run, its keys bound anew."""
    names = named(40)
    watch = kind(ended_run(tmp_path / "state", 0), answers=NOW)
    add(watch.view, found(*names), *(done(name) for name in names[:10]))
    return Console(RunScreen(watch), keymap=keymap(tmp_path, text)), watch


def shown(pilot: Pilot[Any]) -> str:
    """All that is on the screen, as text."""
    lines = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line) for line in lines)


async def until(pilot: Pilot[Any], is_so: Callable[[], object]) -> None:
    for _ in range(400):
        await pilot.pause(0.02)
        if is_so():
            return
    raise AssertionError(f"waited in vain; on the screen:\n{shown(pilot)}")


async def opened(pilot: Pilot[Any]) -> RunScreen:
    await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen) and pilot.app.screen.table.count)
    screen = pilot.app.screen
    assert isinstance(screen, RunScreen)
    return screen


@SIZES
async def test_the_new_key_works_the_old_one_does_not_and_the_footer_shows_the_new_one(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    console, watch = run_on(tmp_path)
    async with console.run_test(size=size) as pilot:
        run = await opened(pilot)
        await pilot.press("p")
        await pilot.pause(0.1)
        assert watch.asked == []
        await pilot.press("f9")
        await until(pilot, lambda: watch.asked == [Request("pause")])
        footer = shown(pilot).splitlines()[-1]
        assert 0 < footer.index("F9 Pause") < footer.index("s Stop"), "it stays where it was"
        assert " p Pause" not in footer
        assert "/ Find" in footer, "of several keys the first is shown"
        for key in ("slash", "y"):
            await pilot.press(key)
            assert run.query_one(Search).display
            await pilot.press("escape")
        map_before = run.map.display, run.table.display
        await pilot.press("m")
        assert (run.map.display, run.table.display) == map_before, "its key was taken away"


async def test_keys_in_a_list_move_too(tmp_path: Path) -> None:
    console, _ = run_on(tmp_path)
    async with console.run_test(size=(80, 24)) as pilot:
        run = await opened(pilot)
        at = run.table.at
        await pilot.press("j")
        assert run.table.at == at
        await pilot.press("J", "down")
        assert run.table.at == at + 2


async def test_the_palette_opens_with_its_new_key_alone_and_names_the_keys_as_bound(tmp_path: Path) -> None:
    console, watch = run_on(tmp_path)
    async with console.run_test(size=(80, 24)) as pilot:
        run = await opened(pilot)
        for old in ("ctrl+p", "colon"):
            await pilot.press(old)
            assert console.screen is run, f"{old} still opens it"
        await pilot.press("ctrl+o")
        assert isinstance(console.screen, CommandPalette)
        await pilot.press("escape")
        offered = {str(hit.text) async for hit in Actions(run).discover()}
        assert {"Pause  (F9)", "Find  (/ y)", "Palette  (^o)", "Theme  (F12)", "Map", "Down  (↓ J)"} <= offered
        palette = Actions(run)
        (hit,) = [hit async for hit in palette.search("Pause") if "F9" in str(hit.text)]
        await hit.command()
        await until(pilot, lambda: watch.asked == [Request("pause")])


async def test_help_tells_the_keys_as_bound_and_pages_and_questions_keep_theirs(tmp_path: Path) -> None:
    console, watch = run_on(tmp_path)
    async with console.run_test(size=(120, 60)) as pilot:
        await opened(pilot)
        await pilot.press("question_mark")
        assert not isinstance(console.screen, Page)
        await pilot.press("H")
        assert isinstance(console.screen, Page)
        told = shown(pilot)
        for key, tells in (("F9", "Hand out no more work"), ("/ y", "Show only shards"), ("↓ J", "Go one line down")):
            assert any(key in line and tells in line for line in told.splitlines()), f"{key}: {told}"
        assert "The map of all shards" not in told, "what has no key is found in the palette"
        await pilot.press("escape")
        await pilot.press("s")
        assert isinstance(console.screen, Confirm)
        await pilot.press("n")
        await pilot.pause()
        assert watch.asked == []


async def test_an_action_that_had_no_key_does_what_it_does_by_its_new_one(tmp_path: Path) -> None:
    console, _ = run_on(tmp_path)
    async with console.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        before = console.theme
        await pilot.press("f12")
        assert console.theme != before


async def test_a_key_that_can_do_nothing_now_says_why_with_the_keys_as_bound(tmp_path: Path) -> None:
    console, watch = run_on(tmp_path, kind=Watched)
    async with console.run_test(size=(120, 36)) as pilot:
        run = await opened(pilot)
        await until(pilot, lambda: "WATCHING: C takes" in shown(pilot))
        await pilot.press("f9")
        told = "kim has control since just now; C takes it"
        await until(pilot, lambda: [each.message for each in console._notifications] == [told])
        assert watch.asked == []
        assert run.refuses("p") == "", "it is no key of this screen any more"


@SIZES
async def test_screens_are_named_with_their_new_keys_where_one_clicks_too(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "gonogo.toml").write_text(TOML, encoding="utf-8")
    console = home_of(place_at(corpus))
    async with console.run_test(size=size) as pilot:
        await until(pilot, lambda: "S starts a job" in shown(pilot))
        first = shown(pilot).splitlines()[0]
        assert first.startswith("[F2 Home] 2 Run ")
        await pilot.press("4")
        await until(pilot, lambda: console.frame is not None and console.frame.TAB == "checklists")
        await pilot.press("1")
        assert console.frame is not None
        assert console.frame.TAB == "checklists"
        await pilot.press("f2")
        await until(pilot, lambda: console.frame is not None and console.frame.TAB == "home")
        await pilot.click(
            "#tabs", offset=(first.index("4 Lists") + len("4 Lists"), 0)
        )  # the blank behind it is its own
        await until(pilot, lambda: console.frame is not None and console.frame.TAB == "checklists")


async def test_a_console_beside_one_with_other_keys_has_its_own(tmp_path: Path) -> None:
    first, _ = run_on(tmp_path)
    second, watch = run_on(tmp_path, "")
    async with first.run_test(size=(80, 24)) as pilot, second.run_test(size=(80, 24)) as beside:
        await opened(pilot)
        await opened(beside)
        await until(pilot, lambda: "F9 Pause" in shown(pilot))
        await beside.press("f9", "p")
        await until(beside, lambda: watch.asked == [Request("pause")])
        await until(beside, lambda: "p Pause" in shown(beside))
    assert key_for("run.pause", "p") == "p", "outside of a console nobody bound anything"


def test_keys_that_cannot_be_had_open_no_console(tmp_path: Path) -> None:
    (tmp_path / "gonogo.toml").write_text('[keys]\nrun.pause = "f"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"gonogo\.toml:2: keys\.run\.pause: f is the key of run\.filter too"):
        home_of(place_at(tmp_path))


def test_keys_that_cannot_be_had_start_no_engine_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TEXTUAL_COLOR_SYSTEM", "TEXTUAL_THEME"):
        monkeypatch.setenv(name, "auto")
    with pytest.raises(ConfigError, match=r"^gonogo\.toml:2: keys\.run\.pause: f is the key of run\.filter too"):
        open_console(["convert"], tmp_path / "state", keys={"run.pause": BoundKeys(("f",), "gonogo.toml:2")})
    assert not (tmp_path / "state").exists()


def test_the_settings_are_shown_with_the_keys_and_validated_with_them(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    toml = corpus / "gonogo.toml"
    toml.write_text('[keys]\n"run.pause" = "f9,y"\n', encoding="utf-8")
    assert gonogo("config", "validate", corpus).code == 0
    (row,) = [row for row in gonogo("--json", "config", "show", corpus).of_type("setting") if "keys." in row["key"]]
    assert (row["key"], row["value"], row["where"]) == ("keys.run.pause", ["f9", "y"], f"{toml}:2")
    toml.write_text('[keys]\n"run.pause" = "f9"\n"run.map" = "f9"\n', encoding="utf-8")
    refused = gonogo("config", "validate", corpus)
    assert refused.code == 2
    assert "keys.run.pause: f9 is the key of run.map too" in refused.stderr


async def test_a_browser_has_the_same_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gonogo.toml").write_text('[keys]\n"home.start" = "S"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    console = face._console(None, None, None)
    async with console.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Start a job" in shown(pilot))
        assert "S Start a job" in shown(pilot)


def test_without_a_corpus_the_keys_are_the_usual_ones(tmp_path: Path) -> None:
    assert home_of(place_at(None, tmp_path)).keymap == Keymap()


def test_every_text_that_names_a_key_knows_the_one_that_is_usual() -> None:
    usual = {action.id: action for scene in scenes() for action in scene.actions}
    seen = 0
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "key_for"):
                continue
            match [arg.value if isinstance(arg, ast.Constant) else None for arg in node.args]:
                case [str(name), str(key)]:
                    seen += 1
                    written = {"Enter": "⏎"}.get(key, key)
                    assert written == usual[name].key.partition(" ")[0], f"{path.name}: {name}"
    assert seen > 15


def test_an_action_is_the_same_one_whichever_keys_it_has() -> None:
    (pause,) = [each for each in RunScreen.ACTIONS if each.id == "run.pause"]
    assert pause.bound(("f9",)) == pause
    assert pause.bound(("f9",)).key == "F9"
    assert replace(pause, tells="Something else") != pause
