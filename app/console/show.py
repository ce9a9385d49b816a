"""Opening the console on a run, and what is said when it closes."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.console.guard import guarded
from app.console.launch import EngineRefusedError, start_engine
from app.endings import ending_lines, summary_of
from app.exit_codes import ExitCode, code_for, code_of
from app.streams import say
from app.terminal import Terminal
from app.terminal_asking import terminfo_of
from engine.errors import GonogoError
from engine.host.terminal import terminal_facts
from engine.run.folder import RunFolder
from engine.run.read_only import is_read_only

if TYPE_CHECKING:  # every command imports this module, and few of them watch
    from app.console.app import Console
    from app.console.frame import Frame
    from app.console.keymap import Keymap
    from app.console.place_rooms import PlaceRooms
    from app.console.training.facts import Watched
    from app.home.values import Place
    from engine.checklist.walk import Walk
    from engine.config import BoundKeys
    from engine.jobs.window.plan import Plan
    from engine.jobs.window.sim_corpus import Simulated

_COLLECTS_EACH: Final = (10_000, 20, 50)
"""How many objects between two looks for reference cycles: of a run of 100,000 shards a million are made at once, none
of them in a cycle, and Python's own 700 doubles the time that this takes."""


def has_terminal() -> bool:
    """Tell whether a console can be drawn and driven here: Textual draws on stderr, and puts the cursor anywhere."""
    return sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty() and _terminal().can_draw


def open_console(
    arguments: Sequence[str], state: Path, budget_s: float | None = None, *, keys: Mapping[str, BoundKeys]
) -> int:
    """Start an engine with a user's command line and show its run.

    Args:
        arguments: the command line.
        state: where the run's folder will be.
        budget_s: what it may take, where somebody said so.
        keys: those of ``[keys]``; where they cannot be had, no engine is started either.

    Raises:
        ConfigError: when they cannot.
    """
    _choose_colours()
    _keymap(keys)
    try:
        folder = start_engine(arguments, state)
    except EngineRefusedError as error:
        say(str(error))
        return error.code
    return show_run(folder, budget_s)


def show_run(folder: RunFolder, budget_s: float | None = None, options: Sequence[str] = ()) -> int:
    """Show a run until its viewer leaves; return the exit code of the run where it has ended."""
    code = _drawn(lambda: console_of(folder, budget_s, options))
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


def console_of(folder: RunFolder, budget_s: float | None = None, options: Sequence[str] = ()) -> Console:
    """Return a console that opens on a run, or where the last one on it was closed."""
    from app.console.place_rooms import PlaceRooms  # noqa: PLC0415  # Textual: 0.3 s that only a console pays
    from app.home.placing import place_of  # noqa: PLC0415

    rooms = PlaceRooms(place_of(folder), options, budget_s=budget_s)
    return _console(rooms.run(folder), rooms)


def home_of(place: Place, options: Sequence[str] = ()) -> Console:
    """Return a console that opens at home."""
    from app.console.place_rooms import PlaceRooms  # noqa: PLC0415  # as above

    rooms = PlaceRooms(place, options)
    home = rooms.make("home")
    assert not isinstance(home, str)  # there always is one
    return _console(home, rooms)


def show_home(place: Place, options: Sequence[str] = ()) -> int:
    """Show a place until its viewer leaves."""
    return _drawn(lambda: home_of(place, options))


def _console(first: Frame, rooms: PlaceRooms | None = None, keys: Mapping[str, BoundKeys] | None = None) -> Console:
    """Return a console that is drawn as this terminal can.

    Args:
        first: what it opens on.
        rooms: makes the other screens.
        keys: those of ``[keys]``; None for those of the place, or of the corpus that the current folder is in.

    Raises:
        ConfigError: when the keys cannot be had.
    """
    from app.console.app import Console  # noqa: PLC0415  # as above
    from app.console.memory import MemoryFile  # noqa: PLC0415

    memory = MemoryFile(rooms.place.state) if rooms is not None else None
    if keys is None:
        keys = rooms.place.settings.keys if rooms is not None else _keys_here()
    return Console(
        first,
        rooms,
        memory,
        ascii_only=not _terminal().unicode,
        read_only=is_read_only(),
        keymap=_keymap(keys),
    )


def _keys_here() -> Mapping[str, BoundKeys]:
    from app.home.placing import corpus_here, place_at  # noqa: PLC0415  # as above

    return place_at(corpus_here(Path.cwd())).settings.keys


