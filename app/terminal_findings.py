"""What ``doctor`` says of a terminal: everything that the console depends on, judged, with what to set. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from app.terminal import SMALLEST, TRUECOLOR, USUAL, Terminal
from engine.host.terminal import TerminalFacts

_ESCAPE_MS: Final = 100
"""Longer than this, Escape feels stuck; tmux waited 500 ms up to 3.4."""

GLYPHS: Final = "● ▲ ■ ✓ ⣿ █▓▒░ └"
GLYPHS_TOLD: Final = (
    "one should see, each one column wide: a disc, a triangle, a square, a tick, eight dots, four shades from full "
    "to faint, a corner"
)


State = Literal["pass", "advice", "unable"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: State
    """``unable``: the console cannot be drawn so."""
    read: str
    way_out: str = ""


def findings_of(terminal: Terminal) -> Iterator[Finding]:
    """Judge everything about a terminal that the console depends on."""
    yield _streams(terminal.facts)
    yield _term(terminal)
    yield _colours(terminal)
    yield _characters(terminal)
    yield _size(terminal.facts)
    yield _mouse(terminal)
    yield _clipboard(terminal)
    if terminal.facts.tmux or terminal.tmux is not None:
        yield from _of_tmux(terminal)
    signs = "all signs" if terminal.unicode else "ASCII signs alone"
    yield Finding("console", "pass", f"theme {terminal.theme_default}, {signs}")


def _streams(facts: TerminalFacts) -> Finding:
    named = (
        ("input", facts.stdin_is_terminal),
        ("output", facts.stdout_is_terminal),
        ("error", facts.stderr_is_terminal),
    )
    missing = [name for name, is_terminal in named if not is_terminal]
    if not missing:
        return Finding("streams", "pass", "input, output and error are a terminal")
    drawn = ": the console is drawn on standard error" if "error" in missing else ""
    way_out = "do not redirect it where the console is wanted; without one: --no-ui, gonogo status"
    return Finding("streams", "unable", f"no terminal: standard {', '.join(missing)}{drawn}", way_out)


def _term(terminal: Terminal) -> Finding:
    facts = terminal.facts
    wanted = "tmux-256color" if facts.tmux else "xterm-256color"
    if terminal.is_dumb:
        told = f"TERM={facts.term or '(not set)'} cannot place its cursor"
        return Finding("TERM", "unable", told, f"say what this terminal is: export TERM={wanted}")
    if terminal.terminfo is None:
        told = f"{facts.term}, which terminfo does not know"
        return Finding("TERM", "advice", told, f"install ncurses-term, or export TERM={wanted}")
    where = " over ssh" if facts.ssh else ""
    program = f" ({facts.program})" if facts.program else ""
    return Finding("TERM", "pass", f"{facts.term}{program}{where}")


def _colours(terminal: Terminal) -> Finding:
    facts = terminal.facts
    if facts.no_color:
        return Finding("colours", "pass", "none: NO_COLOR is set; words and signs tell every state")
    told = "16 million" if terminal.colours >= TRUECOLOR else str(terminal.colours or "none")
    said = f"{told} (COLORTERM={facts.colorterm})" if facts.colorterm else f"{told} (terminfo)"
    if terminal.colours >= 256:
        return Finding("colours", "pass", said)
    more = 'set -g default-terminal "tmux-256color" in tmux.conf' if facts.tmux else "export TERM=xterm-256color"
    return Finding(
        "colours", "advice", f"{said}: the terminal's own, red and yellow may look alike", f"if it has more: {more}"
    )


def _characters(terminal: Terminal) -> Finding:
    facts = terminal.facts
    told = f"{facts.locale_name or 'no locale set'}, {facts.encoding}"
    if facts.term == "linux":
        way_out = "its font lacks them; in a terminal emulator or over ssh they are there"
        return Finding("characters", "advice", f"{told}; Linux's own console: signs are drawn in ASCII", way_out)
    if not terminal.unicode:
        return Finding(
            "characters", "advice", f"{told}: signs are drawn in ASCII", "export LC_ALL=C.UTF-8 (tmux: start it so)"
        )
    return Finding("characters", "pass", told)


def _size(facts: TerminalFacts) -> Finding:
    if facts.columns is None or facts.rows is None:
        return Finding("size", "advice", "unknown", f"the console wants {SMALLEST[0]}x{SMALLEST[1]} at least")
    size = f"{facts.columns}x{facts.rows}"
    if facts.columns < SMALLEST[0] or facts.rows < SMALLEST[1]:
        return Finding("size", "unable", f"{size}: too small", f"make it {SMALLEST[0]}x{SMALLEST[1]} at least")
    if facts.columns < USUAL[0] or facts.rows < USUAL[1]:
        return Finding(
            "size", "advice", f"{size}: enough to draw, long lines are cut", f"{USUAL[0]}x{USUAL[1]} shows all"
        )
    return Finding("size", "pass", size)


def _mouse(terminal: Terminal) -> Finding:
    if terminal.facts.term == "linux" or (terminal.terminfo is not None and not terminal.terminfo.has_mouse):
        return Finding("mouse", "advice", "none", "every action has a key: ? shows them")
    return Finding("mouse", "pass", "reported; hold Shift to select text as usual")


def _clipboard(terminal: Terminal) -> Finding:
    if terminal.tmux is None:
        return Finding("clipboard", "pass", "by OSC 52, where the terminal allows it")
    how = terminal.tmux.options.get("set-clipboard", "")
    if how == "on":
        return Finding("clipboard", "pass", "tmux set-clipboard is on")
    return Finding(
        "clipboard",
        "advice",
        f"tmux set-clipboard is {how or 'unknown'}: what is copied is dropped",
        _set("-s", "set-clipboard on"),
    )


def _set(scope: str, what: str) -> str:
    return f"tmux set {scope} {what}"


def _of_tmux(terminal: Terminal) -> Iterator[Finding]:
    tmux = terminal.tmux
    if tmux is None:
        yield Finding(
            "tmux", "advice", "TMUX is set, but tmux does not answer", "its server is gone, or tmux is not in PATH"
        )
        return
    yield Finding("tmux", "pass", tmux.version)
    inner = tmux.options.get("default-terminal", "")
    good = inner.endswith("256color")
    yield _option("default-terminal", inner, "default-terminal tmux-256color", good=good, why="256 colours, italics")
    if terminal.facts.colorterm or "truecolor" in inner:
        outer = tmux.features.split(",") if tmux.features else []
        offers = " ".join(tmux.options.get(name, "") for name in ("terminal-features", "terminal-overrides"))
        good = "RGB" in outer if outer else ("RGB" in offers or ":Tc" in offers)
        read = "16 million colours are passed on" if good else "colours are brought down to 256"
        yield _option("RGB", read, "-a terminal-features ',*:RGB'", good=good, why="if the terminal has them")
    focus = tmux.options.get("focus-events", "")
    yield _option(
        "focus-events", focus, "focus-events on", good=focus == "on", why="who comes back sees a fresh screen"
    )
    waits = tmux.options.get("escape-time", "")
    quick = waits.isdecimal() and int(waits) <= _ESCAPE_MS
    yield _option("escape-time", f"{waits} ms", "escape-time 25", good=quick, why="Escape closes at once")
    bell = tmux.options.get("monitor-bell", "")
    told = "-w monitor-bell on"
    state: State = "pass" if bell == "on" else "advice"
    yield Finding(
        "monitor-bell",
        state,
        bell or "unknown",
        "" if bell == "on" else f"tmux set -g {told}: an alert marks the window",
    )


def _option(name: str, read: str, told: str, *, good: bool, why: str) -> Finding:
    return (
        Finding(name, "pass", read)
        if good
        else Finding(name, "advice", read or "unknown", f"{_set('-s', told)}: {why}")
    )
