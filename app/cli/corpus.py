"""``init``, ``inventory`` and ``demo``: getting to know a corpus."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path
from typing import Final

import click

from app.checklist_wording import header
from app.cli.checklist.common import walk_of
from app.cli.common import Globals, corpus_argument, existing_corpus, with_globals
from app.exit_codes import ExitCode
from app.headless import run_headless
from app.streams import say
from engine.config import FILE_NAME, CorpusFacts, Settings, commented_toml
from engine.crew.artifacts import artifact
from engine.errors import UsageError
from engine.jobs.registry import Order
from engine.run.read_only import refuse_changes
from engine.shards.layout import Discovery, find_shards
from engine.units import counted


@click.command()
@corpus_argument
@with_globals
def init(options: Globals, corpus: Path) -> ExitCode:
    """Write a commented gonogo.toml for CORPUS."""
    corpus = existing_corpus(corpus)
    found = write_config(corpus, options.settings(None).settings)
    for warning in found.warnings:
        say(f"warning: {warning}")
    sources = len({place.source for place in found.shards})
    bound = "every setting is at its default; [gates] binds convert.start and clean.start to their checklists"
    say(f"{corpus / FILE_NAME}: {counted(len(found.shards), 'shard')} in {counted(sources, 'source')}; {bound}")
    return ExitCode.OK


def write_config(corpus: Path, settings: Settings, **values: int) -> Discovery:
    """Write the commented gonogo.toml of a corpus, with some values set, and return what was found there.

    Raises:
        UsageError: when there is one already.
        ReadOnlyError: when this program changes nothing.
    """
    refuse_changes(f"{corpus / FILE_NAME} would be written")
    target = corpus / FILE_NAME
    found = find_shards(corpus, settings.layout)
    sources = Counter(place.source for place in found.shards)
    try:
        with target.open("x", encoding="utf-8") as out:
            text = commented_toml(CorpusFacts(corpus.name, dict(sources)))
            for key, value in values.items():
                text = re.sub(rf"(?m)^# ({key}) = .*$", rf"\1 = {value}", text)
            out.write(text)
    except FileExistsError:
        raise UsageError(f"{target} is there already, and it is not overwritten; edit it, or move it away") from None
    return found


@click.command()
@corpus_argument
@click.option("--workers", metavar="N|auto", help="Worker processes; auto is one a usable core.")
@click.option("--full", is_flag=True, help="Walk large tars too, which are sampled else: every number is exact then.")
@with_globals
def inventory(options: Globals, corpus: Path, *, workers: str | None, full: bool) -> ExitCode:
    """Find every shard of CORPUS and tell what it needs.

    Touches no shard. Writes inventory.parquet beside the runs; cut off, it goes on where it was.
    """
    corpus = existing_corpus(corpus)
    settings = options.settings(corpus, {"convert.workers": workers}).settings
    order = Order("inventory", corpus, settings, full=full)
    return run_headless(order, options.state_of(corpus), as_json=options.as_json)


_DEMO_KEEPS: Final = 2
"""Originals that the demo keeps, so that there is something to clean away."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default="gonogo-demo")
@with_globals
def demo(options: Globals, folder: Path) -> int:
    """Make a small corpus in FOLDER and run the whole window on it: conversion, training artifacts, clean-up.

    The clips are recordings found on this machine, else synthesised speech. Where a gate is shut, the demo answers
    for people who are not there, signs with throw-away keys of its own, and goes on.
    """
    from app.demo.corpus import make_demo_corpus  # noqa: PLC0415  # needs numpy and pyarrow; nothing else here does

    refuse_changes(f"{folder} would be made a demo corpus")
    made = make_demo_corpus(folder)
    again = "is there already" if made.reused else "made"
    shards = ", ".join(f"{source} ({count} shards)" for source, count in made.shards.items())
    material = ", ".join(f"{count} from {origin}" for origin, count in made.material.items())
    say(f"{folder}: demo corpus {again}: {shards}; {made.duration_s:.0f} s of audio, {made.clips} clips: {material}")
    corpus, state = folder.absolute(), options.state_of(folder.absolute())
    if not (corpus / FILE_NAME).exists():
        write_config(corpus, options.settings(None).settings, keep_backups=_DEMO_KEEPS)
    settings = options.settings(corpus).settings
    # Where all is converted there is nothing to try either, and the gate before a conversion wants a dry run.
    first = "validate" if artifact(state, "validation.json").exists() else ""
    code = run_headless(Order("window", corpus, settings, from_step=first), state, as_json=options.as_json)
    for gate in ("convert.start", "clean.start"):
        if code is not ExitCode.GATE_CLOSED or not _sign_off(options, corpus, gate):
            break
        code = run_headless(Order("window", corpus, settings), state, as_json=options.as_json)
    return code


def _sign_off(options: Globals, corpus: Path, gate: str) -> bool:
    """Walk the list that is bound to a gate as the demo's own people; tell whether it says GO."""
    from app.demo.signoff import sign_off  # noqa: PLC0415  # reads the reports of sweep and validation

    bound = options.settings(corpus).settings.gates.get(gate)
    if bound is None:
        return False
    walk = walk_of(options, corpus, bound)
    asyncio.run(walk.refresh())
    say(sign_off(walk))
    standing = walk.look()
    say(header(standing))
    return standing.is_go


COMMANDS = (init, inventory, demo)
