from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli import run
from app.terminal import TRUECOLOR, Terminal, Terminfo, Tmux
from app.terminal_asking import read_answers, terminfo_of
from app.terminal_findings import Finding, findings_of
from engine.host.terminal import TerminalFacts
from tests.app.console.terminal import Terminal as RealTerminal
from tests.app.program import Gonogo

XTERM = Terminfo(256, can_place=True, has_mouse=True)
GOOD_TMUX = {
    "set-clipboard": "on",
    "default-terminal": "tmux-256color",
    "focus-events": "on",
    "escape-time": "10",
    "monitor-bell": "on",
    "terminal-features": "xterm*:clipboard *:RGB",
}


def facts(**changes: object) -> TerminalFacts:
    usual = TerminalFacts(
        term="xterm-256color",
        colorterm="",
        program="",
        tmux=False,
        ssh=False,
        no_color=False,
        locale_name="en_US.UTF-8",
        encoding="UTF-8",
        columns=120,
        rows=36,
        stdin_is_terminal=True,
        stdout_is_terminal=True,
        stderr_is_terminal=True,
    )
    return msgspec.structs.replace(usual, **changes)


def found(terminal: Terminal) -> dict[str, Finding]:
    return {one.name: one for one in findings_of(terminal)}


@pytest.mark.parametrize(
    ("terminal", "colours", "theme"),
    [
        (Terminal(facts(), XTERM), 256, "gonogo-dark"),
        (Terminal(facts(colorterm="truecolor"), XTERM), TRUECOLOR, "gonogo-dark"),
        (Terminal(facts(term="linux"), Terminfo(8, can_place=True, has_mouse=False)), 8, "ansi-dark"),
        (Terminal(facts(no_color=True, colorterm="truecolor"), XTERM), 0, "ansi-dark"),
        (Terminal(facts(term="dumb"), Terminfo(0, can_place=False, has_mouse=False)), 0, "ansi-dark"),
        (Terminal(facts(term="something-new")), 16, "ansi-dark"),
        (Terminal(facts(term="something-256color")), 256, "gonogo-dark"),
    ],
    ids=["256", "truecolor", "linux", "NO_COLOR", "dumb", "unknown", "unknown 256"],
)
def test_colours_decide_the_theme(terminal: Terminal, colours: int, theme: str) -> None:
    assert (terminal.colours, terminal.theme_default) == (colours, theme)


def test_signs_outside_ascii_want_utf8_and_a_font() -> None:
    assert Terminal(facts(encoding="utf-8"), XTERM).unicode
    assert not Terminal(facts(encoding="ANSI_X3.4-1968"), XTERM).unicode
    assert not Terminal(facts(term="linux")).unicode


@pytest.mark.parametrize("stream", ["input", "output", "error"])
def test_without_one_of_the_three_streams_no_console_is_drawn_and_it_is_said_why(stream: str) -> None:
    field = {"input": "stdin_is_terminal", "output": "stdout_is_terminal", "error": "stderr_is_terminal"}[stream]
    terminal = Terminal(facts(**{field: False}), XTERM)
    assert not terminal.can_draw
    assert found(terminal)["streams"].state == "unable"
    assert f"standard {stream}" in found(terminal)["streams"].read


def test_a_good_tmux_is_good_and_each_bad_option_names_the_command_that_mends_it() -> None:
    good = found(Terminal(facts(tmux=True, colorterm="truecolor"), XTERM, Tmux("3.4", GOOD_TMUX)))
    assert {one.state for one in good.values()} == {"pass"}
    bad = dict.fromkeys(GOOD_TMUX, "off") | {"default-terminal": "screen", "escape-time": "500"}
    told = found(Terminal(facts(tmux=True, colorterm="truecolor"), XTERM, Tmux("3.3a", bad)))
    advised = {name: one.way_out for name, one in told.items() if one.state == "advice"}
    assert set(advised) == {"clipboard", "default-terminal", "RGB", "focus-events", "escape-time", "monitor-bell"}
    assert all(way_out.startswith("tmux set ") for way_out in advised.values())


def test_a_tmux_that_does_not_answer_is_told() -> None:
    assert found(Terminal(facts(tmux=True), XTERM))["tmux"].state == "advice"


def test_what_is_unable_or_advised_always_names_a_way_out() -> None:
    terminals = [
        Terminal(facts(term="", columns=None, rows=None, stderr_is_terminal=False)),
        Terminal(facts(term="linux", columns=50, rows=10), Terminfo(8, can_place=True, has_mouse=False)),
        Terminal(facts(term="nonsense", columns=70, rows=20, encoding="ascii")),
        Terminal(facts(term="screen", tmux=True), Terminfo(8, can_place=True, has_mouse=True), Tmux("2.9", {})),
    ]
    for terminal in terminals:
        poor = [one for one in findings_of(terminal) if one.state != "pass"]
        assert poor
        assert all(one.way_out for one in poor), poor


