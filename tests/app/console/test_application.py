"""What every screen has from its application: the line of names, keys in words, refusals, and looks that fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static

from app.console.actions import Action, bindings
from app.console.app import Console
from app.console.frame import Frame
from app.console.tabs import NAMES, Marks, Tabs
from engine.convert.view import Level
from tests.app.console.conversion.test_run_screen import shown, until


class Plain(Frame):
    """A screen with one action, which is refused; its looks fail while there is a folder in the file's place."""

    TAB = "log"
    ACTIONS = (Action("plain.do", "enter", "do", "Do it", "Does it", changes=False),)
    BINDINGS: ClassVar = bindings(ACTIONS)

    def __init__(self, file: Path, right: str = "") -> None:
        super().__init__()
        self.file = file
        self.right = right
        self.read = ""

    def compose_body(self) -> ComposeResult:
        yield Static("", id="body", markup=False)

    async def look(self) -> bool:
        self.read = self.file.read_text()
        return False

    def heading(self) -> str:
        return "a heading"

    def status(self) -> tuple[Level, str]:
        return Level.GREEN, "all is well"

    def marks(self) -> Marks:
        return Marks(self.right)

    def show(self) -> None:
        self.put("body", self.read)

    def why_not(self, action: str) -> str:
        return "/home/[x] and [/y] and [gates] are in the way" if action == "do" else ""


class Going(Console):
    """Remembers where it was sent."""

    gone: ClassVar[list[int]] = []

    def action_go(self, number: int) -> None:
        self.gone.append(number)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("the first text")
    return path


@pytest.mark.parametrize("right", ["", "1 other watches", "WATCHING: T takes control"])
@pytest.mark.parametrize("width", [60, 80, 120])
async def test_the_first_line_says_where_one_is_and_every_key(file: Path, width: int, right: str) -> None:
    app = Going(Plain(file, right))
    app.gone.clear()
    async with app.run_test(size=(width, 20)) as pilot:
        app.waits = {"alerts": ("■4", "red")}
        await until(pilot, lambda: "■4" in shown(pilot).splitlines()[0])
        line = shown(pilot).splitlines()[0]
        assert "[7 Log]" in line
        assert all(f"{number}" in line for number in range(1, 8))
        assert line.rstrip().endswith(right or "[7 Log]")
        assert ("3 Window" in line) == (width - len(right) > 60 or (width, right) == (60, ""))
        await pilot.click(Tabs, offset=(line.index("6"), 0))
        assert app.gone == [NAMES.index("alerts") + 1]


@pytest.mark.parametrize(("ascii_only", "key"), [(True, "Enter"), (False, "⏎")])
async def test_a_terminal_without_signs_reads_keys_in_letters(file: Path, ascii_only: bool, key: str) -> None:
    app = Console(Plain(file), ascii_only=ascii_only)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Do it" in shown(pilot))
        assert f"{key} Do it" in shown(pilot).splitlines()[-1]
        await pilot.press("question_mark")
        await until(pilot, lambda: "Does it" in shown(pilot))
        assert any(line.split()[:1] == [key] for line in lines_with(pilot, "Does it"))


def lines_with(pilot: Pilot[Any], text: str) -> list[str]:
    return [line.strip("│┃▎▊ |") for line in shown(pilot).splitlines() if text in line]


async def test_what_a_refusal_names_is_text_in_the_palette(file: Path) -> None:
    app = Console(Plain(file))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "Do it" in shown(pilot))
        await pilot.press("ctrl+p")
        await until(pilot, lambda: "in the way" in shown(pilot))
        assert "cannot now: /home/[x] and [/y] and [gates] are in the way" in shown(pilot)


@pytest.mark.parametrize(("key", "said"), [("ctrl+c", "q closes the console"), ("ctrl+z", "no shell behind")])
async def test_keys_that_a_hand_knows_from_the_shell_are_answered(file: Path, key: str, said: str) -> None:
    app = Console(Plain(file))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Do it" in shown(pilot))
        await pilot.press(key)
        await until(pilot, lambda: [said in each.message for each in app._notifications] == [True])
        await pilot.press("ctrl+q")
    assert app.return_code == 0


def taken_away(file: Path) -> None:
    file.rename(file.with_name("kept"))


def put_back(file: Path) -> None:
    file.with_name("kept").rename(file)


def made_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def written_anew(file: Path) -> None:
    file.rmdir()
    file.write_text("the second text")


async def test_a_look_that_a_disk_refuses_is_told_and_tried_again(file: Path) -> None:
    taken_away(file)
    app = Console(Plain(file))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "UNKNOWN" in shown(pilot))
        assert "not up to date" in shown(pilot)
        put_back(file)
        await until(pilot, lambda: "all is well" in shown(pilot))
        assert "the first text" in shown(pilot)
        made_a_folder(file)
        await until(pilot, lambda: "Is a directory" in shown(pilot))
        assert "the first text" in shown(pilot)
        written_anew(file)
        await until(pilot, lambda: "the second text" in shown(pilot))
        assert "UNKNOWN" not in shown(pilot)
