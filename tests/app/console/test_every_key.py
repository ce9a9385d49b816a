"""Every key that is bound is documented, is found in the palette, and is harmless where one may only look."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input

import app.console
from app.console.actions import Action
from app.console.app import Console
from app.console.base import EVERYWHERE
from app.console.checklist.screen import ChecklistScreen
from app.console.frame import READ_ONLY, Frame
from app.console.keys_page import QUESTIONS, ROOMS, actions_of, lines
from app.console.palette import Actions
from app.console.pane import MOVES, Lines
from app.console.show import home_of
from app.console.tabs import NAMES
from app.home.placing import place_at
from engine.run.read_only import VARIABLE
from tests.app.program import Gonogo
from tests.recordings import make_corpus

ROOT = Path(__file__).parents[3]
ONE_LIST = "one checklist"
LEAVES = {"q", "ctrl+q"}
TAKEN = {"ctrl+b", "ctrl+a", "ctrl+s", "ctrl+d"}
"""By tmux, by terminals, and by fingers that mean something else."""
TOML = '[gates]\n"convert.start" = "convert-machine"\n[watch]\nlogs = ["train.log"]\n'


def all_nodes() -> set[type[Any]]:
    """Every screen, list, question and field of the console, wherever it is."""
    for module in pkgutil.walk_packages(app.console.__path__, "app.console."):
        importlib.import_module(module.name)
    found: set[type[Any]] = set()
    waiting: list[type[Any]] = [Frame, Lines, ModalScreen, Input]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            if kind not in found:
                found.add(kind)
                waiting.append(kind)
    return {kind for kind in found if kind.__module__.startswith("app.console.")}


def every_action() -> tuple[Action, ...]:
    rooms = [action for room in ROOMS for action in actions_of(room)]
    return (*EVERYWHERE, *MOVES, *rooms)


def test_the_page_of_keys_is_what_is_dispatched() -> None:
    assert (ROOT / "docs" / "keys.md").read_text("utf-8").splitlines() == list(lines()), (
        "python -m app.console.keys_page > docs/keys.md"
    )


def test_the_page_writes_every_key_that_works_and_each_key_in_one_way() -> None:
    page = "\n".join(lines())
    assert "| `^p` `:` | Find an action by its words" in page
    assert "| `?` `F1` | What every key does here" in page
    cells = {cell for line in page.splitlines() for cell in re.findall(r"`([^`]+)`", line.rpartition(" | ")[0])}
    assert not cells & {"escape", "enter", "down", "up", "question_mark", "tab", "space"}, "Textual's names"
    assert "None" not in page
    assert "submit" not in page


def test_the_page_knows_every_screen_list_question_and_field() -> None:
    known = {node for room in ROOMS for node in room.nodes} | {node for _, node in QUESTIONS}
    missing = {kind for kind in all_nodes() - known if kind.__dict__.get("BINDINGS") or kind.__dict__.get("ACTIONS")}
    assert {kind.__name__ for kind in missing} <= {"Steered"}, "app/console/keys_page.py leaves these out"


def test_every_action_has_words_and_a_name_of_its_own() -> None:
    names = [action.id for action in every_action()]
    assert len(names) == len(set(names))
    for action in every_action():
        assert action.label, action.id
        assert len(action.tells) > len(action.label), action.id
        assert action.tells[0].isupper(), f"{action.id} is a sentence"


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.title)
def test_no_key_of_a_screen_hides_one_that_works_everywhere(room: object) -> None:
    everywhere = {key for action in EVERYWHERE for key in action.keys.split(",") if key} - {"escape"}
    assert isinstance(room, type(ROOMS[0]))
    for action in actions_of(room):
        assert not everywhere & set(action.keys.split(",")), f"{action.id} takes a key that works everywhere"


def test_nothing_is_bound_to_a_control_key_that_fingers_press_by_mistake() -> None:
    keys = {key for action in every_action() for key in action.keys.split(",")}
    keys |= {
        key
        for _, node in QUESTIONS
        for binding in node.__dict__.get("BINDINGS", ())
        if isinstance(binding, Binding)
        for key in binding.key.split(",")
    }
    assert {key for key in keys if key.startswith(("ctrl+", "alt+"))} == {"ctrl+p", "ctrl+z"}
    assert not keys & TAKEN


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A corpus that was looked at, converted in part (one shard is damaged), and has a gate and a training log."""
    home = tmp_path_factory.mktemp("every-key")
    gonogo = Gonogo(home)
    corpus = make_corpus(home / "corpus", shards=4)
    damaged = corpus / "final-export" / "shard_00002" / "audio.tar"
    damaged.write_bytes(damaged.read_bytes()[:2_000])
    assert gonogo("--no-ui", "inventory", corpus).code == 1
    assert gonogo.convert(corpus).code == 1
    timetable = corpus / "checklists"
    timetable.mkdir()
    (corpus / "gonogo.toml").write_text(TOML)
    (corpus / "train.log").write_text("".join(f"step {step} loss {3 - step / 200}\n" for step in range(1, 200)))
    yield corpus
    gonogo.end()


