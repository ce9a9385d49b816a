"""Asking one check, written as in a checklist, the way a gate asks it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from engine.checklist.answers import Answer
from engine.checklist.around import Around
from engine.checklist.asking import ask
from engine.checklist.lists import Item
from engine.config import Settings


def around(
    corpus: Path,
    *,
    settings: Settings | None = None,
    env: Mapping[str, str] = os.environ,
    worker_env: Mapping[str, str] | None = None,
    dry_run: bool = False,
) -> Around:
    """What checks look at: a folder, with a state folder in it."""
    state = corpus / ".state"
    state.mkdir(exist_ok=True)
    return Around(
        corpus=corpus,
        state=state,
        settings=settings or Settings(),
        env=dict(env),
        worker_env=dict(env if worker_env is None else worker_env),
        dry_run=dry_run,
    )


def item(table: str, timeout: str = "60s") -> Item:
    """Read the keys of a check; raises msgspec.ValidationError as the reader of a checklist gets it."""
    asked = {"id": "x", "ask": "?", "want": "so", "kind": "machine", "fix": "mend", "source": "test"}
    return msgspec.convert({**asked, "timeout": timeout, "check": tomllib.loads(table)}, Item)


async def look(around: Around, table: str, within: str = "60s") -> Answer:
    """Ask a check, within its timeout, in this process."""
    return (await ask(item(table, within), around, apart=False)).answer
