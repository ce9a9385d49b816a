"""``checklist run`` and ``status``: asking the machine, and how a list stands."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from app.checklist_wording import header, lines_of, override_line
from app.cli.checklist.common import corpus_option, item_row, list_argument, signer_options, walk_of
from app.cli.common import Globals, wants_console, with_globals
from app.console.show import walk_in_console
from app.exit_codes import code_of
from app.report import Report
from app.wording import line_for
from engine.checklist.asking import as_event
from engine.checklist.finding import find_lists
from engine.checklist.standing import Standing
from engine.run.outcome import Outcome


def outcome_of(standing: Standing) -> Outcome:
    """Return how a list's standing ends a command: GO, red, or a gate that waits for people."""
    if standing.is_go:
        return Outcome.OK
    return Outcome.SOME_FAILED if standing.is_red else Outcome.GATE_CLOSED


@click.command()
@list_argument
@corpus_option
@signer_options
@with_globals
def run(options: Globals, name: str, corpus: Path, *, who: str, key: Path | None) -> int:
    """Walk LIST in the console; headless, have the machine answer what it can.

    Headless, the exit code is 0 for GO, 1 where something is red or could not be answered, and 3 where nothing is red
    and people's answers or signatures are missing.
    """
    walk = walk_of(options, corpus, name)
    if wants_console(options):
        return walk_in_console(walk, who, key)
    with Report("checklist run", as_json=options.as_json) as report:
        for asked in asyncio.run(walk.ask(walk.checklist.items)):
            event = as_event(asked)
            report.add(event)
            line = line_for(event)
            if not options.as_json and line is not None:
                click.echo(line.text)
        standing = walk.look()
        report.outcome = outcome_of(standing)
        report.detail = header(standing)
        if not options.as_json:
            click.echo(header(standing))
    return code_of(report.outcome)


@click.command()
@click.argument("name", metavar="[LIST]", default="")
@corpus_option
@with_globals
def status(options: Globals, name: str, corpus: Path) -> int:
    """Say how LIST stands, item by item; without LIST, GO or NO-GO for each list.

    The exit code of a single list is that of `checklist run`; it asks nothing anew.
    """
    with Report("checklist status", as_json=options.as_json) as report:
        names = [name] if name else sorted(find_lists(corpus))
        for each in names:
            standing = walk_of(options, corpus, each).look()
            for item in standing.items if name else ():
                report.add(item_row(standing, item))
            if name:
                report.outcome = outcome_of(standing)
                report.detail = header(standing)
            else:
                report.say(f"{each}: {header(standing)}")
            if not options.as_json and name:
                for line in lines_of(standing):
                    click.echo(line)
            for override in standing.overrides:
                told = override_line(override)
                report.say(told if options.as_json else click.style(told, fg="red", bold=True))
    return code_of(report.outcome)


COMMANDS = (run, status)
