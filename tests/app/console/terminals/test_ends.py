"""However the console ends, the terminal is a shell's again, and the exit code says how."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from tests.app.console.terminal import Terminal
from tests.app.console.terminals.conftest import NEEDS, Opens, Place, presses, settled
from tests.app.program import until

pytestmark = NEEDS

ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGKILL)
ENDS = {"home": ALL, "checklist": ALL, "run": (signal.SIGINT, signal.SIGSEGV)}
"""What ends a console on a run that goes on is tested elsewhere; the rest of it here."""
SCREENS = {
    "home": ((), r"\[1 Home\](?s:.*)Disk"),
    "run": (("attach",), r"NO-GO: convert(?s:.*)shard_00009(?s:.*)Open"),
    "checklist": (("checklist", "run", "sign-off"), r"NO-GO(?s:.*)Leave"),
}
CRASHES = """\
import signal

def crash(*_):
    from app.console.frame import Frame
    def heading(self):
        raise RuntimeError("a fault that nobody thought of")
    for kind in Frame.__subclasses__():
        for each in (kind, *kind.__subclasses__()):
            each.heading = heading

signal.signal(signal.SIGUSR1, crash)
"""
"""Read by every Python that finds it: from this signal on, a screen fails when it is drawn."""


def shown(terminal: Terminal, place: Place, screen: str) -> None:
    arguments, there = SCREENS[screen]
    terminal.types(f"clear; cd {place.corpus}")
    terminal.gonogo(*arguments)
    terminal.waits_for(there)
    assert terminal.modes.startswith("1")


def ended_by(terminal: Terminal, victim: psutil.Process, which: signal.Signals) -> int:
    """End one of the two processes; return the exit code that the shell saw."""
    console = terminal.programs[1]
    victim.send_signal(which)
    until(lambda: not console.is_running(), "the console's end")
    return terminal.code()


@pytest.mark.parametrize("screen", SCREENS)
def test_a_signal_to_the_console_ends_it_with_its_code_and_leaves_the_terminal_usable(
    ended: Place, opens: Opens, screen: str
) -> None:
    terminal = opens(ended.gonogo)
    for which in ENDS[screen]:
        shown(terminal, ended, screen)
        assert ended_by(terminal, terminal.programs[1], which) == 128 + which, which.name
        terminal.is_usable()


@pytest.mark.parametrize("screen", SCREENS)
def test_the_end_of_its_guard_is_its_own(ended: Place, opens: Opens, screen: str) -> None:
    terminal = opens(ended.gonogo)
    shown(terminal, ended, screen)
    assert ended_by(terminal, terminal.programs[0], signal.SIGKILL) == 128 + signal.SIGKILL
    terminal.is_usable()


@pytest.mark.parametrize("screen", SCREENS)
def test_a_crash_tells_what_it_was_below_the_prompt_and_leaves_the_terminal_usable(
    ended: Place, opens: Opens, tmp_path: Path, screen: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(CRASHES)
    terminal = opens(ended.gonogo, 120, 36, PYTHONPATH=str(tmp_path))
    shown(terminal, ended, screen)
    terminal.programs[1].send_signal(signal.SIGUSR1)
    terminal.waits_for("a fault that nobody thought of")
    terminal.is_usable()
    assert terminal.modes == "0 0 1"


def body(screen: str) -> list[str]:
    """Return all but the line of screens, which counts alerts a moment later."""
    return screen.rstrip().splitlines()[1:]


def test_ctrl_z_gives_the_shell_the_terminal_and_fg_comes_back(ended: Place, opens: Opens) -> None:
    terminal = opens(ended.gonogo)
    shown(terminal, ended, "run")
    before = settled(terminal)
    terminal.keys("C-z")
    terminal.waits_for("Stopped")
    terminal.is_usable()
    terminal.types("clear; fg")
    terminal.waits_until(lambda screen: body(screen) == body(before), f"the same screen again:\n{before}")
    presses(terminal, ("7",), r"\[7 Log\]")  # again: what is typed while the terminal is taken is dropped
    terminal.keys("q")
    terminal.waits_for(r"NO-GO: convert: 29 done")
    terminal.is_usable()
    assert terminal.modes == "0 0 1"


@pytest.mark.parametrize("whole", [False, True], ids=["console", "job"])
@pytest.mark.parametrize("which", [signal.SIGSTOP, signal.SIGTSTP])
def test_a_console_that_was_stopped_draws_again_takes_keys_and_ends_well(
    ended: Place, opens: Opens, which: signal.Signals, *, whole: bool
) -> None:
    terminal = opens(ended.gonogo)
    shown(terminal, ended, "run")
    before = settled(terminal)
    guard, console = terminal.programs
    (os.killpg if whole else os.kill)((guard if whole else console).pid, which)
    until(lambda: console.status() == psutil.STATUS_STOPPED, "a stopped console")
    if whole:
        terminal.waits_for("Stopped")
        terminal.types("clear; fg")
    else:
        console.send_signal(signal.SIGCONT)
    terminal.waits_until(lambda screen: body(screen) == body(before), f"the same screen again:\n{before}")
    presses(terminal, ("7",), r"\[7 Log\]")  # again: what is typed while the terminal is taken is dropped
    terminal.keys("2", "f", "f")
    terminal.waits_for(r"shards: trouble \(1\)")
    terminal.keys("q")
    terminal.waits_for(r"NO-GO: convert: 29 done")
    terminal.is_usable()
    assert terminal.modes == "0 0 1"
