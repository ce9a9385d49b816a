"""A real terminal: tmux on a socket of its own, keys sent, the screen read; nothing is waited for by sleeping."""

from __future__ import annotations

import re
import secrets
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from tests.app.program import until


class Terminal:
    """A shell in a terminal.

    Args:
        env: its variables.
        folder: where it begins.
        columns: how wide.
        rows: how high.
        has: variables that tell programs what this terminal is, over what tmux says of itself: TERM, COLORTERM,
            NO_COLOR, LC_ALL; one that is "" is not set.
    """

    def __init__(
        self, env: dict[str, str], folder: Path, columns: int, rows: int, *, has: Mapping[str, str] | None = None
    ) -> None:
        self._socket = f"gonogo-{secrets.token_hex(4)}"
        size = ["-x", str(columns), "-y", str(rows)]
        told = (f"{name}={value}" if value else f"-u{name}" for name, value in (has or {}).items())
        shell = ["env", *sorted(told), "PS1=$ ", "bash", "--norc"]
        self._tmux("-f", "/dev/null", "new-session", "-d", *size, *shell, env=env, cwd=folder)
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

    @property
    def title(self) -> str:
        """What programs have called the window."""
        return self._tmux("display", "-p", "#{pane_title} #{window_name}").strip()

    @property
    def programs(self) -> list[psutil.Process]:
        """What the shell has started and what that has: of a console its guard, then itself."""
        shell = psutil.Process(int(self._tmux("display", "-p", "#{pane_pid}")))
        found: list[psutil.Process] = []
        children = shell.children()
        while children:
            found.append(children[0])
            children = children[0].children()
        return found

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        columns, rows = self._tmux("display", "-p", "#{window_width} #{window_height}").split()
        return int(columns), int(rows)

    def resize(self, columns: int, rows: int) -> None:
        """Be of another size, as when somebody drags the window's corner."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def keys(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def types(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)
        self.keys("Enter")

    def gonogo(self, *args: str | Path) -> None:
        self.types(shlex.join([sys.executable, "-P", "-m", "app", *map(str, args)]))

    def waits_for(self, pattern: str) -> str:
        return self.waits_until(lambda screen: re.search(pattern, screen), f"{pattern!r} on the screen")

    def waits_until(self, condition: Callable[[str], object], what: str) -> str:
        """Wait until the screen is as it should be; return it."""
        found = ""

        def is_so() -> bool:
            nonlocal found
            found = self.screen
            return bool(condition(found))

        try:
            until(is_so, what)
        except AssertionError as late:
            raise AssertionError(f"{late}; on the screen is\n{found}") from None
        return found

    def code(self) -> int:
        """Return the exit code of what the shell has just ended."""
        word = secrets.token_hex(4)
        self.types(f"echo code-{word}-$?")
        told = self.waits_for(rf"(?m)^code-{word}-(\d+)$")
        found = re.search(rf"(?m)^code-{word}-(\d+)$", told)
        assert found is not None
        return int(found[1])

    def is_usable(self) -> None:
        """The terminal is as a shell wants it: no alternate page, no mouse, a cursor, and what is typed is seen.

        A shell that edits its lines sees to that itself: what else was changed would trouble the programs after it.
        """
        until(lambda: self.modes == "0 0 1", "the terminal's modes")
        word = secrets.token_hex(4)
        self.types(f"echo usable-{word}; stty -a")
        told = self.waits_for(rf"(?ms)^usable-{word}$.*\becho\b.*^\S*\$")
        of_terminal = told[told.index(f"\nusable-{word}") :].split()
        assert not {"-icanon", "-isig", "-echo", "-icrnl", "-ixon", "-opost"} & set(of_terminal), "it was left raw"

    def close(self) -> None:
        subprocess.run(["tmux", "-L", self._socket, "kill-server"], check=False, capture_output=True)
