"""``checklist export`` and ``import``: lists on paper, and lists that come from a document."""

from __future__ import annotations

import contextlib
import socket
import stat
from importlib.metadata import version
from pathlib import Path
from typing import Final

import click

from app.checklist_wording import GLYPHS, header, override_line
from app.cli.checklist.common import corpus_option, item_row, list_argument, walk_of
from app.cli.common import Globals, with_globals
from app.exit_codes import ExitCode
from app.report import Report, Row
from engine.checklist.ledger.heads import heads_of_runs
from engine.checklist.ledger.lines import Line
from engine.checklist.ledger.verify import Witness, verify_ledger
from engine.checklist.markdown import draft_from_markdown, read_document
from engine.checklist.markdown.drafting import slug
from engine.checklist.sheet.html import to_html
from engine.checklist.sheet.markdown import to_markdown
from engine.checklist.sheet.sheet import About, Words, sheet_of
from engine.checklist.sheet.text import to_text
from engine.checklist.standing import Standing
from engine.checklist.walk import Walk
from engine.crew.artifacts import write_whole
from engine.errors import GonogoError, UsageError
from engine.run.read_only import refuse_changes

_WRITERS: Final = {"md": to_markdown, "html": to_html, "text": to_text}
_BY_SUFFIX: Final = {".md": "md", ".markdown": "md", ".html": "html", ".htm": "html"}
_LOOKS: Final = 5
"""Answers that come between are few; a ledger that never stands still is not one that people write."""

file_option = click.option("-o", "target", type=click.Path(path_type=Path), metavar="FILE", help="Write to this file.")


class SheetRow(Row, frozen=True, kw_only=True, tag="sheet"):
    """The sheet that was written."""

    list: str
    path: str
    """"" where no file was named: the sheet is in ``content`` then."""
    format: str
    head: str
    go: bool
    sound: bool
    """The ledger is what was written."""
    content: str


class DraftRow(Row, frozen=True, kw_only=True, tag="draft"):
    """The list that was drafted."""

    id: str
    path: str
    """"" where no file was named: the list is in ``toml`` then."""
    items: int
    toml: str


@click.command()
@list_argument
@corpus_option
@click.option("--format", "format_", type=click.Choice(sorted(_WRITERS)), help="Default: as FILE is called, else text.")
@file_option
@with_globals
def export(options: Globals, name: str, corpus: Path, *, format_: str | None, target: Path | None) -> ExitCode:
    """Write LIST with its answers, evidence and signatures as a sheet to print, sign off and file.

    A list that nobody has answered is a form to fill in. The sheet holds the ledger's head: `checklist verify --head`
    compares with it later. Nothing is asked anew, and no key is needed.
    """
    walk = walk_of(options, corpus, name)
    format_ = format_ or _BY_SUFFIX.get(target.suffix.lower() if target is not None else "", "text")
    if target is not None:
        _refuse(target, walk)
    standing, about = _look(walk)
    content = _WRITERS[format_](sheet_of(standing, about, Words(GLYPHS, override_line)))
    if target is not None:
        _write(target, content)
    elif not options.as_json:
        click.echo(content, nl=False)
    with Report("checklist export", as_json=options.as_json) as report:
        for each in standing.items:
            report.add(item_row(standing, each))
        report.add(
            SheetRow(
                list=name,
                path="" if target is None else str(target),
                format=format_,
                head=str(about.verification.head),
                go=standing.is_go,
                sound=about.verification.is_sound,
                content=content if target is None else "",
            )
        )
        report.detail = header(standing)
        if target is not None and not options.as_json:
            report.say(f"{target}: {header(standing)}; head {about.verification.head}")
    return ExitCode.OK


def _look(walk: Walk) -> tuple[Standing, About]:
    """Return how a list stands, and the ledger's end that this rests on: nothing came between the two."""
    for _ in range(_LOOKS):
        before = walk.ledger.read()
        standing = walk.look()
        lines = walk.ledger.read()
        if before == lines:
            return standing, _about(walk, lines)
    raise GonogoError(f"{walk.ledger.path}: other entries kept coming between; try again")


def _about(walk: Walk, lines: tuple[Line, ...]) -> About:
    state = walk.around.state
    return About(
        corpus=walk.around.corpus,
        host=socket.gethostname(),
        tool=f"gonogo {version('gonogo')}",
        ledger=walk.ledger.path,
        verification=verify_ledger(lines, Witness(walk.signers), state, heads_of_runs(state), walk.around.corpus),
        lines=len(lines),
        signers=walk.signers.path,
        signers_sha256=walk.signers.sha256,
    )


def _refuse(target: Path, walk: Walk) -> None:
    """Refuse to put a sheet where a gate's own files are, or where there is no file.

    Raises:
        UsageError: says what is there.
    """
    wanted = "wanted the name of a sheet"
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(target.lstat().st_mode):
            raise UsageError(f"{target}: this is no plain file; {wanted}")
    signers = walk.signers
    if target.resolve() in {
        path.resolve() for path in (walk.checklist.path, walk.ledger.path, signers.path, signers.revoked)
    }:
        raise UsageError(f"{target}: a gate goes by this file, and no sheet is written over it; {wanted}")


def _write(target: Path, content: str) -> None:
    """Write a sheet; it appears under its name when it is whole."""
    if not target.absolute().parent.is_dir():
        raise UsageError(f"{target}: there is no folder {target.parent}; make it, or name another file")
    try:
        write_whole(target, content.encode())
    except OSError as error:
        raise GonogoError(f"{target}: the sheet cannot be written: {error.strerror}; name another file") from error


@click.command("import")
@click.argument("document", type=click.Path(path_type=Path), metavar="FILE.md")
@file_option
@with_globals
def import_(options: Globals, document: Path, *, target: Path | None) -> ExitCode:
    """Draft a checklist from the boxes (- [ ]) of a Markdown file; what is still to be done is told.

    FILE is never written over. The list's id is the name of FILE, or is made of the name of FILE.md.
    """
    if target is not None and target.is_symlink() | target.exists():
        raise UsageError(f"{target} is there already, and it is not overwritten; name another file, or move it away")
    list_id = slug(document.stem) if target is None else target.stem
    if not list_id:
        raise UsageError(f"{document}: no id can be made of this name; name the list with -o NAME.toml")
    draft = draft_from_markdown(read_document(document), document.name, list_id)
    if target is not None:
        _keep(target, draft.toml)
    elif not options.as_json:
        click.echo(draft.toml, nl=False)
    with Report("checklist import", as_json=options.as_json) as report:
        path = "" if target is None else str(target)
        report.add(DraftRow(id=list_id, path=path, items=draft.items, toml=draft.toml if target is None else ""))
        for note in draft.notes:
            report.say(note)
    return ExitCode.OK


def _keep(target: Path, toml: str) -> None:
    """Write a new file, and never over another, nor half of it."""
    refuse_changes(f"{target} would be written")
    try:
        with target.open("x", encoding="utf-8") as out:
            try:
                out.write(toml)
                out.flush()
            except OSError:
                target.unlink(missing_ok=True)
                raise
    except FileExistsError:
        raise UsageError(f"{target} is there already, and it is not overwritten; name another file") from None
    except OSError as error:
        raise UsageError(f"{target}: the list cannot be written: {error.strerror}; name another file") from error


COMMANDS = (export, import_)
