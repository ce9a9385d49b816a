"""A disk that does not answer: a screen that reads it waits, the operator does not."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.app.console.terminal import Terminal

PROGRAM = """
import os, sys
from pathlib import Path
from textual.widgets import Static
from app.console.app import Console
from app.console.frame import Frame
from app.console.guard import guarded
from app.console.log.screen import LogScreen
from app.console.log.source import LogSource
from app.console.memory import MemoryFile
from engine.convert.view import Level

what, folder = sys.argv[1], Path(sys.argv[2])

class Hanging(Frame):
    TAB = "home"
    def compose_body(self):
        yield Static("the body")
    async def look(self):
        from engine.run.off_loop import off_loop
        await off_loop((folder / "fifo").read_bytes)  # blocks in the kernel: nobody writes to it
        return False

class Still(Hanging):
    async def look(self):
        if not (folder / "console.json").exists():
            (folder / "console.json").symlink_to("fifo")
        return False
    def heading(self):
        return "as ever"
    def status(self):
        return Level.GREEN, "nothing to see"
    def memory(self):
        return {"a": "b"}

def console():
    if what == "look":
        app = Console(Hanging())
    elif what == "log":
        app = Console(LogScreen(LogSource("run", folder / "fifo")))
    else:
        app = Console(Still(), memory=MemoryFile(folder))
    app.run()
    app.has_ended()
    return app.return_code or 0

sys.exit(guarded(console))
"""


@pytest.mark.parametrize("what", ["look", "log", "memory"])
@pytest.mark.parametrize(("end", "code"), [("q", 0), (signal.SIGTERM, 143)])
def test_a_console_ends_and_gives_the_terminal_back(
    home: Path, tmp_path: Path, what: str, end: str | signal.Signals, code: int
) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "program.py").write_text(PROGRAM)
    terminal = Terminal(dict(os.environ) | {"HOME": str(home)}, tmp_path, 80, 24)
    try:
        terminal.types(f"{sys.executable} program.py {what} {tmp_path}; echo ended-$?")
        terminal.waits_for("q Leave")
        if isinstance(end, str):
            terminal.keys(end)
        else:
            terminal.programs[-1].send_signal(end)
        terminal.waits_for(f"(?m)^ended-{code}$")
        terminal.is_usable()
        assert terminal.modes == "0 0 1"
    finally:
        terminal.close()
