"""``init``, ``inventory`` and ``demo``: getting to know a corpus."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from app.cli.common import Globals, corpus_argument, existing_corpus, wants_console, with_globals
from app.console.show import open_console
from app.exit_codes import ExitCode
from app.headless import run_headless
from app.streams import say
from engine.config import FILE_NAME, CorpusFacts, commented_toml
from engine.errors import UsageError
from engine.jobs.registry import Order
from engine.shards.layout import find_shards


@click.command()
@corpus_argument
@with_globals
def init(options: Globals, corpus: Path) -> ExitCode:
    """Write a commented gonogo.toml for CORPUS."""
    corpus = existing_corpus(corpus)
    target = corpus / FILE_NAME
    found = find_shards(corpus, options.settings(None).settings.layout)
    sources = Counter(place.source for place in found.shards)
    try:
        with target.open("x", encoding="utf-8") as out:
            out.write(commented_toml(CorpusFacts(corpus.name, dict(sources))))
    except FileExistsError:
        raise UsageError(f"{target} is there already, and it is not overwritten; edit it, or move it away") from None
    for warning in found.warnings:
        say(f"warning: {warning}")
    say(f"{target}: {len(found.shards):,} shards in {len(sources):,} sources; every setting is at its default")
    return ExitCode.OK


@click.command()
@corpus_argument
@click.option("--workers", metavar="N|auto", help="Worker processes; auto is one a usable core.")
@with_globals
def inventory(options: Globals, corpus: Path, workers: str | None) -> ExitCode:
    """Find every shard of CORPUS and tell what it needs.

    Touches no shard. Writes inventory.parquet beside the runs; cut off, it goes on where it was.
    """
    corpus = existing_corpus(corpus)
    order = Order("inventory", corpus, options.settings(corpus, {"convert.workers": workers}).settings)
    return run_headless(order, options.state_of(corpus), as_json=options.as_json)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default="gonogo-demo")
@with_globals
def demo(options: Globals, folder: Path) -> int:
    """Make a small corpus in FOLDER and convert it.

    The clips are recordings found on this machine, else synthesised speech.
    """
    from app.demo.corpus import make_demo_corpus  # noqa: PLC0415  # needs numpy and pyarrow; nothing else here does

    made = make_demo_corpus(folder)
    again = "is there already" if made.reused else "made"
    shards = ", ".join(f"{source} ({count} shards)" for source, count in made.shards.items())
    material = ", ".join(f"{count} from {origin}" for origin, count in made.material.items())
    say(f"{folder}: demo corpus {again}: {shards}; {made.duration_s:.0f} s of audio, {made.clips} clips: {material}")
    corpus = folder.absolute()
    settings = options.settings(corpus).settings
    state = options.state_of(corpus)
    code = run_headless(Order("inventory", corpus, settings), state, as_json=options.as_json)
    if code is ExitCode.OK and wants_console(options):
        return open_console(["convert", str(corpus), "--state", str(state)], state, settings.convert.budget_s)
    if code is ExitCode.OK:
        code = run_headless(Order("convert", corpus, settings), state, as_json=options.as_json)
    return code


COMMANDS = (init, inventory, demo)
