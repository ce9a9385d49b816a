"""``sweep``: how many workers this machine and this disk can use."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app.cli.common import Globals, corpus_argument, existing_corpus, wants_console, with_globals
from app.console.show import open_console
from app.headless import run_headless
from engine.jobs.registry import Order

_MAX_WORKERS = 4096
"""More is a slip of the hand."""


class _Counts(click.ParamType[tuple[int, ...]]):
    """``1,2,4``: numbers of workers, each once, in order."""

    name = "counts"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        parts = str(value).split(",")
        if not all(part.strip().isdecimal() and 1 <= int(part) <= _MAX_WORKERS for part in parts):
            self.fail(f"{value!r} is no list of worker counts: wanted such as 1,2,4", param, ctx)
        return tuple(sorted({int(part) for part in parts}))


@click.command()
@corpus_argument
@click.option("--shards", type=click.IntRange(min=1), metavar="N", help="Try N shards first (default 3).")
@click.option("--counts", type=_Counts(), metavar="1,2,4", help="Worker counts; default: powers of two up to the CPUs.")
@click.option("--floor", metavar="SIZE", help="Free space never to be undercut, such as 50GB.")
@with_globals
def sweep(
    options: Globals, corpus: Path, *, shards: int | None, counts: tuple[int, ...] | None, floor: str | None
) -> int:
    """Measure how many workers CORPUS is converted fastest with.

    Shards are converted into scratch, compared and thrown away; then the same ones again with 1, 2, 4, ... workers,
    read from the disk each time, WAV and FLAC apart, until it is clear which number is best. Tells what limits (CPU
    or disk), the workers to use and how long the corpus takes; convert --workers auto begins with them. Touches no
    shard.
    """
    corpus = existing_corpus(corpus)
    settings = options.settings(corpus, {"convert.floor": floor}).settings
    order = Order("sweep", corpus, settings, dry_run=shards, counts=counts or ())
    state = options.state_of(corpus)
    if wants_console(options):
        return open_console(sys.argv[1:], state, keys=settings.keys)
    return run_headless(order, state, as_json=options.as_json)


COMMANDS = (sweep,)