def _keymap(keys: Mapping[str, BoundKeys]) -> Keymap | None:
    """Return what the operator bound anew, or None for nothing: to judge it takes all screens, which few want at once.

    Raises:
        ConfigError: when it cannot be had.
    """
    if not keys:
        return None
    from app.console.rebinding import keymap_of  # noqa: PLC0415

    return keymap_of(keys)


def _drawn(make: Callable[[], Console]) -> int:
    """Draw a console in a child of its own until it ends; return its exit code."""

    def console() -> int:
        _choose_colours()
        gc.set_threshold(*_COLLECTS_EACH)
        try:
            app = make()
        except GonogoError as error:
            return _refused(error)
        app.run()
        return app.return_code or 0

    return guarded(console)


def _refused(error: GonogoError) -> int:
    """Say why nothing is shown; return the exit code."""
    say(f"gonogo: {error}")
    return code_for(error)


def simulate_in_console(plan: Plan, corpus: Simulated, speed: float | None, *, keys: Mapping[str, BoundKeys]) -> int:
    """Let a person watch a window that is played; return 0, whatever comes of it: nothing is at stake.

    Args:
        plan: its timetable.
        corpus: what is played.
        speed: seconds of it in one second of the clock on the wall; None for as fast as it goes.
        keys: those of ``[keys]``.
    """

    def console() -> int:
        _choose_colours()
        from app.console.window.screen import WindowScreen  # noqa: PLC0415  # as above
        from app.console.window.simulated import SimulatedWindow  # noqa: PLC0415

        source = SimulatedWindow(plan, corpus, speed)
        try:
            app = _console(WindowScreen(source), keys=keys)
        except GonogoError as error:
            return _refused(error)
        app.run()
        for line in source.ending:
            say(line)
        return app.return_code or 0

    return guarded(console)


def walk_in_console(walk: Walk, who: str, key: Path | None) -> int:
    """Let a person walk a checklist; return 0 for GO, 3 for NO-GO."""

    def console() -> Console:
        from app.console.checklist.hand import Hand  # noqa: PLC0415  # as above
        from app.console.checklist.screen import ChecklistScreen  # noqa: PLC0415
        from app.console.place_rooms import PlaceRooms  # noqa: PLC0415
        from app.home.values import Place  # noqa: PLC0415

        around = walk.around
        rooms = PlaceRooms(Place(around.corpus, around.state, around.settings), who=who, key=key)
        return _console(ChecklistScreen(walk, Hand(walk, who, key)), rooms)

    from app.checklist_wording import header  # noqa: PLC0415  # --help is to be quick

    code = _drawn(console)
    standing = walk.look()
    say(header(standing))
    return code or (ExitCode.OK if standing.is_go else ExitCode.GATE_CLOSED)


def watch_in_console(
    opening: AbstractContextManager[Watched], at_end: Callable[[Watched], int], *, keys: Mapping[str, BoundKeys]
) -> int:
    """Let a person watch training runs; return 0, or 4 where what was watched has been stopped.

    Args:
        opening: opens what is watched, in the console's own process: threads do not come along into another.
        at_end: tells what it came to, once the terminal is given back; returns 0 where that worked.
        keys: those of ``[keys]``.
    """

    def console() -> int:
        try:
            with opening as watched:
                return _watch(watched, at_end, keys)
        except GonogoError as error:
            return _refused(error)

    return guarded(console)


def _watch(watched: Watched, at_end: Callable[[Watched], int], keys: Mapping[str, BoundKeys]) -> int:
    _choose_colours()
    from app.console.training.looks import Looks  # noqa: PLC0415  # as above
    from app.console.training.screen import TrainingScreen  # noqa: PLC0415

    looks = Looks(watched.watching, watched.reactor, watched.facts)
    app = _console(TrainingScreen(looks, watched.facts), keys=keys)
    app.run()
    app.has_ended()
    if looks.refused is not None:
        raise looks.refused
    if not looks.leave():
        say("a log does not answer; what was seen of it is not told")
        return app.return_code or ExitCode.SOME_FAILED
    told = at_end(watched)
    return app.return_code or (ExitCode.SAFETY_STOP if watched.reactor.stopped else told)


def _terminal() -> Terminal:
    facts = terminal_facts()
    return Terminal(facts, terminfo_of(facts.term))


def _choose_colours() -> None:
    """Say how many colours there are before Textual is imported, which asks then; later it is black on black."""
    terminal = _terminal()
    os.environ.setdefault("TEXTUAL_COLOR_SYSTEM", terminal.color_system)
    if terminal.theme_default.startswith("ansi"):
        os.environ.setdefault("TEXTUAL_THEME", terminal.theme_default)
