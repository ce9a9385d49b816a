"""A tiny parent that gives the terminal back when the console dies without being able to: killed, or crashed.

Textual restores the terminal when it ends by itself. After a SIGKILL or a segmentation fault nobody would: the screen
would stay on its alternate page, the mouse would write rubbish, the cursor would be gone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import termios
from collections.abc import Callable

_MODES_OFF = (1049, 1000, 1002, 1003, 1006, 1015, 2004, 1004)
"""The alternate page, mouse reports of four kinds, bracketed paste, focus reports."""
_RESTORE = b"".join(b"\x1b[?%dl" % mode for mode in _MODES_OFF) + b"\x1b[<u\x1b[?25h\x1b[0m\r\n"
"""Modes off; then key reports back, the cursor shown, colours as they were."""
_PR_SET_PDEATHSIG = 1  # prctl(2)
_PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)


def guarded(console: Callable[[], int]) -> int:
    """Run the console in a child; return its exit code, the terminal as it was before."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _run_child(console, parent)
    for which in _PASSED_ON:
        signal.signal(which, lambda number, _frame: _pass_on(child, number))
    _, ended = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(ended)
    with contextlib.suppress(OSError, termios.error):  # the terminal itself may be gone
        if os.tcgetpgrp(terminal) == os.getpgrp():  # else it is another's now
            if code < 0:
                os.write(sys.stderr.fileno(), _RESTORE)
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)
    return code if code >= 0 else 128 - code


def _run_child(console: Callable[[], int], parent: int) -> None:
    """Be the console; it ends in an orderly way when the guard is killed."""
    code = 1
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() == parent:
            code = console()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _pass_on(child: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, number)
