"""``runs``, ``status``, ``stop``, ``pause``, ``resume`` and ``workers``: runs, seen and steered from any terminal."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.table import Column, Table

from app.cli.common import Globals, with_globals
from app.console.show import has_terminal, show_run
from app.exit_codes import CheckCode, ExitCode
from app.headless import told, workers_told
from app.report import Report, Row
from app.streams import page
from app.wording import gate_line
from engine.convert.view import VIEWED, Level, RunView, health
from engine.crew.crew import Snapshot
from engine.errors import InputError, NoSuchRunError, UsageError
from engine.run.client import ask
from engine.run.control import Request
from engine.run.folder import RunFolder, all_runs, find_run, list_runs
from engine.run.reading import read_events
from engine.units import show_bytes


class RunSeen(Row, frozen=True, kw_only=True, tag="run"):
    """One run, as ``runs`` and ``status`` tell of it."""

    id: str
    job: str
    corpus: str | None
    created: str
    alive: bool
    level: str
    why: str
    counts: dict[str, int]
    folder: str
    snapshot: Snapshot | None = None


run_argument = click.argument("run", required=False)
corpus_option = click.option(
    "--corpus",
    type=click.Path(path_type=Path, file_okay=False),
    help="Only runs on this corpus; default: all of yours.",
)


def view_of(folder: RunFolder) -> tuple[RunView, str]:
    """Fold a run's events; where its log is damaged, as far as it goes, and what is wrong with it."""
    view = RunView()
    try:
        for logged in read_events(folder.events_path, VIEWED):
            view.apply(logged)
    except FileNotFoundError:
        return view, "" if folder.is_alive() else "its log is gone"
    except InputError as error:
        return view, str(error)
    return view, ""


def _seen(folder: RunFolder, view: RunView, damage: str, snapshot: Snapshot | None = None) -> RunSeen:
    alive = folder.is_alive()
    level, why = (Level.UNKNOWN, damage) if damage else health(view, alive=alive)
    return RunSeen(
        id=folder.run_id,
        job=folder.record.job,
        corpus=folder.record.corpus,
        created=folder.record.created,
        alive=alive,
        level=level.name.lower(),
        why=why,
        counts=view.counts,
        folder=str(folder.path),
        snapshot=snapshot,
    )


def _find(options: Globals, run: str | None, corpus: Path | None, *, living: bool = False) -> RunFolder:
    state = options.state_of(corpus) if corpus is not None or options.state is not None else None
    return find_run(run, state_dir=state, living=living)


@click.command()
@corpus_option
@with_globals
def runs(options: Globals, corpus: Path | None) -> ExitCode:
    """List your runs, newest last."""
    near = corpus is not None or options.state is not None
    folders = list_runs(options.state_of(corpus)) if near else all_runs()
    rows = [_seen(folder, *view_of(folder)) for folder in folders]
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
        folder = _find(options, run, corpus)
    except NoSuchRunError as error:
        if not check:
            raise
        click.echo(f"UNKNOWN: {error}")
        return CheckCode.UNKNOWN
    view, damage = view_of(folder)
    row = _seen(folder, view, damage, _snapshot(folder))
    with Report("status", as_json=options.as_json) as report:
        report.add(row)
        if not options.as_json:
            for line in status_lines(row, view):
                click.echo(line)
    return int(Level[row.level.upper()]) if check else ExitCode.OK


def status_lines(row: RunSeen, view: RunView) -> list[str]:
    """Put a run's state into words: the verdict first, then what it rests on."""
    counts = ", ".join(f"{count:,} {name}" for name, count in row.counts.items()) or "nothing yet"
    lines = [
        f"{row.level.upper()}: {row.why}",
        f"run      {row.id} ({'running' if row.alive else 'ended'}), began {view.began}, last event {view.newest}",
        f"corpus   {row.corpus or 'none'}",
        f"shards   {counts}",
    ]
    if view.opened is not None:
        lines.append(f"gate     {gate_line(view.opened)}")
    if view.bytes_in:
        lines.append(f"bytes    {show_bytes(view.bytes_in)} -> {show_bytes(view.bytes_out)} by this run")
    if row.snapshot is not None:
        lines.append(f"now      {told(row.snapshot)}")
        lines += [f"workers  {line}" for line in [workers_told(row.snapshot)] if line]
        lines += [
            f"  worker {worker.worker} (pid {worker.pid})  {worker.shard or 'idle'}  {worker.stage}".rstrip()
            for worker in row.snapshot.workers
        ]
    lines += [f"  {shard}: {view.states.get(shard, 'tried again')}: {why}" for shard, why in view.reasons.items()]
    lines += [f"warning  {warning}" for warning in view.warnings]
    return [*lines, f"log      {row.folder}/events.jsonl"]


def _snapshot(folder: RunFolder) -> Snapshot | None:
    if not folder.is_alive():
        return None
    try:
        return msgspec.json.decode(ask(folder.run_id, Request("snapshot")), type=Snapshot)
    except NoSuchRunError:
        return None  # it has just ended, or has not opened its socket yet: the events tell all there is


def _tell(options: Globals, run: str | None, corpus: Path | None, request: Request, done: str) -> ExitCode:
    folder = _find(options, run, corpus, living=True)
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
    folder = _find(options, run, corpus, living=True)
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
