"""``clean``: what a conversion kept and left behind is deleted, once a report and a signature say that it may."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.common import Globals, corpus_argument, existing_corpus, with_globals
from app.exit_codes import ExitCode
from app.headless import run_headless
from engine.jobs.registry import Order


@click.command()
@corpus_argument
@click.option("--dry-run", is_flag=True, help="Say what would go; ask no gate, change nothing.")
@click.option("--workers", metavar="N|auto", help="Worker processes; auto is one a usable core.")
@with_globals
def clean(options: Globals, corpus: Path, *, dry_run: bool, workers: str | None) -> ExitCode:
    """Delete the kept originals of CORPUS that its validation report covers, temporary files and scratch.

    What goes cannot be had back: it starts only when the checklist that gonogo.toml binds to clean.start says GO,
    signed. An original goes where the newest validation report says GO and is newer than every conversion, the shard
    is what that report saw, and every byte of the converted tar, read once more, is on record. The rest is left and
    named.
    """
    corpus = existing_corpus(corpus)
    settings = options.settings(corpus, {"convert.workers": workers}).settings
    order = Order("clean", corpus, settings, act=not dry_run)
    return run_headless(order, options.state_of(corpus), as_json=options.as_json)


COMMANDS = (clean,)
