"""``manifest``, ``split``, ``benchmark``, ``buckets``, ``export``, ``report``: what training takes from a corpus."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app.cli.common import Globals, corpus_argument, existing_corpus, wants_console, with_globals
from app.console.show import open_console
from app.headless import run_headless
from engine.config import EXPORTS
from engine.jobs.registry import Order


def _run(options: Globals, job: str, corpus: Path, flags: dict[str, object]) -> int:
    corpus = existing_corpus(corpus)
    order = Order(job, corpus, options.settings(corpus, flags).settings)
    state = options.state_of(corpus)
    if wants_console(options):
        return open_console(sys.argv[1:], state, keys=order.settings.keys)
    return run_headless(order, state, as_json=options.as_json)


@click.command()
@corpus_argument
@click.option("--workers", metavar="N|auto", help="Worker processes; auto is one a usable core.")
@with_globals
def manifest(options: Globals, corpus: Path, *, workers: str | None) -> int:
    """List every clip of every shard of CORPUS in one table: where it lies, how long it is, what is said in it.

    Hashes of converted clips come from their conversion; other shards are read for them. Clips without metadata,
    metadata without a clip and duplicates are in the table and told of. NO-GO (1) where something could not be read.
    """
    return _run(options, "manifest", corpus, {"convert.workers": workers})


@click.command()
@corpus_argument
@click.option("--dev-hours", type=float, metavar="H", help="Hours to choose models by.")
@click.option("--test-hours", type=float, metavar="H", help="Hours to report results on.")
@with_globals
def split(options: Globals, corpus: Path, *, dev_hours: float | None, test_hours: float | None) -> int:
    """Share CORPUS out over train, dev and test, so that no recording is in two of them.

    Clips of one video and clips that are the same byte for byte stay together. What a clip's split is stands in
    CORPUS/split.lock: a rerun is byte for byte the same, and new data moves nobody. NO-GO (1) where something leaks.
    """
    return _run(options, "split", corpus, {"split.dev_hours": dev_hours, "split.test_hours": test_hours})


@click.command()
@corpus_argument
@click.option("--clips", type=click.IntRange(min=1), metavar="N", help="Decode N clips of all kinds.")
@click.option("--workers", metavar="N|auto", help="The most processes that decode; auto is one a usable core.")
@with_globals
def benchmark(options: Globals, corpus: Path, *, clips: int | None, workers: str | None) -> int:
    """Measure how fast the clips of CORPUS decode on this machine: cold, warm, and over several processes."""
    return _run(options, "benchmark", corpus, {"benchmark.clips": clips, "benchmark.workers": workers})


@click.command()
@corpus_argument
@click.option("--bins", type=click.IntRange(min=1), metavar="N", help="How many buckets.")
@with_globals
def buckets(options: Globals, corpus: Path, *, bins: int | None) -> int:
    """Cut duration buckets with the least padding, and find the batch size of each.

    Batch sizes are found by real training steps where [buckets] step in gonogo.toml names a command, else by a memory
    model where its numbers are given.
    """
    return _run(options, "buckets", corpus, {"buckets.bins": bins})


@click.command()
@corpus_argument
@click.option(
    "--format", "formats", multiple=True, type=click.Choice(EXPORTS), help="Only this one; may be given again."
)
@with_globals
def export(options: Globals, corpus: Path, *, formats: tuple[str, ...]) -> int:
    """Write what NeMo, lhotse, Hugging Face datasets and indexed readers take, pointing into the tars of CORPUS."""
    return _run(options, "export", corpus, {"export.formats": ",".join(formats) or None})


@click.command()
@corpus_argument
@with_globals
def report(options: Globals, corpus: Path) -> int:
    """Hold all artifacts of CORPUS against each other, and write one report with plots; GO (0) or NO-GO (1)."""
    return _run(options, "report", corpus, {})


COMMANDS = (manifest, split, benchmark, buckets, export, report)
