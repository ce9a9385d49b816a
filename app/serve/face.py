"""The console of one tab of a browser, as a program: ``python -P -m app.serve.face --of PID [RUN]``.

Its streams are pipes to the server. Textual speaks on them by the variable TEXTUAL_DRIVER, so there is no terminal to
be asked for and none to be given back.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import resource
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.console.show import console_of, home_of
from app.exit_codes import code_for
from app.home.placing import corpus_here, place_at
from app.streams import say
from engine.errors import GonogoError
from engine.run.folder import RunFolder

if TYPE_CHECKING:
    from app.console.app import Console

_PR_SET_PDEATHSIG = 1  # prctl(2)
_MOST_BYTES = 2 << 30
"""RLIMIT_DATA, behind the bounds of :mod:`app.serve.driver`: many times what a console on the largest screen holds."""
_OOM_SCORE_ADJ = 800
"""The kernel, out of memory, takes a console before it takes a worker (500) or an engine."""


def main() -> int:
    """Show a run, or the home of the console; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m app.serve.face")
    parser.add_argument("run", nargs="?", type=Path, help="its folder")
    parser.add_argument("--state", type=Path)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--of", type=int, required=True, metavar="PID", help="the server; we end when it does")
    given = parser.parse_args()
    _end_with(given.of)
    _keep_bounds()
    try:
        console = _console(given.run, given.state, given.config)
    except GonogoError as error:
        say(f"gonogo: {error}")
        return code_for(error)
    console.run()
    return console.return_code or 0


def _console(run: Path | None, state: Path | None, config: Path | None) -> Console:
    options = () if config is None else ("--config", str(config.absolute()))
    if run is not None:
        return console_of(RunFolder.open(run), options=options)
    return home_of(place_at(corpus_here(Path.cwd()), state, config), options)


def _end_with(server: int) -> None:
    """A server that is killed can end nobody: the kernel is asked to."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != server:
        sys.exit(0)


def _keep_bounds() -> None:
    """Whoever may look can make us work: that costs this console alone, and no run beside it."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = _MOST_BYTES if hard == resource.RLIM_INFINITY else min(_MOST_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    with contextlib.suppress(OSError):  # a container may hide /proc, and who is to go first already may not go later
        Path("/proc/self/oom_score_adj").write_text(str(_OOM_SCORE_ADJ), encoding="ascii")


if __name__ == "__main__":
    sys.exit(main())
