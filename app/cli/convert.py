"""``convert`` and ``recover``: the commands that change a corpus."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app.cli.checklist.common import signer_options
from app.cli.checklist.override import sign_override, without_override
from app.cli.common import Globals, corpus_argument, existing_corpus, wants_console, with_globals
from app.console.show import open_console
from app.exit_codes import ExitCode
from app.headless import run_headless
from engine.jobs.registry import Order


@click.command()
@corpus_argument
@click.option("--dry-run", type=click.IntRange(min=1), metavar="N", help="Try N shards in scratch; change nothing.")
@click.option("--workers", metavar="N|auto", help="Worker processes; auto follows the pace.")
@click.option("--floor", metavar="SIZE", help="Free space never to be undercut, such as 50GB.")
@click.option("--keep-backups", type=int, metavar="N", help="Keep the newest N originals beside their shards.")
@click.option("--budget", metavar="TIME", help="Time that it may take, such as 4h; the console shows it.")
@click.option("--override", metavar="REASON", help="Open the gate once against its checklist, with your signature.")
@signer_options
@with_globals
def convert(
    options: Globals,
    corpus: Path,
    *,
    dry_run: int | None,
    workers: str | None,
    floor: str | None,
    keep_backups: int | None,
    budget: str | None,
    override: str | None,
    who: str,
    key: Path | None,
) -> int:
    """Convert every 48 kHz shard of CORPUS to 16 kHz mono, in place.

    An original disappears only after its own conversion stands in its place, durable and read back from the disk.
    Interrupt it whenever you like: the same command goes on.

    Where gonogo.toml binds the gate convert.start to a checklist, it starts only when that says GO. An override is
    signed with --as and --key, opens the gate for one start, and is shown in red ever after.
    """
    corpus = existing_corpus(corpus)
    flags = {
        "convert.workers": workers,
        "convert.floor": floor,
        "convert.keep_backups": keep_backups,
        "convert.budget": budget,
    }
    settings = options.settings(corpus, flags).settings
    state = options.state_of(corpus)
    if override is not None:
        sign_override(options, corpus, "convert", override, who=who, key=key)
    if wants_console(options):
        arguments = without_override(sys.argv[1:])
        return open_console(arguments, state, settings.convert.budget_s, keys=settings.keys)
    return run_headless(Order("convert", corpus, settings, dry_run=dry_run), state, as_json=options.as_json)


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
