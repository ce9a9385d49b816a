"""``checklist list``, ``show``, ``validate`` and ``copy``: the lists themselves."""

from __future__ import annotations

import shutil
from pathlib import Path

import click
from rich.table import Table

from app.cli.checklist.common import around_of, corpus_option, list_argument
from app.cli.common import Globals, existing_corpus, with_globals
from app.exit_codes import ExitCode
from app.report import Report, Row
from app.streams import page
from engine.checklist.finding import OWN_FOLDER, find_lists, open_list
from engine.checklist.lists import Checklist, Item
from engine.checklist.reading import load_checklist
from engine.errors import ConfigError, UsageError
from engine.run.outcome import Outcome
from engine.run.read_only import refuse_changes
from engine.units import counted


class ListRow(Row, frozen=True, kw_only=True, tag="checklist"):
    """One checklist."""

    id: str
    title: str
    gates: str
    mode: str
    items: int
    own: bool
    """It lies in the corpus."""
    path: str
    sha256: str
    bound: bool
    """Its gate is bound to it in this corpus."""
    problem: str = ""
    """Why it cannot be read."""


class Question(Row, frozen=True, kw_only=True, tag="question"):
    """One item as its list defines it."""

    id: str
    group: str
    ask: str
    want: str
    kind: str
    level: str
    check: str
    valid_for: str
    rerun_on: tuple[str, ...]
    sign: str
    waive: str
    needs: tuple[str, ...]
    fix: str
    source: str


@click.command("list")
@corpus_option
@with_globals
def list_(options: Globals, corpus: Path) -> ExitCode:
    """List the checklists that there are."""
    around = around_of(options, corpus)
    bound = set(around.settings.gates.values())
    table = Table("list", "opens", "items", "from", "title", box=None, pad_edge=False)
    with Report("checklist list", as_json=options.as_json) as report:
        for found in find_lists(around.corpus).values():
            row = _row(found.path, own=found.is_own, bound=found.id in bound)
            report.add(row)
            if row.problem:
                report.outcome = Outcome.SOME_FAILED
            opens = f"{row.gates} (bound)" if row.bound else row.gates
            where = "corpus" if row.own else "gonogo"
            table.add_row(row.id, opens, str(row.items), where, row.problem.partition("\n")[0] or row.title)
        if not options.as_json:
            page().print(table)
    return ExitCode.OK if report.outcome is Outcome.OK else ExitCode.SOME_FAILED


def _row(path: Path, *, own: bool, bound: bool) -> ListRow:
    try:
        found = load_checklist(path)
    except ConfigError as error:
        return ListRow(
            id=path.stem,
            title="",
            gates="",
            mode="",
            items=0,
            own=own,
            path=str(path),
            sha256="",
            bound=bound,
            problem=str(error),
        )
    return ListRow(
        id=found.id,
        title=found.title,
        gates=found.gates,
        mode=found.mode,
        items=len(found.items),
        own=own,
        path=str(found.path),
        sha256=found.sha256,
        bound=bound,
    )


@click.command()
@list_argument
@corpus_option
@with_globals
def show(options: Globals, name: str, corpus: Path) -> ExitCode:
    """Show what LIST asks, why, and who answers, signs and waives."""
    found = open_list(name, existing_corpus(corpus))
    with Report("checklist show", as_json=options.as_json) as report:
        for item in found.items:
            report.add(_question(item))
        if not options.as_json:
            _tell(found)
    return ExitCode.OK


def _question(item: Item) -> Question:
    return Question(
        id=item.id,
        group=item.group,
        ask=item.ask,
        want=item.want,
        kind=item.kind,
        level=item.level,
        check="" if item.check is None else str(item.check.__struct_config__.tag),
        valid_for=item.valid_for,
        rerun_on=item.rerun_on,
        sign=_signed_by(item),
        waive="never" if item.waiver is None else f"{item.waiver.by}, at most {counted(item.waiver.max_days, 'day')}",
        needs=item.needs,
        fix=item.fix,
        source=item.source,
    )


def _signed_by(item: Item) -> str:
    if item.sign is None:
        return ""
    different = " of different people" if item.sign.distinct and item.sign.count > 1 else ""
    other = ", not by who answered" if item.sign.distinct and item.sign.count == 1 else ""
    return f"{counted(item.sign.count, 'signature')} as {item.sign.role}{different}{other}"


def _tell(found: Checklist) -> None:
    click.echo(f"{found.title}\n{found.path}\n")
    group = None
    for item in found.items:
        if item.group != group:
            group = item.group
            click.echo(f"{group}\n" if group else "")
        row = _question(item)
        click.echo(f"  {item.id}  ({item.level}, {item.kind})\n    {item.ask}\n    wanted: {item.want}")
        for label, text in (("signed", row.sign), ("waived by", row.waive), ("counts for", row.valid_for)):
            click.echo(f"    {label}: {text}" if text else "", nl=bool(text))
        click.echo(f"    if not: {item.fix}\n    why: {item.source}\n")


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@corpus_option
@with_globals
def validate(options: Globals, files: tuple[Path, ...], corpus: Path) -> ExitCode:
    """Check checklist FILES, or every list that there is; each fault is told with its line and column."""
    named = files or tuple(found.path for found in find_lists(existing_corpus(corpus)).values())
    faults = []
    with Report("checklist validate", as_json=options.as_json) as report:
        for path in named:
            try:
                found = load_checklist(path)
            except ConfigError as error:
                faults.append(str(error))
                report.outcome = Outcome.ERROR
                continue
            report.say(f"{path}: {counted(len(found.items), 'item')}, sound")
        for fault in faults:
            report.say(fault)
    return ExitCode.USAGE if faults else ExitCode.OK


@click.command()
@list_argument
@corpus_option
@with_globals
def copy(options: Globals, name: str, corpus: Path) -> ExitCode:  # every command takes the globals
    """Copy a list that comes with gonogo into CORPUS/checklists, to be changed there."""
    corpus = existing_corpus(corpus)
    found = open_list(name, corpus)
    target = corpus / OWN_FOLDER / found.path.name
    if target.exists():
        raise UsageError(f"{target} is there already, and it is not overwritten; edit it, or move it away")
    refuse_changes(f"{target} would be written")
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(found.path, target)
    with Report("checklist copy", as_json=options.as_json) as report:
        report.say(f"{target}: a change of it is a change of the list: what was signed before counts no more then")
    return ExitCode.OK


COMMANDS = (list_, show, validate, copy)