@pytest.fixture
def only_looking(scene: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(scene.parent / name.split("_")[1].lower()))
    monkeypatch.setenv(VARIABLE, "1")
    return scene


def state_of(folder: Path) -> dict[str, str]:
    """Every file, with what it holds."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


async def settled(pilot: Pilot[int], name: str) -> Frame:
    """Go to a screen, and wait until it has looked."""
    if name == ONE_LIST:
        await settled(pilot, "home")
        assert isinstance(pilot.app, Console)
        pilot.app.open("checklist", "convert-machine")
    else:
        await pilot.press(str(NAMES.index(name) + 1))
    for _ in range(200):
        frame = pilot.app.screen
        is_it = isinstance(frame, ChecklistScreen) if name == ONE_LIST else name == getattr(frame, "TAB", "")
        if isinstance(frame, Frame) and is_it and frame.has_looked:
            return frame
        await pilot.pause(0.05)
    raise AssertionError(f"{name} did not open: {pilot.app.screen}")


SCREENS = [*(name for name in NAMES if name != "window"), ONE_LIST]
"""No window has been run here: that is told, and tested where windows are."""


@pytest.mark.parametrize("name", SCREENS)
async def test_every_action_of_a_screen_is_found_in_the_palette_by_its_words(only_looking: Path, name: str) -> None:
    console = home_of(place_at(only_looking))
    async with console.run_test(size=(120, 36)) as pilot:
        frame = await settled(pilot, name)
        offered = console.all_actions()
        assert set(frame.ACTIONS) <= set(offered)
        assert set(EVERYWHERE) <= set(offered)
        palette = Actions(frame)
        for action in offered:
            hits = [hit async for hit in palette.search(action.label)]
            assert any(action.label in str(hit.text) for hit in hits), action.id
        assert len([hit async for hit in palette.discover()]) == len(offered)


@pytest.mark.parametrize("name", SCREENS)
async def test_where_one_may_only_look_no_key_changes_anything(only_looking: Path, name: str) -> None:
    before = state_of(only_looking)
    console = home_of(place_at(only_looking))
    async with console.run_test(size=(120, 36)) as pilot:
        frame = await settled(pilot, name)
        for action in frame.ACTIONS:
            if action.changes:
                assert frame.refusal(action) == READ_ONLY
                assert frame.check_action(action.name, ()) is None, "it is greyed out"
        nodes = [frame, *frame.query(Lines)]
        keys = {key for node in nodes for key in node._bindings.key_to_bindings} - LEAVES
        for key in sorted(keys):
            if not isinstance(console.screen, Frame) or name != console.screen.TAB:
                await pilot.press("escape")
            frame.home()
            await pilot.press(key)
            if console.screen is not frame:
                await pilot.press("y")
                await pilot.press("enter")
            for _ in range(3):
                if console.screen is not frame:
                    await pilot.press("escape")
        assert console.is_running, "no key has closed it"
    assert state_of(only_looking) == before
