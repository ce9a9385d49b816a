"""``convert`` and ``recover``: the commands that change a corpus."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.common import Globals, corpus_argument, existing_corpus, with_globals
from app.exit_codes import ExitCode
from app.headless import run_headless
from engine.jobs.registry import Order


@click.command()
@corpus_argument
@click.option("--dry-run", type=click.IntRange(min=1), metavar="N", help="Try N shards in scratch; change nothing.")
@click.option("--workers", metavar="N|auto", help="Worker processes; auto is one a usable core.")
@click.option("--floor", metavar="SIZE", help="Free space never to be undercut, such as 50GB.")
@click.option("--keep-backups", type=int, metavar="N", help="Keep the newest N originals beside their shards.")
@with_globals
def convert(
    options: Globals,
    corpus: Path,
    *,
    dry_run: int | None,
    workers: str | None,
    floor: str | None,
    keep_backups: int | None,
) -> ExitCode:
    """Convert every 48 kHz shard of CORPUS to 16 kHz mono, in place.

    An original disappears only after its own conversion stands in its place, durable and read back from the disk.
    Interrupt it whenever you like: the same command goes on.
    """
    corpus = existing_corpus(corpus)
    flags = {"convert.workers": workers, "convert.floor": floor, "convert.keep_backups": keep_backups}
    settings = options.settings(corpus, flags).settings
    order = Order("convert", corpus, settings, dry_run=dry_run)
    return run_headless(order, options.state_of(corpus), as_json=options.as_json)


@click.command()
@corpus_argument
@click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
@with_globals
def recover(options: Globals, corpus: Path, *, dry_run: bool) -> ExitCode:
    """Bring every shard of CORPUS to a known state after a crash.

    Every conversion does this first, by itself. What the recovery table does not cover is left alone and named.
    """
    corpus = existing_corpus(corpus)
    order = Order("recover", corpus, options.settings(corpus).settings, act=not dry_run)
    return run_headless(order, options.state_of(corpus), as_json=options.as_json)


COMMANDS = (convert, recover)
