"""``runs``, ``status``, ``stop``, ``pause``, ``resume`` and ``workers``: runs, seen and steered from any terminal."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Column, Table

from app.cli.common import Globals, with_globals
from app.cli.named import named_run
from app.cli.seen import RunSeen, seen, seen_in_words
from app.console.show import has_terminal, show_run
from app.exit_codes import CheckCode, ExitCode
from app.report import Report
from app.streams import page
from engine.convert.view import Level
from engine.errors import NoSuchRunError, UsageError
from engine.run.client import ask
from engine.run.control import Request
from engine.run.folder import all_runs, list_runs

run_argument = click.argument("run", required=False)
corpus_option = click.option(
    "--corpus",
    type=click.Path(path_type=Path, file_okay=False),
    help="Only runs on this corpus; default: all of yours.",
)


@click.command()
@corpus_option
@with_globals
def runs(options: Globals, corpus: Path | None) -> ExitCode:
    """List your runs, newest last."""
    near = corpus is not None or options.state is not None
    folders = list_runs(options.state_of(corpus)) if near else all_runs()
    rows = [seen(folder) for folder in folders]
    with Report("runs", as_json=options.as_json) as report:
        for row in rows:
            report.add(row)
        if not options.as_json:
            page().print(_table(rows) if rows else "no runs")
    return ExitCode.OK


def _table(rows: list[RunSeen]) -> Table:
    table = Table(Column("run", no_wrap=True), "state", "counts", Column("corpus", overflow="fold"), box=None)
    for row in rows:
        state = f"{row.level}: {'running, ' if row.alive else ''}{row.why.partition(chr(10))[0]}"
        counts = ", ".join(f"{count:,} {name}" for name, count in row.counts.items())
        table.add_row(row.id, state, counts, row.corpus or "")
    return table


@click.command()
@run_argument
@corpus_option
@click.option("--check", is_flag=True, help="Exit codes for monitoring: 0 green, 1 yellow, 2 red, 3 unknown.")
@with_globals
def status(options: Globals, run: str | None, corpus: Path | None, *, check: bool) -> int:
    """Say how a run is doing (default: the newest)."""
    try:
        folder = named_run(options, run, corpus)
    except NoSuchRunError as error:
        if not check:
            raise
        click.echo(f"UNKNOWN: {error}")
        return CheckCode.UNKNOWN
    row, lines = seen_in_words(folder)
    with Report("status", as_json=options.as_json) as report:
        report.add(row)
        if not options.as_json:
            for line in lines:
                click.echo(line)
    return int(Level[row.level.upper()]) if check else ExitCode.OK


def _tell(options: Globals, run: str | None, corpus: Path | None, request: Request, done: str) -> ExitCode:
    folder = named_run(options, run, corpus, living=True)
    if not folder.is_alive():
        raise NoSuchRunError(f"{folder.run_id} is not running any more")
    ask(folder.run_id, request)
    with Report(request.ask, as_json=options.as_json) as report:
        report.say(f"{folder.run_id}: {done}")
    return ExitCode.OK


@click.command()
@run_argument
@corpus_option
@with_globals
def attach(options: Globals, run: str | None, corpus: Path | None) -> int:
    """Open the console on a run, from any terminal; several may watch at a time."""
    folder = named_run(options, run, corpus, living=True)
    if not has_terminal():
        raise UsageError("the console needs a terminal; gonogo status tells the same without one")
    return show_run(folder)


@click.command()
@run_argument
@corpus_option
@click.option("--now", is_flag=True, help="Kill the workers; the next run recovers what they had in hand.")
@with_globals
def stop(options: Globals, run: str | None, corpus: Path | None, *, now: bool) -> ExitCode:
    """End a run at its next safe point; nothing is lost.

    The command that started it goes on from there.
    """
    done = "the workers are killed" if now else "it stops at the next safe point"
    return _tell(options, run, corpus, Request("stop", now=now), done)


@click.command()
@run_argument
@corpus_option
@with_globals
def pause(options: Globals, run: str | None, corpus: Path | None) -> ExitCode:
    """Hand out no more shards; those in hand are finished."""
    return _tell(options, run, corpus, Request("pause"), "paused")


@click.command()
@run_argument
@corpus_option
@with_globals
def resume(options: Globals, run: str | None, corpus: Path | None) -> ExitCode:
    """Go on after a pause."""
    return _tell(options, run, corpus, Request("resume"), "goes on")


class _Count(click.ParamType[int | None]):
    """``4``, or ``auto``: a number of workers, or none, which leaves the choice to the run."""

    name = "count"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value == "auto":
            return None
        if not str(value).isdecimal() or int(str(value)) < 1:
            self.fail(f"{value!r} is no number of workers: wanted 1 or more, or auto", param, ctx)
        return int(str(value))


@click.command()
@click.argument("count", type=_Count(), metavar="COUNT|auto")
@run_argument
@corpus_option
@with_globals
def workers(options: Globals, count: int | None, run: str | None, corpus: Path | None) -> ExitCode:
    """Change the number of workers of a run to COUNT; with auto, a conversion chooses it by what it measures."""
    if count is None:
        return _tell(options, run, corpus, Request("workers", auto=True), "it chooses the number of workers itself")
    return _tell(options, run, corpus, Request("workers", count=count), f"{count} workers from now on")


COMMANDS: tuple[click.Command, ...] = (runs, attach, status, stop, pause, resume, workers)
