"""Who may only look, who watches while another has control, and who leans on the keyboard: none of them hurts a run."""

from __future__ import annotations

import importlib
import pkgutil
import random
import re

import pytest
from textual.screen import Screen

from app import console
from app.console.actions import Action
from app.console.base import EVERYWHERE
from app.console.pane import MOVES
from tests.app.console.terminal import Terminal
from tests.app.console.terminals.conftest import NEEDS, Opens, Place, presses

pytestmark = NEEDS

ORDERS = ("p", "+", "-", "w", "s", "T")


def attached(place: Place, opens: Opens, *options: str, **has: str) -> Terminal:
    terminal = opens(place.gonogo, 120, 36, **has)
    terminal.gonogo(*options, "attach")
    terminal.waits_for(r"PAUSED by the operator(?s:.*)Leave")
    return terminal


def orders(place: Place) -> list[str]:
    """Return the types of what the engine's log holds of orders."""
    (log,) = place.corpus.glob(".gonogo/runs/*/events.jsonl")
    types = re.findall(r'^\{"type":"(\w+)"', log.read_text(), re.MULTILINE)
    return [each for each in types if each in ("paused", "resumed", "stopping", "summary") or "workers" in each]


def test_who_may_only_look_finds_every_order_grey_with_its_reason_and_the_engine_hears_nothing(
    paused: Place, opens: Opens
) -> None:
    before = orders(paused)
    terminal = attached(paused, opens, "--read-only", NO_COLOR="1")
    assert "READ-ONLY" in terminal.screen
    footer = terminal.styled.rstrip("\n").splitlines()[-1]
    for key, label in (("p", "Pause"), ("s", "Stop")):
        assert re.search(rf"\x1b\[[0-9;]*2m{key}\x1b\[[0-9;]*2m(\x1b\[\d+m)* {label}", footer), "dim"
    for key in ORDERS:
        terminal.keys(key)
        terminal.waits_for(r"this console may only look")
        terminal.keys("1")
        terminal.waits_until(lambda screen: "may only look" not in screen or "[1 Home]" in screen, "another screen")
        terminal.keys("2")
        terminal.waits_for(r"\[2 Run\]")
    assert orders(paused) == before
    assert paused.gonogo("--json", "status").of_type("run")[0]["alive"]


def test_control_is_taken_by_asking_and_who_lost_it_sees_so(paused: Place, opens: Opens) -> None:
    first, second = attached(paused, opens), attached(paused, opens)
    first.keys("w")
    first.waits_for(r"1 other watches")
    second.waits_for(r"WATCHING: T takes control")
    before = orders(paused)
    second.keys("p")
    second.waits_for(r"has control since \d\d:\d\d")
    assert orders(paused) == before
    second.keys("T")
    asked = second.waits_for(r"Take control from .*\?")
    assert "see that you took it" in asked
    second.keys("n")
    second.waits_until(lambda screen: "Take control from" not in screen, "the question's end")
    assert "WATCHING" in second.screen
    second.keys("T")
    second.waits_for(r"Take control from .*\?")
    second.keys("y")
    second.waits_for(r"1 other watches")
    first.waits_for(r"WATCHING: T takes control")
    first.keys("p")
    first.waits_for(r"has control since \d\d:\d\d")
    second.keys("p")
    second.waits_for(r"GREEN under way")
    first.waits_for(r"GREEN under way")
    second.keys("p")
    second.waits_for(r"PAUSED by the operator")


def all_keys() -> list[str]:
    """Return every key that is bound anywhere, as tmux calls it, but those that say yes, leave, or go to the shell."""
    for module in pkgutil.walk_packages(console.__path__, f"{console.__name__}."):
        importlib.import_module(module.name)
    found = {key for action in (*EVERYWHERE, *MOVES, *_of_frames(Screen)) for key in action.keys.split(",") if key}
    names = {"pagedown": "NPage", "pageup": "PPage", "escape": "Escape", "question_mark": "?", "colon": ":"}
    names |= {"plus": "+", "equals_sign": "=", "minus": "-", "slash": "/", "space": "Space", "tab": "Tab", "f1": "F1"}
    names |= {"ctrl+p": "C-p", "home": "Home", "end": "End", "down": "Down", "up": "Up", "left": "Left"}
    names |= {"right": "Right", "shift+tab": "BTab"}
    return sorted(names.get(key, key) for key in found - {"y", "q", "enter", "ctrl+z"})


def _of_frames(kind: type[Screen[None]]) -> list[Action]:
    return [*getattr(kind, "ACTIONS", ()), *(action for each in kind.__subclasses__() for action in _of_frames(each))]


@pytest.mark.parametrize("seed", [1, 2])
def test_two_hundred_keys_pressed_blindly_stop_no_run_and_lose_no_console(
    paused: Place, opens: Opens, seed: int
) -> None:
    keys = all_keys()
    assert {"s", "p", "+", "T", "1", "7", "C-p"} <= set(keys)
    terminal = attached(paused, opens)
    pressed = random.Random(seed).choices(keys, k=200)
    terminal.keys(*pressed)
    presses(terminal, ("Escape", "Escape", "1"), r"\[1 Home\](?s:.*)Leave")  # as who does not know where they are
    terminal.keys("q")
    terminal.waits_for(r"the run goes on: gonogo attach")
    terminal.is_usable()
    assert paused.gonogo("--json", "status").of_type("run")[0]["alive"]
    assert not {"stopping", "summary"} & set(orders(paused))
