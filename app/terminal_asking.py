"""Asking the terminal: the environment, the data base of terminals, and tmux where we are in one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from typing import Final

from app.terminal import Terminal, Terminfo, Tmux
from engine.host.terminal import terminal_facts

_TMUX_ANSWERS_S: Final = 2.0
_ASKED: Final = (
    "display-message", "-p", "version #{version}", ";", "display-message", "-p", "features #{client_termfeatures}", ";",
    "show-options", "-s", ";", "show-options", "-g", ";", "show-options", "-gw",
)  # fmt: skip


def this_terminal(env: Mapping[str, str] = os.environ) -> Terminal:
    """Look at the terminal that this process has, if it has one; where it is in tmux, starts ``tmux`` once."""
    facts = terminal_facts(env)
    return Terminal(facts, terminfo_of(facts.term), _tmux(env) if facts.tmux else None)


def terminfo_of(term: str) -> Terminfo | None:
    """Look a terminal up; None where it is not known, or this Python was built without curses."""
    try:
        import curses  # noqa: PLC0415  # it may be missing, and most commands do not ask
    except ImportError:
        return None
    try:
        curses.setupterm(term or "unknown", 2)
    except curses.error:
        return None
    can_place = curses.tigetstr("cup") is not None
    return Terminfo(max(0, curses.tigetnum("colors")), can_place, curses.tigetstr("kmous") is not None)


def _tmux(env: Mapping[str, str]) -> Tmux | None:
    try:
        done = subprocess.run(
            ["tmux", *_ASKED],  # noqa: S607  # the one that the user has
            env=dict(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TMUX_ANSWERS_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else read_answers(done.stdout.decode("utf-8", "replace"))


def read_answers(text: str) -> Tmux:
    """Read what tmux answered: lines of a name and a value, those of a list as ``name[0] value``. Pure."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        name, value = name.partition("[")[0], value.strip().strip('"')
        found[name] = f"{found[name]} {value}" if name in found else value
    return Tmux(found.pop("version", ""), found, found.pop("features", ""))