@given(st.text())
def test_whatever_tmux_answers_is_read(text: str) -> None:
    assert isinstance(read_answers(text), Tmux)


def test_answers_of_tmux_are_read_with_their_lists() -> None:
    read = read_answers(
        'version 3.3a\nfeatures 256,RGB\nterminal-features[0] xterm*:title\nterminal-features[1] "*:RGB"\n'
    )
    assert (read.version, read.features) == ("3.3a", "256,RGB")
    assert read.options == {"terminal-features": "xterm*:title *:RGB"}


def test_a_terminal_that_nobody_knows_is_unknown() -> None:
    assert terminfo_of("no-such-terminal-anywhere") is None


# The real thing.

Opening = Callable[[str], RealTerminal]


@pytest.fixture
def opens(gonogo: Gonogo) -> Iterator[Opening]:
    """A tmux of its own whose shell has another TERM than tmux gave it."""
    opened: list[RealTerminal] = []

    def open_as(term: str) -> RealTerminal:
        env = {key: value for key, value in gonogo.env.items() if key not in ("NO_COLOR", "COLORTERM")}
        terminal = RealTerminal(env, gonogo.home, 160, 45)
        opened.append(terminal)
        terminal.types(f"export TERM={term}")
        return terminal

    yield open_as
    for each in opened:
        each.close()


def doctored(terminal: RealTerminal, folder: Path, redirect: str = "") -> dict[str, dict[str, str]]:
    out = folder / "doctor.jsonl"
    program = shlex.join([sys.executable, "-P", "-m", "app", "--json", "doctor"])
    # Its output is read from a file: the streams that are judged are those of a program of its own in a terminal.
    terminal.types(f"script -qec {shlex.quote(program + redirect)} {out} >/dev/null; echo done-$?")
    terminal.waits_for(r"(?m)^done-\d")
    rows = [json.loads(line) for line in out.read_text().splitlines() if line.startswith("{")]
    return {row["name"]: row for row in rows if row["type"] == "terminal"}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tmux") is None or shutil.which("script") is None, reason="wants tmux and script")
@pytest.mark.parametrize(
    ("term", "said"),
    [
        ("xterm-256color", ("256 (terminfo)", "theme gonogo-dark, all signs", "pass")),
        ("linux", ("8 (terminfo)", "theme ansi-dark, ASCII signs alone", "pass")),
        ("dumb", ("none (terminfo)", "theme ansi-dark, all signs", "unable")),
        ("screen", ("8 (terminfo)", "theme ansi-dark, all signs", "pass")),
    ],
)
def test_doctor_tells_what_a_real_terminal_can_do_without_a_corpus(
    opens: Opening, home: Path, term: str, said: tuple[str, str, str]
) -> None:
    colours, theme, state = said
    rows = doctored(opens(term), home)
    assert rows["colours"]["read"].startswith(colours)
    assert rows["console"]["read"] == theme
    assert rows["TERM"]["state"] == state
    assert rows["streams"]["state"] == "pass"
    assert re.match(r"\d\.\d", rows["tmux"]["read"])
    assert rows["clipboard"]["read"].startswith("tmux set-clipboard is external")
    assert "tmux set -s set-clipboard on" in rows["clipboard"]["way_out"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tmux") is None or shutil.which("script") is None, reason="wants tmux and script")
def test_doctor_says_that_the_console_cannot_be_drawn_where_standard_error_goes_elsewhere(
    opens: Opening, gonogo: Gonogo
) -> None:
    rows = doctored(opens("xterm-256color"), gonogo.home, " 2>/dev/null")
    assert rows["streams"]["state"] == "unable"
    assert "standard error" in rows["streams"]["read"]


def test_doctor_without_a_corpus_tells_of_terminal_and_machine_and_judges_no_conversion(gonogo: Gonogo) -> None:
    ended = gonogo("doctor")
    assert ended.code == 0, ended.stderr
    assert "● ▲ ■ ✓ ⣿ █▓▒░ └" in ended.stdout
    assert "UNABLE: no terminal" in ended.stdout
    assert ended.stdout.rstrip().endswith("gonogo doctor CORPUS says whether a conversion of it may start")
    assert not ended.stdout.rstrip().endswith("GO")


def test_doctor_in_an_output_without_unicode_still_tells_everything(gonogo: Gonogo) -> None:
    ended = gonogo("doctor", env={"PYTHONIOENCODING": "ascii"})
    assert ended.code == 0, ended.stderr
    assert "signs" in ended.stdout


def test_doctor_refuses_a_corpus_that_is_not_there_before_it_tells_anything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().out == ""
