"""A real terminal: tmux on a socket of its own, keys sent, the screen read; nothing is waited for by sleeping."""

from __future__ import annotations

import re
import secrets
import shlex
import subprocess
import sys
from pathlib import Path

from tests.app.program import until


class Terminal:
    def __init__(self, env: dict[str, str], folder: Path, columns: int, rows: int) -> None:
        self._socket = f"gonogo-{secrets.token_hex(4)}"
        size = ["-x", str(columns), "-y", str(rows)]
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", *size, "env", "PS1=$ ", "bash", "--norc", env=env, cwd=folder
        )
        self.waits_for(r"\$")

    def _tmux(self, *args: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *args], env=env, cwd=cwd, capture_output=True, text=True, check=True
        )
        return done.stdout

    @property
    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    @property
    def styled(self) -> str:
        """The screen with its colours, as escape sequences."""
        return self._tmux("capture-pane", "-e", "-p")

    @property
    def modes(self) -> str:
        """Alternate page, mouse, cursor."""
        return self._tmux("display", "-p", "#{alternate_on} #{mouse_any_flag} #{cursor_flag}").strip()

    def keys(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def types(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)
        self.keys("Enter")

    def gonogo(self, *args: str | Path) -> None:
        self.types(shlex.join([sys.executable, "-P", "-m", "app", *map(str, args)]))

    def waits_for(self, pattern: str) -> str:
        found = ""

        def is_there() -> bool:
            nonlocal found
            found = self.screen
            return re.search(pattern, found) is not None

        try:
            until(is_there, f"{pattern!r} on the screen")
        except AssertionError as late:
            raise AssertionError(f"{late}; on the screen is\n{found}") from None
        return found

    def is_usable(self) -> None:
        """The terminal is as a shell wants it: no alternate page, no mouse, a cursor, and what is typed is seen."""
        until(lambda: self.modes == "0 0 1", "the terminal's modes")
        word = secrets.token_hex(4)
        self.types(f"echo usable-{word}")
        self.waits_for(rf"(?m)^usable-{word}$")

    def close(self) -> None:
        subprocess.run(["tmux", "-L", self._socket, "kill-server"], check=False, capture_output=True)
