"""``init``, ``inventory`` and ``demo``: getting to know a corpus."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import click

from app.checklist_wording import header
from app.cli.checklist.common import walk_of
from app.cli.common import Globals, corpus_argument, existing_corpus, wants_console, with_globals
from app.console.show import open_console
from app.exit_codes import ExitCode
from app.headless import run_headless
from app.streams import say
from engine.config import FILE_NAME, CorpusFacts, Settings, commented_toml
from engine.errors import UsageError
from engine.jobs.registry import Order
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


def write_config(corpus: Path, settings: Settings) -> Discovery:
    """Write the commented gonogo.toml of a corpus, and return what was found there.

    Raises:
        UsageError: when there is one already.
    """
    target = corpus / FILE_NAME
    found = find_shards(corpus, settings.layout)
    sources = Counter(place.source for place in found.shards)
    try:
        with target.open("x", encoding="utf-8") as out:
            out.write(commented_toml(CorpusFacts(corpus.name, dict(sources))))
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


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default="gonogo-demo")
@with_globals
def demo(options: Globals, folder: Path) -> int:
    """Make a small corpus in FOLDER, sign its checklist off and convert it.

    The clips are recordings found on this machine, else synthesised speech. The demo answers for a person who is not
    there, and signs with a throw-away key of its own.
    """
    from app.demo.corpus import make_demo_corpus  # noqa: PLC0415  # needs numpy and pyarrow; nothing else here does
    from app.demo.inventory import pending_in  # noqa: PLC0415

    made = make_demo_corpus(folder)
    again = "is there already" if made.reused else "made"
    shards = ", ".join(f"{source} ({count} shards)" for source, count in made.shards.items())
    material = ", ".join(f"{count} from {origin}" for origin, count in made.material.items())
    say(f"{folder}: demo corpus {again}: {shards}; {made.duration_s:.0f} s of audio, {made.clips} clips: {material}")
    corpus = folder.absolute()
    if not (corpus / FILE_NAME).exists():
        write_config(corpus, options.settings(None).settings)
    settings = options.settings(corpus).settings
    state = options.state_of(corpus)
    as_json = options.as_json
    code = run_headless(Order("inventory", corpus, settings), state, as_json=as_json)
    pending = pending_in(state) if code is ExitCode.OK else 0
    if pending:
        code = run_headless(Order("sweep", corpus, settings), state, as_json=as_json)
    if code is not ExitCode.OK:
        return code
    is_go = _sign_off(options, corpus, pending)
    if not is_go and not pending:
        say("every shard is converted already; another start would want a dry run, and there is nothing to try")
        return ExitCode.OK
    if wants_console(options):
        return open_console(["convert", str(corpus), "--state", str(state)], state, settings.convert.budget_s)
    return run_headless(Order("convert", corpus, settings), state, as_json=as_json)


def _sign_off(options: Globals, corpus: Path, pending: int) -> bool:
    """Walk the list that is bound to the conversion's gate as the demo's own person; tell whether it says GO."""
    from app.demo.signoff import sign_off  # noqa: PLC0415  # reads the sweep's report: engine.convert's events

    bound = options.settings(corpus).settings.gates.get("convert.start")
    if bound is None:
        return True
    walk = walk_of(options, corpus, bound)
    asyncio.run(walk.refresh())
    say(sign_off(walk, pending))
    standing = walk.look()
    say(header(standing))
    return standing.is_go


COMMANDS = (init, inventory, demo)
