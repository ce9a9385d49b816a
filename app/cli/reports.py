"""``validate``: the report on which a conversion is signed off."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app.cli.common import Globals, corpus_argument, existing_corpus, wants_console, with_globals
from app.console.show import open_console
from app.headless import run_headless
from engine.jobs.registry import Order


@click.command()
@corpus_argument
@click.option("--spot-checks", type=click.IntRange(min=0), metavar="N", help="Decode N clips of each shard.")
@click.option("--full", is_flag=True, help="Read every byte of the converted tars against its recorded hash.")
@click.option("--workers", metavar="N|auto", help="Worker processes; auto is one a usable core.")
@with_globals
def validate(options: Globals, corpus: Path, *, spot_checks: int | None, full: bool, workers: str | None) -> int:
    """Open every shard of CORPUS and write the conversion validation report.

    Touches no shard. GO (0) only where nothing is pending, quarantined or failed, every decoded clip passed, the hours
    after are the hours before, and nothing differs from what is on record; otherwise NO-GO (1) with the reasons.
    """
    corpus = existing_corpus(corpus)
    flags = {"convert.spot_checks": spot_checks, "convert.workers": workers}
    order = Order("validate", corpus, options.settings(corpus, flags).settings, full=full)
    state = options.state_of(corpus)
    if wants_console(options):
        return open_console(sys.argv[1:], state, keys=order.settings.keys)
    return run_headless(order, state, as_json=options.as_json)


COMMANDS = (validate,)
