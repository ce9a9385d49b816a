"""Which corpus somebody means who names none, and what is known of its place before anything is looked at."""

from __future__ import annotations

import os
from pathlib import Path

from app.home.values import Place
from engine.config import Settings, load_settings
from engine.errors import GonogoError
from engine.run.folder import RunFolder, all_runs
from engine.run.places import state_dir_for, user_config_dir

_MARKS = ("gonogo.toml", ".gonogo")


def corpus_here(folder: Path) -> Path | None:
    """Return the corpus that a folder is in; else that of the newest run, the living first; None for none."""
    for each in (folder, *folder.parents):
        if any((each / mark).exists() for mark in _MARKS):
            return each
    runs = [run for run in all_runs() if run.record.corpus is not None and Path(run.record.corpus).is_dir()]
    alive = [run for run in runs if run.is_alive()]
    newest = max(alive or runs, key=lambda run: run.record.created, default=None)
    return Path(newest.record.corpus) if newest is not None and newest.record.corpus is not None else None


def place_at(corpus: Path | None, state: Path | None = None, config: Path | None = None) -> Place:
    """Return a place; settings that cannot be read are the defaults, and why is told."""
    where = state_dir_for(corpus, state)
    try:
        return Place(corpus, where, load_settings(corpus, config, os.environ, {}, user_config_dir()).settings)
    except (GonogoError, OSError) as error:
        return Place(corpus, where, Settings(), str(error))


def place_of(folder: RunFolder) -> Place:
    """Return the place of a run."""
    corpus = folder.record.corpus
    is_there = corpus is not None and Path(corpus).is_dir()
    return place_at(Path(corpus) if corpus is not None and is_there else None, folder.path.parent.parent)
