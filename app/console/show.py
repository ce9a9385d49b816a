"""Opening the console on a run, and what is said when it closes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from app.checklist_wording import header
from app.console.guard import guarded
from app.console.launch import EngineRefusedError, start_engine
from app.endings import ending_lines, summary_of
from app.exit_codes import ExitCode, code_for, code_of
from app.streams import say
from engine.checklist.walk import Walk
from engine.errors import GonogoError
from engine.run.folder import RunFolder

if TYPE_CHECKING:  # every command imports this module, and few of them watch
    from app.console.frame import Frame
    from app.console.training.facts import Watched
    from engine.jobs.window.plan import Plan
    from engine.jobs.window.sim_corpus import Simulated


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

        app = Console(_frame_of(folder, budget_s))
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


def _frame_of(folder: RunFolder, budget_s: float | None) -> Frame:
    from app.console.run_screen import RunScreen  # noqa: PLC0415
    from app.console.watch import Watch  # noqa: PLC0415
    from app.console.window.screen import WindowScreen  # noqa: PLC0415
    from app.console.window.watch import WindowWatch  # noqa: PLC0415

    return WindowScreen(WindowWatch(folder)) if folder.record.job == "window" else RunScreen(Watch(folder), budget_s)


def simulate_in_console(plan: Plan, corpus: Simulated, speed: float | None) -> int:
    """Let a person watch a window that is played; return 0, whatever comes of it: nothing is at stake.

    Args:
        plan: its timetable.
        corpus: what is played.
        speed: seconds of it in one second of the clock on the wall; None for as fast as it goes.
    """

    def console() -> int:
        _honour_no_color()
        from app.console.app import Console  # noqa: PLC0415  # Textual: 0.3 s that only a console pays
        from app.console.window.screen import WindowScreen  # noqa: PLC0415
        from app.console.window.simulated import SimulatedWindow  # noqa: PLC0415

        source = SimulatedWindow(plan, corpus, speed)
        app = Console(WindowScreen(source))
        app.run()
        for line in source.ending:
            say(line)
        return app.return_code or 0

    return guarded(console)


def walk_in_console(walk: Walk, who: str, key: Path | None) -> int:
    """Let a person walk a checklist; return 0 for GO, 3 for NO-GO."""

    def console() -> int:
        _honour_no_color()
        from app.console.app import Console  # noqa: PLC0415  # Textual: 0.3 s that only a console pays
        from app.console.checklist.hand import Hand  # noqa: PLC0415
        from app.console.checklist.screen import ChecklistScreen  # noqa: PLC0415

        app = Console(ChecklistScreen(walk, Hand(walk, who, key)))
        app.run()
        return app.return_code or 0

    code = guarded(console)
    standing = walk.look()
    say(header(standing))
    return code or (ExitCode.OK if standing.is_go else ExitCode.GATE_CLOSED)


def watch_in_console(opening: AbstractContextManager[Watched], at_end: Callable[[Watched], int]) -> int:
    """Let a person watch training runs; return 0, or 4 where what was watched has been stopped.

    Args:
        opening: opens what is watched, in the console's own process: threads do not come along into another.
        at_end: tells what it came to, once the terminal is given back; returns 0 where that worked.
    """

    def console() -> int:
        try:
            with opening as watched:
                return _watch(watched, at_end)
        except GonogoError as error:
            say(f"gonogo: {error}")
            return code_for(error)

    return guarded(console)


def _watch(watched: Watched, at_end: Callable[[Watched], int]) -> int:
    _honour_no_color()
    from app.console.app import Console  # noqa: PLC0415  # Textual: 0.3 s that only a console pays
    from app.console.training.looks import Looks  # noqa: PLC0415
    from app.console.training.screen import TrainingScreen  # noqa: PLC0415

    looks = Looks(watched.watching, watched.reactor, watched.facts)
    app = Console(TrainingScreen(looks, watched.facts))
    app.run()
    app.has_ended()
    if looks.refused is not None:
        raise looks.refused
    if not looks.leave():
        say("a log does not answer; what was seen of it is not told")
        return app.return_code or ExitCode.SOME_FAILED
    told = at_end(watched)
    return app.return_code or (ExitCode.SAFETY_STOP if watched.reactor.stopped else told)


def _honour_no_color() -> None:
    """Choose a theme without colours before Textual is imported, which reads it then; later it is black on black."""
    if os.environ.get("NO_COLOR"):
        os.environ["TEXTUAL_THEME"] = "ansi-dark"
