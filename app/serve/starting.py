"""How the process of one console is started: its command line and its environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.serve.door import TOKEN_VARIABLE
from engine.run import read_only

_NOT_OF_A_BROWSER = ("TMUX", "TMUX_PANE", "STY", "NO_COLOR", TOKEN_VARIABLE)
"""Of the terminal that the server was started in, and what no console needs to know."""
_OF_A_BROWSER = {
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "LC_ALL": "C.UTF-8",
    "PYTHONUTF8": "1",
    "TEXTUAL_DRIVER": "app.serve.driver:BoundedDriver",
}


@dataclass(frozen=True, slots=True)
class Face:
    """What is shown to a browser, as ``app.serve.face`` takes it."""

    run: Path | None
    """The run's folder; None for the home of the console."""
    read_only: bool
    state: Path | None = None
    config: Path | None = None

    @property
    def argv(self) -> Sequence[str]:
        """The program and its arguments."""
        run = () if self.run is None else ("--", str(self.run))
        state = () if self.state is None else ("--state", str(self.state))
        config = () if self.config is None else ("--config", str(self.config))
        return (sys.executable, "-P", "-m", "app.serve.face", "--of", str(os.getpid()), *state, *config, *run)

    def environment(self, around: Mapping[str, str]) -> dict[str, str]:
        """Return the variables that it runs with, made from those of the server."""
        kept = {name: value for name, value in around.items() if name not in _NOT_OF_A_BROWSER}
        return {**kept, **_OF_A_BROWSER, **({read_only.VARIABLE: "1"} if self.read_only else {})}
