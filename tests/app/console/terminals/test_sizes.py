"""A window that is dragged: nothing of another size stays, and where there is no room keys rest."""

from __future__ import annotations

import re

from tests.app.console.terminal import Terminal
from tests.app.console.terminals.conftest import NEEDS, Opens, Place, timeless

pytestmark = NEEDS

SCREENS = {"1": "Home", "7": "Log", "2": "Run"}


def shown(place: Place, opens: Opens, columns: int, rows: int) -> Terminal:
    terminal = opens(place.gonogo, columns, rows)
    terminal.gonogo("attach")
    terminal.waits_for(r"YELLOW (?s:.*)shard_0000[5-9]")
    return terminal


def kinds(place: Place) -> list[str]:
    """Return what the engine was told, by its log."""
    (log,) = place.corpus.glob(".gonogo/runs/*/events.jsonl")
    told = ("paused", "resumed", "stopping", "workers_wanted", "workers", "summary", "control")
    return [line for line in log.read_text().splitlines() if any(f'"type":"{kind}"' in line for kind in told)]


def test_a_terminal_dragged_through_all_sizes_looks_like_one_that_was_never_of_another(
    paused: Place, opens: Opens
) -> None:
    before = kinds(paused)
    dragged = shown(paused, opens, 120, 36)
    dragged.resize(80, 24)
    dragged.waits_for(r"(?m)^ ▲ YELLOW(?s:.*)Leave")
    dragged.resize(40, 10)
    dragged.waits_for("too small: wanted 60x15, is 40x10")
    dragged.keys("s", "y", "p", "+", "Enter", "T", "y", "2", "7", "Escape", "?", "C-p", "s", "y")
    dragged.waits_until(lambda screen: "too small" in screen and "YELLOW" in screen, "the same sentence")
    dragged.resize(200, 50)
    dragged.waits_for(r"\[2 Run\](?s:.*)Leave")
    assert "Stop 2" not in dragged.screen, "no question was asked out of sight"
    dragged.resize(80, 24)
    dragged.waits_for(r"\[2 Run\](?s:.*)Leave")
    assert kinds(paused) == before, "and nothing was told to the engine"

    fresh = shown(paused, opens, 80, 24)
    for key, name in SCREENS.items():
        for terminal in (dragged, fresh):
            terminal.keys(key)
            terminal.waits_for(rf"\[{key} {name}\]")
        try:
            dragged.waits_until(lambda screen: "Leave" in screen and bare(screen) == bare(fresh.screen), name)
        except AssertionError as late:
            raise AssertionError(f"{late}; on one that was never of another size\n{fresh.screen}") from None


def bare(screen: str) -> str:
    """Take out what differs for another reason than the size: how long each has been watching, and who came first."""
    return re.sub(r"[⠀-⣿]", "", timeless(screen).partition("\n")[2])
