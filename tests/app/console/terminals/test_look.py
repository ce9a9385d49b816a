"""The console as terminals of several kinds show it: many colours, few, none, no Unicode, no screen at all."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from app.console.look.glyphs import to_ascii
from app.console.look.themes import DARK, LIGHT, THEMES
from tests.app.console.terminal import Terminal
from tests.app.console.terminals.conftest import NEEDS, Opens, Place, presses, settled, spoil, timeless
from tests.app.program import Gonogo
from tests.recordings import make_corpus

pytestmark = NEEDS

SGR = re.compile(r"\x1b\[([0-9;:]*)m")
PURE = ("255;0;0", "255;255;0", "0;128;0", "255;0;255", "0;255;255")
"""Red, yellow, green, magenta and cyan as CSS has them: of no theme."""
NO_COLOURS = {"", "0", "1", "2", "3", "4", "7", "9", "22", "23", "24", "27", "29", "39", "49"}
"""Weight, underline, reverse, and the terminal's own two colours."""
SCREENS = {"1": "Home", "2": "Run", "4": "Lists", "6": "Alerts", "7": "Log"}


def shown(place: Place, opens: Opens, **has: str) -> Terminal:
    terminal = opens(place.gonogo, **has)
    terminal.gonogo("attach", "--corpus", place.corpus)
    terminal.waits_for(r"NO-GO: convert(?s:.*)shard_00009")
    return terminal


def inks_of(line: str) -> set[str]:
    """Return the colours that words of a line are drawn in: SGR parameters of foregrounds."""
    parameters = [part for told in SGR.findall(line) for part in told.split(";")]
    return {part for part in parameters if re.fullmatch("3[0-7]|9[0-7]", part)}


def rgb(colour: str) -> str:
    value = int(colour.removeprefix("#"), 16)
    return f"{value >> 16};{value >> 8 & 255};{value & 255}"


def test_a_terminal_of_all_colours_gets_the_themes_own(ended: Place, opens: Opens) -> None:
    dark = next(theme for theme in THEMES if theme.name == DARK)
    drawn = shown(ended, opens).styled
    assert f"48;2;{rgb(str(dark.background))}" in drawn
    assert f"38;2;{rgb(str(dark.error))}" in next(line for line in drawn.splitlines() if "NO-GO" in line), "as red is"
    assert not [pure for pure in PURE if f";2;{pure}m" in drawn], "no colour is CSS's own"


def test_the_next_theme_is_one_word_away_and_is_light(ended: Place, opens: Opens) -> None:
    light = next(theme for theme in THEMES if theme.name == LIGHT)
    terminal = shown(ended, opens)
    terminal.keys("C-p")
    terminal.waits_for("Search")
    terminal.keys("-l", "theme")
    terminal.waits_for(r"The next theme")
    terminal.keys("Enter")
    terminal.waits_until(lambda _: f"48;2;{rgb(str(light.background))}" in terminal.styled, "daylight")
    assert f"38;2;{rgb(str(light.error))}" in terminal.styled
    assert not [pure for pure in PURE if f";2;{pure}m" in terminal.styled]


def test_256_colours_are_enough_where_the_terminal_promises_no_more(ended: Place, opens: Opens) -> None:
    drawn = shown(ended, opens, COLORTERM="").styled
    assert "38;5;" in drawn
    assert ";2;" not in drawn.replace("\x1b[1;2m", "").replace("\x1b[0;2m", ""), "no colours that it may not know"


def body(screen: str) -> str:
    """Return all but the footer."""
    return timeless(screen).rstrip().rpartition("\n")[0]


def footer(screen: str) -> str:
    return screen.rstrip().rpartition("\n")[2]


@pytest.mark.parametrize("has", [{"TERM": "linux", "COLORTERM": ""}, {"LC_ALL": "C"}], ids=["linux", "LC_ALL=C"])
def test_where_there_is_no_unicode_every_screen_is_ascii_and_nothing_moves(
    ended: Place, opens: Opens, has: dict[str, str]
) -> None:
    usual, poor = shown(ended, opens), shown(ended, opens, **has)
    for key, name in SCREENS.items():
        for terminal in (usual, poor):
            presses(terminal, (key,), rf"\[{key} {name}\]")
        poor.waits_until(lambda screen: body(screen) == body(to_ascii(usual.screen)), f"the same {name}")
        drawn = settled(poor)
        assert drawn.isascii(), name
        assert ("Enter" in footer(drawn)) == ("⏎" in footer(usual.screen)), "keys are written in letters"
    for key, there in (("?", "everywhere"), ("C-p", "Search")):
        page = presses(poor, ("Escape", key), there)
        assert page.isascii(), key


def test_sixteen_colours_tell_red_yellow_and_green_apart(
    gonogo: Gonogo, opens: Opens, slow_disk: dict[str, str], tmp_path: Path
) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=12, clips=6, clip_s=0.5)
    spoil(corpus, 11)
    gonogo.start_convert(corpus, "--workers", "1", env=slow_disk)
    terminal = opens(gonogo, TERM="linux", COLORTERM="")
    terminal.waits_until(lambda _: gonogo("status").code == 0, "a run")
    terminal.gonogo("attach")
    found = {}
    for state, sign, key in (("GREEN", r"\*", "p"), ("YELLOW", r"\^", "p"), ("RED", "#", "")):
        terminal.waits_for(rf"(?m)^ {sign} {state} ")
        found[state] = inks_of(next(line for line in terminal.styled.splitlines() if f"{state} " in line))
        if key:
            terminal.keys(key)
    assert all(found.values()), found
    assert len({frozenset(each) for each in found.values()}) == 3, found


def test_no_colour_is_used_where_none_is_wanted(ended: Place, opens: Opens) -> None:
    terminal = shown(ended, opens, NO_COLOR="1")
    for key, name in SCREENS.items():
        terminal.keys(key)
        terminal.waits_for(rf"\[{key} {name}\]")
        settled(terminal)
        used = {part for told in SGR.findall(terminal.styled) for part in told.split(";")}
        assert used <= NO_COLOURS, (name, used - NO_COLOURS)
        assert {"1", "7"} & used, "weight tells what colour does not"


def test_a_terminal_without_a_screen_gets_a_sentence_and_no_console(ended: Place, opens: Opens) -> None:
    terminal = opens(ended.gonogo, TERM="dumb")
    terminal.gonogo("attach", "--corpus", ended.corpus)
    told = terminal.waits_for(r"needs a terminal")
    assert "gonogo status" in told
    assert terminal.code() == 2
    assert terminal.modes == "0 0 1"


def test_who_sends_the_screens_stream_to_a_file_is_told_there(ended: Place, opens: Opens) -> None:
    terminal = opens(ended.gonogo)
    log = ended.gonogo.home / "log"
    attach = shlex.join([sys.executable, "-P", "-m", "app", "attach", "--corpus", str(ended.corpus)])
    terminal.types(f"{attach} 2>{log}")
    assert terminal.code() == 2
    assert "needs a terminal" in log.read_text()
    assert terminal.modes == "0 0 1"
