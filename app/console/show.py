"""Opening the console on a run, and what is said when it closes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from app.checklist_wording import header
from app.console.guard import guarded
from app.console.launch import EngineRefusedError, start_engine
from app.endings import ending_lines, summary_of
from app.exit_codes import ExitCode, code_of
from app.streams import say
from engine.checklist.walk import Walk
from engine.run.folder import RunFolder


def has_terminal() -> bool:
    """Tell whether a console can be drawn and driven here: Textual draws on stderr."""
    return sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()


def open_console(arguments: Sequence[str], state: Path, budget_s: float | None = None) -> int:
    """Start an engine with a user's command line and show its run."""
    try:
        folder = start_engine(arguments, state)
    except EngineRefusedError as error:
        say(str(error))
        return error.code
    return show_run(folder, budget_s)


def show_run(folder: RunFolder, budget_s: float | None = None) -> int:
    """Show a run until its viewer leaves; return the exit code of the run where it has ended."""

    def console() -> int:
        _honour_no_color()
        from app.console.app import Console  # noqa: PLC0415  # Textual: 0.3 s that only a console pays
        from app.console.watch import Watch  # noqa: PLC0415

        app = Console(Watch(folder), budget_s)
        app.run()
        return app.return_code or 0

    code = guarded(console)
    if folder.is_alive():
        say(f"the run goes on: gonogo attach {folder.run_id}")
        return code
    summary = summary_of(folder)
    if summary is None:
        say(f"{folder.run_id} ended without a summary; run it again and it goes on")
        return code or ExitCode.SOME_FAILED
    for line in ending_lines(folder):
        say(line)
    return code or code_of(summary.outcome)


def walk_in_console(walk: Walk, who: str, key: Path | None) -> int:
    """Let a person walk a checklist; return 0 for GO, 3 for NO-GO."""

    def console() -> int:
        _honour_no_color()
        from app.console.checklist.app import ChecklistConsole  # noqa: PLC0415  # Textual: 0.3 s that only a console pays

        app = ChecklistConsole(walk, who, key)
        app.run()
        return app.return_code or 0

    code = guarded(console)
    standing = walk.look()
    say(header(standing))
    return code or (ExitCode.OK if standing.is_go else ExitCode.GATE_CLOSED)


def _honour_no_color() -> None:
    """Choose a theme without colours before Textual is imported, which reads it then; later it is black on black."""
    if os.environ.get("NO_COLOR"):
        os.environ["TEXTUAL_THEME"] = "ansi-dark"
