"""The terminal as the environment describes it; data for ``doctor``, no judgement."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Mapping
from typing import IO

import msgspec


class TerminalFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a screen can expect of the terminal it is drawn on."""

    term: str
    colorterm: str
    program: str
    """TERM_PROGRAM: which terminal, or tmux, says that it is there."""
    tmux: bool
    ssh: bool
    no_color: bool
    locale_name: str
    """The locale in force for characters: LC_ALL, LC_CTYPE or LANG."""
    encoding: str
    columns: int | None
    """None where no stream is a terminal."""
    rows: int | None
    stdin_is_terminal: bool
    stdout_is_terminal: bool
    stderr_is_terminal: bool


def terminal_facts(env: Mapping[str, str] = os.environ) -> TerminalFacts:
    """Look at the standard streams and the environment."""
    size = _size()
    return TerminalFacts(
        term=env.get("TERM", ""),
        colorterm=env.get("COLORTERM", ""),
        program=env.get("TERM_PROGRAM", ""),
        tmux="TMUX" in env,
        ssh="SSH_CONNECTION" in env,
        no_color=bool(env.get("NO_COLOR")),
        locale_name=env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or "",
        encoding=locale.getencoding(),
        columns=size.columns if size else None,
        rows=size.lines if size else None,
        stdin_is_terminal=_is_terminal(sys.stdin),
        stdout_is_terminal=_is_terminal(sys.stdout),
        stderr_is_terminal=_is_terminal(sys.stderr),
    )


def _is_terminal(stream: IO[str] | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _size() -> os.terminal_size | None:
    for fd in (1, 2, 0):
        try:
            return os.get_terminal_size(fd)
        except OSError:
            continue
    return None
