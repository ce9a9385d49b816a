"""The run that a command line means, for commands on a run."""

from __future__ import annotations

from pathlib import Path

from app.cli.common import Globals
from app.window_look import window_of
from engine.run.folder import RunFolder, find_run


def named_run(options: Globals, run: str | None, corpus: Path | None, *, living: bool = False) -> RunFolder:
    """Find a run by what was named of it; without a name the newest, or the window that it is a step of.

    Args:
        options: of the command line; its state folder is looked in, where it has one.
        run: an id, a part of one, or a run's folder.
        corpus: only runs on this corpus.
        living: prefer those whose engine is alive.

    Raises:
        NoSuchRunError: when no run, or more than one, is meant.
    """
    state = options.state_of(corpus) if corpus is not None or options.state is not None else None
    found = find_run(run, state_dir=state, living=living)
    return window_of(found) if run is None else found
