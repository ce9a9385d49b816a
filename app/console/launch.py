"""Starting an engine as a process of its own: it outlives the console, the terminal and the login."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from app.exit_codes import ExitCode
from engine.errors import GonogoError, NoSuchRunError
from engine.run.folder import RunFolder


class EngineRefusedError(GonogoError):
    """Raised when an engine ended before it made a run; carries what it said and its exit code."""

    def __init__(self, said: str, code: int) -> None:
        super().__init__(said)
        self.code = code


class _First(msgspec.Struct):
    run: str | None


def start_engine(arguments: Sequence[str], state: Path) -> RunFolder:
    """Start ``gonogo`` headless, in a session of its own, and return its run.

    Args:
        arguments: the command line as the user gave it, without the program.
        state: where the run's folder will be.

    Raises:
        EngineRefusedError: when it made no run.
    """
    argv = [sys.executable, "-P", "-m", "app", "--no-ui", "--json", *arguments]
    with tempfile.TemporaryFile() as said:
        engine = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, start_new_session=True
        )
        assert engine.stdout is not None
        with engine.stdout as lines:  # closed after the first: the log has them all, and the engine does without us
            first = lines.readline()
        run = msgspec.json.decode(first, type=_First).run if first else None
        if run is None:
            code = engine.wait()
            said.seek(0)
            raise EngineRefusedError(said.read().decode("utf-8", "replace").strip(), code)
    engine.returncode = 0  # it is nobody's child any more: its end is its log's to tell
    try:
        return RunFolder.open(state / "runs" / run)
    except NoSuchRunError as error:
        raise EngineRefusedError(str(error), ExitCode.SOME_FAILED) from error
